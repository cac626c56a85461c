/// Convolutions and their gradients.
package struct ConvolutionOps: OpFamily {
  package static let family = ConvolutionOps()
  package init() {}
}
