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
  package let opName: String
  package let op: OpDef?
  package var inputs: [Endpoint]
  package var controlInputs: [Int]
  /// Complete: also what the inputs' dtypes imply.
  package var attrs: Attrs
  package var device: String
  package var outputTypes: [DType]
  package var outputShapes: [PartialShape]
  package var unknownFields: [UnknownField] = []

  /// Whether outputs or effects may differ between runs with equal inputs.
  package var isStateful: Bool { op?.isStateful ?? true }

  package var primitive: ExecutorPrimitive? {
    if case .executor(let primitive)? = op?.kernel.form { return primitive }
    return nil
  }

  package var isConstant: Bool { opName == "Const" }
}
