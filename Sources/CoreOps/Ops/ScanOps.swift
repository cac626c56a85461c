/// Cumulative ops, top-k and counting.
package struct ScanOps: OpFamily {
  package static let family = ScanOps()
  package init() {}
}
