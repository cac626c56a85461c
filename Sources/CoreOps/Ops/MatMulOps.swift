/// Matrix products.
package struct MatMulOps: OpFamily {
  package static let family = MatMulOps()
  package init() {}
}
