import CoreGraph
import CoreOps
import Ops

/// An input of a node of a graph.
struct GraphEdge: Sendable {
  let consumer: String
  let input: Int
  let dtype: DType
  /// The shape of what comes in, where it is fed.
  let dims: [Int]?
}

/// A function that hands on what it is given, and says that it has some shape.
enum ShapeDeclaration: CaseIterable {
  case conditional
  case statelessConditional
  case branches
  case loop

  private var op: String {
    switch self {
    case .conditional: "If"
    case .statelessConditional: "StatelessIf"
    case .branches: "Case"
    case .loop: "While"
    }
  }

  /// What is fed to the node that all declarations ask.
  static let predicate = "declared_predicate:0"

  /// Puts a call of the function before one input of a node.
  func insert(before edge: GraphEdge, _ shape: PartialShape, into definition: inout GraphDef) {
    guard let consumer = definition.nodes.firstIndex(where: { $0.name == edge.consumer }),
      edge.input < definition.nodes[consumer].inputs.count
    else { return }
    let source = definition.nodes[consumer].inputs[edge.input]
    if source.hasPrefix("^") { return }
    let name = "declared_\(definition.nodes.count)"
    definition.nodes[consumer].inputs[edge.input] = name
    let same = Self.identity(edge.dtype)
    add(same, to: &definition)
    let function = AttrValue.function(same.name, [:])
    let shapes = AttrValue.shapes([shape])
    let types = AttrValue.types([edge.dtype])
    switch self {
    case .conditional, .statelessConditional:
      definition.nodes.append(
        NodeDef(
          name: name, op: op, inputs: [predicate(.bool, &definition), source],
          attrs: [
            "Tcond": .type(.bool), "Tin": types, "Tout": types, "then_branch": function,
            "else_branch": function, "output_shapes": shapes,
          ]))
    case .branches:
      definition.nodes.append(
        NodeDef(
          name: name, op: op, inputs: [predicate(.int32, &definition), source],
          attrs: [
            "Tin": types, "Tout": types, "branches": .list([function]), "output_shapes": shapes,
          ]))
    case .loop:
      let never = Self.never(edge.dtype)
      add(never, to: &definition)
      definition.nodes.append(
        NodeDef(
          name: name, op: op, inputs: [source],
          attrs: [
            "T": types, "cond": .function(never.name, [:]), "body": function,
            "output_shapes": shapes,
          ]))
    }
  }

  private func add(_ function: FunctionDef, to definition: inout GraphDef) {
    if !definition.library.contains(where: { $0.name == function.name }) {
      definition.library.append(function)
    }
  }

  /// The name of a fed scalar of that dtype.
  private func predicate(_ dtype: DType, _ definition: inout GraphDef) -> String {
    if !definition.nodes.contains(where: { $0.name + ":0" == Self.predicate }) {
      definition.nodes.append(
        NodeDef(
          name: String(Self.predicate.dropLast(2)), op: "Placeholder",
          attrs: ["dtype": .type(.bool), "shape": .shape(.scalar)]))
    }
    if dtype == .bool { return Self.predicate }
    let cast = "declared_index"
    if !definition.nodes.contains(where: { $0.name == cast }) {
      definition.nodes.append(
        NodeDef(
          name: cast, op: "Cast", inputs: [Self.predicate],
          attrs: ["SrcT": .type(.bool), "DstT": .type(dtype)]))
    }
    return cast
  }

  private static func identity(_ dtype: DType) -> FunctionDef {
    var function = FunctionDef(name: "same_\(dtype.name)")
    function.inputs = [FunctionDef.Argument(name: "x", type: dtype)]
    function.outputs = [FunctionDef.Argument(name: "y", type: dtype)]
    function.nodes = [
      NodeDef(name: "identity", op: "Identity", inputs: ["x"], attrs: ["T": .type(dtype)])
    ]
    function.returns = ["y": "identity:output:0"]
    return function
  }

  private static func never(_ dtype: DType) -> FunctionDef {
    var function = FunctionDef(name: "never_\(dtype.name)")
    function.inputs = [FunctionDef.Argument(name: "x", type: dtype)]
    function.outputs = [FunctionDef.Argument(name: "y", type: .bool)]
    if let value = try? Tensor.zeros(.bool, Shape()) {
      function.nodes = [
        NodeDef(
          name: "never", op: "Const", attrs: ["dtype": .type(.bool), "value": .tensor(value)])
      ]
    }
    function.returns = ["y": "never:output:0"]
    return function
  }

  /// Shapes that sizes, products and ranks go wrong with, for a tensor that has the shape `dims`.
  static func shapes(like dims: [Int]?) -> [PartialShape] {
    let sizes = [1 << 62, Int.max, 1 << 31, 1 << 20, 0]
    var shapes: [PartialShape] = [
      [1 << 62], [1 << 32, 1 << 32], [0, 1 << 62], [1 << 40, 1 << 40, 0], [nil, 1 << 62],
      PartialShape([Int](repeating: 1, count: 254)), PartialShape([Int](repeating: 1, count: 255)),
      PartialShape([Int?](repeating: nil, count: 300)),
    ]
    guard let dims, !dims.isEmpty else { return shapes }
    for axis in dims.indices {
      for size in sizes {
        var changed = dims
        changed[axis] = size
        shapes.append(PartialShape(changed))
      }
    }
    for size in sizes {
      shapes.append(PartialShape([Int](repeating: size, count: dims.count)))
    }
    return shapes + [PartialShape([0] + [Int](repeating: 1 << 31, count: dims.count - 1))]
  }
}
