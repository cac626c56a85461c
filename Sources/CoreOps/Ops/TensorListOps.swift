/// Lists of tensors as variants.
package struct TensorListOps: OpFamily {
  package static let family = TensorListOps()
  package init() {}
}
