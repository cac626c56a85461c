/// Reductions over axes, and the positions of extremes.
package struct ReductionOps: OpFamily {
  package static let family = ReductionOps()
  package init() {}
}
