import CoreOps

/// What the nodes that a builder appends have in common.
struct GraphScope: Sendable {
  /// What names begin with, `a/b/`; empty at the top.
  var name = ""
  /// What new nodes wait for, from the outermost to the innermost.
  var controls: [ControlScope] = []
  var device: DeviceName?
  /// The nodes near which new ones are placed, the innermost last.
  var colocation: [Int] = []
  /// The branch of a conditional or the loop that new nodes belong to.
  var flow: ControlFlowContext?
  /// Groups of nodes that are placed together, to which new ones belong.
  var groups: [String] = []
  /// The names of the gradients that operations ask for, by their types.
  var gradients: [String: String] = [:]
}

/// The nodes that others wait for, as one `tf.control_dependencies` names them.
final class ControlScope: Sendable {
  let nodes: [Int]
  /// The nodes appended since, which wait already.
  private let waiting = Lock<Set<Int>>([])

  init(_ nodes: [Int]) { self.nodes = nodes }

  /// What a node with such inputs has to wait for: nothing if an input waits already.
  func needed(by inputs: [Endpoint]) -> [Int] {
    let waits = waiting.withLock { waiting in inputs.contains { waiting.contains($0.node) } }
    return waits ? [] : nodes
  }

  func note(_ node: Int) { waiting.withLock { _ = $0.insert(node) } }
}

/// TensorFlow's rules for the names of scopes and nodes.
enum NameRules {
  private static let inner = Set("_.\\/>-".utf8)

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }

  /// Checks a name that is put after `scope`.
  ///
  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words.
  static func check(_ name: String, in scope: String) throws {
    let isValid = name.utf8.allSatisfy { isAlphanumeric($0) || inner.contains($0) }
    guard scope.isEmpty else {
      try require(
        isValid,
        """
        '\(name)' is not a valid scope name. A scope name has to match the following pattern: \
        ^[A-Za-z0-9_.\\\\/>-]*$
        """)
      return
    }
    let first = name.utf8.first ?? 0x30
    try require(
      isValid && (isAlphanumeric(first) || first == UInt8(ascii: ".")),
      """
      '\(name)' is not a valid root scope name. A root scope name has to match the following \
      pattern: ^[A-Za-z0-9.][A-Za-z0-9_.\\\\/>-]*$
      """)
  }
}
