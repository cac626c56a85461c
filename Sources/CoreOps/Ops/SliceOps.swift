/// Slices, splits, concatenation and padding.
package struct SliceOps: OpFamily {
  package static let family = SliceOps()
  package init() {}
}
