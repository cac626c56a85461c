/// Reductions over segments.
package struct SegmentOps: OpFamily {
  package static let family = SegmentOps()
  package init() {}
}
