/// Quantisation and arithmetic on quantised numbers.
package struct QuantizedOps: OpFamily {
  package static let family = QuantizedOps()
  package init() {}
}
