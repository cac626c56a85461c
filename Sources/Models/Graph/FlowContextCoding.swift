package import CoreGraph
import CoreOps

/// The conditionals and loops of a graph in TF-1's form, as the collections of a MetaGraph have
/// them: TensorFlow's `CondContextDef` and `WhileContextDef`.
extension Graph {
  /// By the collections' names; those that are empty are left out.
  package var flowCollections: [String: CollectionDef] {
    var collections: [String: CollectionDef] = [:]
    for key in [FlowCollections.conditionals, FlowCollections.loops] {
      let contexts = collection(key).compactMap { $0 as? ControlFlowContext }
      if !contexts.isEmpty { collections[key] = .bytes(contexts.map { $0.serialized(in: self) }) }
    }
    return collections
  }
}

extension ControlFlowContext {
  /// A `CondContextDef` or a `WhileContextDef`.
  package func serialized(in graph: Graph) -> [UInt8] {
    func name(_ endpoint: Endpoint) -> String {
      "\(graph.node(endpoint.node).name):\(endpoint.index)"
    }
    func byName(_ endpoint: Endpoint?) -> String { endpoint.map(name) ?? "" }
    var known = MessageBytes()
    for value in values.map(name).sorted() { known.add(1, value) }
    let pairs = external.map { (key: name($0.key), value: name($0.value)) }
    for (key, value) in pairs.sorted(by: { $0.key < $1.key }) {
      var entry = MessageBytes()
      entry.add(1, key)
      entry.add(2, value)
      known.add(2, entry)
    }
    let inner = nested.map { context in
      var message = MessageBytes()
      message.add(context.isLoop ? 2 : 1, MessageBytes(context.serialized(in: graph)))
      return message
    }
    var message = MessageBytes()
    message.add(1, self.name)
    switch kind {
    case .branch(let predicate, let pivot, let branch):
      message.add(2, name(predicate))
      message.add(3, name(pivot))
      message.add(4, branch)
      message.add(5, known)
      for context in inner { message.add(6, context) }
    case .loop(let options):
      let loop = self.loop
      message.add(2, options.parallelIterations)
      message.add(3, options.backProp ? 1 : 0)
      message.add(4, options.swapMemory ? 1 : 0)
      message.add(5, byName(loop.pivot))
      message.add(6, byName(loop.pivotForCondition))
      message.add(7, byName(loop.pivotForBody))
      for exit in loop.exits { message.add(8, name(exit)) }
      message.add(9, known)
      for enter in loop.enters { message.add(10, name(enter)) }
      message.add(11, byName(loop.maximumIterations))
      for context in inner { message.add(12, context) }
    }
    return message.bytes
  }
}

/// A protocol buffer of numbers, texts and messages, field by field.
private struct MessageBytes {
  private(set) var bytes: [UInt8]

  init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  private mutating func add(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// A number; zero is left out.
  mutating func add(_ field: UInt64, _ value: Int) {
    if value == 0 { return }
    add(field << 3)
    add(UInt64(bitPattern: Int64(value)))
  }

  /// A text; the empty one is left out.
  mutating func add(_ field: UInt64, _ text: String) {
    if !text.isEmpty { add(field, MessageBytes(Array(text.utf8))) }
  }

  mutating func add(_ field: UInt64, _ message: MessageBytes) {
    add(field << 3 | 2)
    add(UInt64(message.bytes.count))
    bytes += message.bytes
  }
}
