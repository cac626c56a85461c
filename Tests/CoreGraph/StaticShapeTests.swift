import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// What a graph knows of the shapes of its tensors before any run, as TensorFlow infers it.
@Suite struct StaticShapeTests {
  private static func vector(_ name: String, _ values: [Int32]) throws -> NodeDef {
    node(
      name, "Const", [],
      ["dtype": .type(.int32), "value": .tensor(try Tensor(values, dims: [values.count]))])
  }

  private static func scalar(_ name: String, _ value: Int32) throws -> NodeDef {
    node(name, "Const", [], ["dtype": .type(.int32), "value": .tensor(try Tensor(scalar: value))])
  }

  private static func slice(_ name: String, _ input: String, shrinks: Bool) -> NodeDef {
    node(
      name, "StridedSlice", [input, "zero", "one", "one"],
      [
        "T": .type(.int32), "Index": .type(.int32), "shrink_axis_mask": .int(shrinks ? 1 : 0),
      ])
  }

  private static let int: Attrs = ["T": .type(.int32)]

  private static func shapes(
    _ nodes: [NodeDef], _ names: [String], _ library: [FunctionDef] = []
  ) throws -> [String] {
    let graph = try Graph(importing: graphDef(nodes, library))
    return try names.map { graph.shape(of: try graph.endpoint(named: $0)).description }
  }

