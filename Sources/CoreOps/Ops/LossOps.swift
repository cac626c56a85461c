/// Softmax and cross-entropies.
package struct LossOps: OpFamily {
  package static let family = LossOps()
  package init() {}
}
