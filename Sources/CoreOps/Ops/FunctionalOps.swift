/// Calls, conditionals and loops over functions.
package struct FunctionalOps: OpFamily {
  package static let family = FunctionalOps()
  package init() {}
}
