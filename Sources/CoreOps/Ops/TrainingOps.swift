/// Optimizer steps on variables.
package struct TrainingOps: OpFamily {
  package static let family = TrainingOps()
  package init() {}
}