  @Test func shapesComputedFromShapesAreKnownInPart() throws {
    let nodes: [NodeDef] =
      try [
        placeholderNode("x", .float32, [nil, 6, 4]), placeholderNode("y", .float32, [2, 3]),
        Self.vector("zero", [0]), Self.vector("one", [1]), Self.scalar("axis", 0),
        Self.scalar("eight", 8), Self.scalar("minus", -1), Self.vector("tail", [12]),
        node("shape", "Shape", ["x"], ["T": .type(.float32), "out_type": .type(.int32)]),
        node("known", "Shape", ["y"], ["T": .type(.float32), "out_type": .type(.int32)]),
        node("product", "Prod", ["known", "zero"], ["T": .type(.int32), "Tidx": .type(.int32)]),
        node("flat", "Pack", ["product"], ["T": .type(.int32), "N": .int(1), "axis": .int(0)]),
        Self.slice("first", "shape", shrinks: true), Self.slice("head", "shape", shrinks: false),
        node(
          "packed", "Pack", ["first", "minus", "eight"], ["T": .type(.int32), "N": .int(3)]),
        node("joined", "ConcatV2", ["head", "tail", "axis"], ["T": .type(.int32), "N": .int(2)]),
        node("wide", "Cast", ["joined"], ["SrcT": .type(.int32), "DstT": .type(.int64)]),
      ] + [
        node("a", "Reshape", ["x", "packed"], ["T": .type(.float32), "Tshape": .type(.int32)]),
        node("b", "Reshape", ["x", "wide"], ["T": .type(.float32), "Tshape": .type(.int64)]),
        node("c", "Reshape", ["y", "flat"], ["T": .type(.float32), "Tshape": .type(.int32)]),
        node("d", "Tile", ["y", "tiles"], ["T": .type(.float32), "Tmultiples": .type(.int32)]),
        node("tiles", "Pack", ["first", "eight"], ["T": .type(.int32), "N": .int(2)]),
        Self.vector("last", [2]),
        node(
          "channels", "StridedSlice", ["shape", "last", "last", "one"],
          ["T": .type(.int32), "Index": .type(.int32), "shrink_axis_mask": .int(1)]),
        node("sizes", "Pack", ["channels", "minus"], ["T": .type(.int32), "N": .int(2)]),
        node("f", "Reshape", ["x", "sizes"], ["T": .type(.float32), "Tshape": .type(.int32)]),
        node("e", "RandomUniform", ["joined"], ["T": .type(.int32), "dtype": .type(.float32)]),
      ]
    #expect(
      try Self.shapes(nodes, ["a", "b", "c", "d", "e", "f"]) == [
        "[?,?,8]", "[?,12]", "[6]", "[?,24]", "[?,12]", "[4,?]",
      ])
  }

  @Test func whatIsReadFromAVariableHasItsShape() throws {
    let nodes = [
      node("v", "VarHandleOp", [], ["dtype": .type(.float32), "shape": .shape([3, nil])]),
      node("same", "Identity", ["v"], ["T": .type(.resource)]),
      node("read", "ReadVariableOp", ["same"], ["dtype": .type(.float32)]),
      node("shape", "VariableShape", ["same"], ["out_type": .type(.int32)]),
      node("zeros", "Fill", ["shape", "z"], ["T": .type(.float32), "index_type": .type(.int32)]),
      node(
        "z", "Const", [],
        ["dtype": .type(.float32), "value": .tensor(try Tensor(scalar: Float(0)))]
      ),
      node(
        "in", "Enter", ["v"],
        ["T": .type(.resource), "frame_name": .string("f"), "is_constant": .bool(true)]),
      node("inside", "ReadVariableOp", ["in"], ["dtype": .type(.float32)]),
    ]
    #expect(
      try Self.shapes(nodes, ["read", "shape", "zeros", "inside"]) == [
        "[3,?]", "[2]", "[3,?]", "[3,?]",
      ])
  }

  /// Variables of which a branch or a called function chooses one.
  private static func choice(_ name: String, _ op: String, _ attrs: Attrs) -> [NodeDef] {
    let inputs = op.hasSuffix("Call") ? ["v", "w"] : ["p", "v", "w"]
    let common: Attrs = [
      "Tin": .types([.resource, .resource]), "Tout": .types([.resource]), "Tcond": .type(.bool),
    ]
    return [
      node(name, op, inputs, attrs.reduce(into: common) { $0[$1.name] = $1.value }),
      node("read_\(name)", "ReadVariableOp", [name], ["dtype": .type(.float32)]),
    ]
  }

  @Test func whatIsBehindTheResultOfABranchIsWhatAllBranchesGive() throws {
    let arguments: [(String, DType)] = [("a", .resource), ("b", .resource)]
    func chooser(_ name: String, _ result: String, _ nodes: [NodeDef] = []) -> FunctionDef {
      function(name, arguments, nodes, returns: [(result, .resource)])
    }
    let again = call(
      "again", "endless", ["a", "b"], [.resource, .resource], [.resource])
    let library = [
      chooser("first", "a"), chooser("second", "b"),
      chooser(
        "through", "inner:output:0",
        [call("inner", "second", ["a", "b"], [.resource, .resource], [.resource])]),
      chooser("endless", "again:output:0", [again]),
    ]
    func variable(_ name: String, _ shape: PartialShape) -> NodeDef {
      node(name, "VarHandleOp", [], ["dtype": .type(.float32), "shape": .shape(shape)])
    }
    var nodes = [
      variable("v", [3, 4]), variable("w", [3, 5]), placeholderNode("p", .bool, []),
      placeholderNode("i", .int32, []),
    ]
    nodes += Self.choice("call", "PartitionedCall", ["f": .function("through", [:])])
    nodes += Self.choice(
      "both", "StatelessIf",
      ["then_branch": .function("first", [:]), "else_branch": .function("second", [:])])
    nodes += Self.choice(
      "same", "If",
      ["then_branch": .function("second", [:]), "else_branch": .function("through", [:])])
    nodes += Self.choice("endless", "PartitionedCall", ["f": .function("endless", [:])])
    #expect(
      try Self.shapes(nodes, ["read_call", "read_both", "read_same", "read_endless"], library)
        == ["[3,5]", "[3,?]", "[3,5]", "<unknown>"])
  }

  @Test func anArgumentSaysWhatIsBehindIt() throws {
    var read = function(
      "read", [("v", .resource)], [node("r", "ReadVariableOp", ["v"], ["dtype": .type(.float32)])],
      returns: [("r:value:0", .float32)])
    read.argAttrs[0] = [
      "_handle_dtypes": .types([.float32]), "_handle_shapes": .shapes([[5, 2]]),
    ]
    var library = FunctionLibrary()
    try library.add(read)
    let body = try library.instantiate("read", [:])
    #expect(body.graph.shape(of: body.results[0]).description == "[5,2]")
  }

  @Test func elementsOfAListHaveItsShape() throws {
    let list: Attrs = ["element_dtype": .type(.float32), "shape_type": .type(.int32)]
    let nodes = try [
      Self.vector("element", [-1, 7]), Self.scalar("any", -1), Self.scalar("count", 3),
      placeholderNode("x", .float32, [4, 7]),
      node("empty", "TensorListReserve", ["element", "count"], list),
      node(
        "set", "TensorListSetItem", ["empty", "count", "x"], ["element_dtype": .type(.float32)]),
      node(
        "get", "TensorListGetItem", ["set", "count", "any"], ["element_dtype": .type(.float32)]),
      node("all", "TensorListStack", ["set", "any"], ["element_dtype": .type(.float32)]),
      node("from", "TensorListFromTensor", ["x", "any"], list),
      node(
        "row", "TensorListGetItem", ["from", "count", "any"], ["element_dtype": .type(.float32)]),
    ]
    #expect(try Self.shapes(nodes, ["get", "all", "row"]) == ["[?,7]", "[?,?,7]", "[7]"])
  }

  @Test func aLoopsVariableIsUnknownWhereItsBodyGivesIt() throws {
    let enter: Attrs = ["T": .type(.float32), "frame_name": .string("f")]
    let nodes = [
      placeholderNode("x", .float32, [2]), node("enter", "Enter", ["x"], enter),
      node(
        "constant", "Enter", ["x"],
        ["T": .type(.float32), "frame_name": .string("f"), "is_constant": .bool(true)]),
      node("merge", "Merge", ["enter", "next"], ["T": .type(.float32), "N": .int(2)]),
      typed("next", "NextIteration", ["sum"]), typed("sum", "AddV2", ["merge", "constant"]),
    ]
    #expect(
      try Self.shapes(nodes, ["enter", "constant", "merge", "merge:1", "sum"]) == [
        "<unknown>", "[2]", "<unknown>", "[]", "<unknown>",
      ])
  }

  @Test func statedShapesAddToInferredOnes() throws {
    let stated: Attrs = ["T": .type(.float32), "_output_shapes": .shapes([[nil, 3]])]
    let graph = try Graph(
      importing: graphDef([
        placeholderNode("x", .float32, [2, nil]), node("a", "Neg", ["x"], stated),
        placeholderNode("y", .float32, [2, 2]), node("b", "Neg", ["y"], stated),
      ]))
    #expect(graph.shape(of: Endpoint(1)).description == "[2,3]")
    #expect(graph.shape(of: Endpoint(3)) == .unknown)
    expectError(.invalidArgument, "_output_shapes attribute inconsistent") {
      try graph.checkShapes()
    }
  }

  @Test func aGraphWhoseShapesContradictLoadsAndIsRefusedWhenChecked() throws {
    let graph = try Graph(
      importing: graphDef([
        placeholderNode("x", .float32, [2, 3]), typed("bad", "MatMul", ["x", "x"]),
        typed("after", "Neg", ["bad"]),
      ]))
    #expect(graph.shape(of: Endpoint(2)) == .unknown)
    expectError(.invalidArgument, "bad") { try graph.checkShapes() }
  }

  @Test func aChangedNodeIsInferredAnew() throws {
    let graph = try Graph(
      importing: graphDef([placeholderNode("x", .float32, [2]), typed("y", "Neg", ["x"])]))
    #expect(graph.shape(of: Endpoint(1)).description == "[2]")
    graph.update(0) { $0.attrs["shape"] = .shape([7]) }
    #expect(graph.shape(of: Endpoint(1)).description == "[7]")
    try graph.setShape(of: Endpoint(1), [nil])
    #expect(graph.shape(of: Endpoint(1)).description == "[7]")
    expectError(.invalidArgument, "not compatible") { try graph.setShape(of: Endpoint(1), [8]) }
  }

  @Test func aDeepGraphIsInferredWithoutRecursion() throws {
    var nodes = [placeholderNode("n0", .float32, [nil, 3])]
    for index in 1...50_000 { nodes.append(typed("n\(index)", "Neg", ["n\(index - 1)"])) }
    #expect(try Self.shapes(nodes, ["n50000"]) == ["[?,3]"])
  }
}
