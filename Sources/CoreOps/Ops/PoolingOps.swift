/// Pooling and its gradients.
package struct PoolingOps: OpFamily {
  package static let family = PoolingOps()
  package init() {}
}
