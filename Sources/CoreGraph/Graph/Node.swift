package import CoreOps

/// One output of a node.
package struct Endpoint: Sendable, Hashable {
  package var node: Int
  package var index: Int

  package init(_ node: Int, _ index: Int = 0) {
    self.node = node
    self.index = index
  }
}

/// An op applied in a graph. Nodes are named by their position in `Graph.nodes`.
package struct Node: Sendable {
  package let id: Int
  package let name: String
  /// The op type, also when Janus does not have it.
  package var opName: String
  package var op: OpDef?
  package var inputs: [Endpoint]
  package var controlInputs: [Int]
  /// Complete: also what the inputs' dtypes imply.
  package var attrs: Attrs
  package var device: String
  package var outputTypes: [DType]
  package var unknownFields: [UnknownField] = []
  /// Why it cannot run, where its file says something impossible.
  package var fault: NodeFault?

  /// Whether outputs or effects may differ between runs with equal inputs.
  package var isStateful: Bool { op?.isStateful ?? true }

  package var primitive: ExecutorPrimitive? {
    if case .executor(let primitive)? = op?.kernel.form { return primitive }
    return nil
  }

  /// What the facts about its outputs follow from.
  var inferenceInputs: InferenceInputs {
    InferenceInputs(inputs: inputs.map { $0.node < id ? $0 : Endpoint(-1) }, attrs: attrs)
  }

  struct InferenceInputs: Equatable {
    let inputs: [Endpoint]
    let attrs: Attrs
  }

  /// Whether it is not known what it gives.
  var hasNoOutputs: Bool { outputTypes.isEmpty }

  /// Why a node of an op that Janus does not have cannot be used.
  var isNotRegistered: TFError {
    (fault?.error ?? .notFound("Op type not registered '\(opName)'")).at(node: name, op: opName)
  }

  package var isConstant: Bool { opName == "Const" }
  var constantValue: AttrValue? { isConstant ? attrs["value"] : nil }
}

/// Lists that most nodes have alike, so that they share their memory.
enum SharedLists {
  private static let single = Dictionary(
    uniqueKeysWithValues: DType.allCases.map { ($0.rawValue, [$0]) })

  static func types(_ types: [DType]) -> [DType] {
    types.count == 1 ? single[types[0].rawValue] ?? types : types
  }
}
