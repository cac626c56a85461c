import CoreOps

/// A change of a subgraph that keeps what it computes.
package struct Pass: Sendable {
  /// As errors say it: "… breaks the graph".
  package let name: String
  let apply: @Sendable (Subgraph) throws -> Subgraph
}

/// The passes that a subgraph goes through before it becomes a plan, in order.
package enum Passes {
  /// What no plan can do without.
  package static let least = [Pass(name: "inlining") { try $0.inliningCalls() }]

  package static let standard =
    least + [
      Pass(name: "raising loops") { try $0.raisingLoops() },
      Pass(name: "raising conditionals") { try $0.raisingConditionals() },
      Pass(name: "forwarding identities") { try $0.forwardingIdentities() },
      Pass(name: "dropping what no one reads") { try $0.droppingUnread() },
      Pass(name: "fusing epilogues") { try $0.fusingEpilogues() },
    ]
}

extension Subgraph {
  /// The subgraph after `passes`, checked before them, and in debug builds after each.
  ///
  /// - Throws: `INVALID_ARGUMENT` and `NOT_FOUND` for a graph that no plan can be made of.
  package consuming func after(_ passes: [Pass]) throws -> Subgraph {
    try verify()
    var current = self
    for pass in passes { current = try pass.apply(current).verified(after: pass.name) }
    return current
  }
}
