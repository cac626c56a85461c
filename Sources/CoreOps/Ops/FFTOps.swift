/// Fourier transforms.
package struct FFTOps: OpFamily {
  package static let family = FFTOps()
  package init() {}
}
