/// Assertions, printing and checks.
package struct DebugOps: OpFamily {
  package static let family = DebugOps()
  package init() {}
}
