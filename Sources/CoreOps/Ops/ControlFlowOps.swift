/// The elements of TF-1 control flow.
package struct ControlFlowOps: OpFamily {
  package static let family = ControlFlowOps()
  package init() {}
}
