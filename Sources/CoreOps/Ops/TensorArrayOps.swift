/// Tensor arrays.
package struct TensorArrayOps: OpFamily {
  package static let family = TensorArrayOps()
  package init() {}
}
