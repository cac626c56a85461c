package import CoreOps

/// What is wrong with a node of a file that loads nevertheless: it only matters to runs that need
/// the node.
package final class NodeFault: Sendable, Hashable {
  package let error: TFError

  package init(_ error: TFError) { self.error = error }

  package static func == (a: NodeFault, b: NodeFault) -> Bool { a.error == b.error }
  package func hash(into hasher: inout Hasher) { hasher.combine(error.message) }

  /// Whether an error is about one node only. What else is wrong with a file's bytes is wrong with
  /// the file.
  package static func isLocal(_ error: TFError) -> Bool {
    [.invalidArgument, .unimplemented, .resourceExhausted].contains(error.code)
  }
}
