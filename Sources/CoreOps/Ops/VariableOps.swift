/// Variables, by reference and by resource.
package struct VariableOps: OpFamily {
  package static let family = VariableOps()
  package init() {}
}
