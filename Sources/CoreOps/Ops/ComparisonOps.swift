/// Element-wise comparisons and logic.
package struct ComparisonOps: OpFamily {
  package static let family = ComparisonOps()
  package init() {}
}
