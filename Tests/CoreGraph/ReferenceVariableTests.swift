import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// A reference variable is its memory: what is read without a copy shows later changes. Expected
/// is what TensorFlow gives.
@Suite struct ReferenceVariableTests {
  private func waiting(_ node: NodeDef, for other: String) -> NodeDef {
    var node = node
    node.inputs.append("^" + other)
    return node
  }

  /// A variable v = [1, 2, 3, 4], a `read` of it, a `change` after the read, and `y = 2 · read`
  /// after the change.
  private func nodes(_ read: [NodeDef], _ change: [NodeDef]) -> [NodeDef] {
    let variable: Attrs = ["dtype": .type(.float32), "shape": .shape([4])]
    return [
      node("v", "VariableV2", [], variable), constantNode("start", .float32, [1, 2, 3, 4]),
      typed("init", "Assign", ["v", "start"]),
    ] + read + change.dropLast() + [waiting(change[change.count - 1], for: "read")] + [
      constantNode("two", .float32, 2), waiting(typed("y", "Mul", ["read", "two"]), for: "change"),
    ]
  }

  private func run(_ nodes: [NodeDef], _ fetches: [String], stepwise: Bool) throws -> [[Float]] {
    let session = Session(graph: try Graph(importing: graphDef(nodes)), stepwise: stepwise)
    _ = try session.run(fetches: [], targets: ["init"])
    return try session.run(fetches: fetches).map(\.floats)
  }

  private static let identity = [typed("read", "Identity", ["v"])]

  static let changes: [(name: String, nodes: [NodeDef], after: [Float])] = [
    (
      "Assign",
      [constantNode("new", .float32, [5, 6, 7, 8]), typed("change", "Assign", ["v", "new"])],
      [5, 6, 7, 8]
    ),
    (
      "AssignAdd",
      [constantNode("new", .float32, [1, 1, 1, 1]), typed("change", "AssignAdd", ["v", "new"])],
      [2, 3, 4, 5]
    ),
    (
      "ScatterUpdate",
      [
        constantNode("new", .float32, [9]), constantNode("at", .int32, [2]),
        node(
          "change", "ScatterUpdate", ["v", "at", "new"],
          ["T": .type(.float32), "Tindices": .type(.int32)]),
      ], [1, 2, 9, 4]
    ),
    (
      "ApplyGradientDescent",
      [
        constantNode("rate", .float32, 0.5), constantNode("new", .float32, [2, 2, 2, 2]),
        typed("change", "ApplyGradientDescent", ["v", "rate", "new"]),
      ], [0, 1, 2, 3]
    ),
    (
      "Assign of another shape with as many elements",
      [
        constantNode("new", .float32, [[5, 6], [7, 8]]),
        node(
          "change", "Assign", ["v", "new"],
          ["T": .type(.float32), "validate_shape": .bool(false)]),
      ], [5, 6, 7, 8]
    ),
  ]

  @Test(arguments: changes.indices, [false, true])
  func aReadShowsLaterChanges(change: Int, stepwise: Bool) throws {
    let (name, change, after) = Self.changes[change]
    let nodes = nodes(Self.identity, change)
    #expect(try run(nodes, ["y"], stepwise: stepwise) == [after.map { $0 * 2 }], "\(name)")
    // What is fetched is as it is after the run.
    #expect(try run(nodes, ["read", "y"], stepwise: stepwise)[0] == after, "\(name)")
  }

  /// Memory of another size is other memory.
  @Test(arguments: [false, true]) func aReadKeepsItsMemory(stepwise: Bool) throws {
    let nodes = nodes(
      Self.identity,
      [
        constantNode("new", .float32, [5, 6]),
        node(
          "change", "Assign", ["v", "new"],
          ["T": .type(.float32), "validate_shape": .bool(false)]),
      ])
    #expect(try run(nodes, ["y", "v"], stepwise: stepwise) == [[2, 4, 6, 8], [5, 6]])
  }

  static let views: [(name: String, nodes: [NodeDef], shows: Bool)] = [
    (
      "Identity twice", [typed("first", "Identity", ["v"]), typed("read", "Identity", ["first"])],
      true
    ),
    ("StopGradient", [typed("read", "StopGradient", ["v"])], true),
    (
      "IdentityN",
      [
        node("both", "IdentityN", ["v", "start"], ["T": .types([.float32, .float32])]),
        typed("read", "Identity", ["both"]),
      ], true
    ),
    (
      "Reshape",
      [
        constantNode("shape", .int32, [2, 2]),
        node(
          "square", "Reshape", ["v", "shape"], ["T": .type(.float32), "Tshape": .type(.int32)]),
        constantNode("flat", .int32, [4]),
        node(
          "read", "Reshape", ["square", "flat"], ["T": .type(.float32), "Tshape": .type(.int32)]),
      ], true
    ),
    (
      "ExpandDims",
      [
        constantNode("axis", .int32, 0),
        node("row", "ExpandDims", ["v", "axis"], ["T": .type(.float32), "Tdim": .type(.int32)]),
        typed("read", "Squeeze", ["row"]),
      ], true
    ),
    (
      "CheckNumerics",
      [node("read", "CheckNumerics", ["v"], ["T": .type(.float32), "message": .string("m")])], true
    ),
    ("Snapshot", [typed("read", "Snapshot", ["v"])], false),
    ("DeepCopy", [typed("read", "DeepCopy", ["v"])], false),
    (
      "Add", [constantNode("zero", .float32, 0), typed("read", "AddV2", ["v", "zero"])], false
    ),
    ("Relu", [typed("read", "Relu", ["v"])], false),
  ]

  @Test(arguments: views.indices, [false, true])
  func opsThatShareMemoryShowLaterChanges(view: Int, stepwise: Bool) throws {
    let (name, read, shows) = Self.views[view]
    let nodes = nodes(
      read,
      [constantNode("new", .float32, [5, 6, 7, 8]), typed("change", "Assign", ["v", "new"])])
    #expect(
      try run(nodes, ["y"], stepwise: stepwise)
        == [(shows ? [5, 6, 7, 8] : [1, 2, 3, 4]).map { $0 * 2 }], "\(name)")
  }

  /// Through a conditional of TF-1, whose Switch and Merge hand the memory on.
  @Test(arguments: [false, true]) func aConditionalHandsTheMemoryOn(stepwise: Bool) throws {
    let nodes = nodes(
      [
        constantNode("yes", .bool, true), typed("s", "Switch", ["v", "yes"]),
        node("read", "Merge", ["s:0", "s:1"], ["T": .type(.float32), "N": .int(2)]),
      ],
      [constantNode("new", .float32, [5, 6, 7, 8]), typed("change", "Assign", ["v", "new"])])
    #expect(try run(nodes, ["y"], stepwise: stepwise) == [[10, 12, 14, 16]])
  }

  static let stringViews: [[NodeDef]] = [
    [typed("read", "Identity", ["v"], .string)],
    [typed("read", "StopGradient", ["v"], .string)],
    [
      constantNode("flat", .int32, [2]),
      node("read", "Reshape", ["v", "flat"], ["T": .type(.string), "Tshape": .type(.int32)]),
    ],
    [
      constantNode("yes", .bool, true), typed("s", "Switch", ["v", "yes"], .string),
      node("read", "Merge", ["s:0", "s:1"], ["T": .type(.string), "N": .int(2)]),
    ],
  ]

  @Test(arguments: stringViews.indices, [false, true])
  func aReadOfStringsShowsLaterChanges(view: Int, stepwise: Bool) throws {
    func run(_ new: [String]) throws -> [[String]] {
      let change = node(
        "change", "Assign", ["v", "new"], ["T": .type(.string), "validate_shape": .bool(false)])
      let session = Session(
        graph: try Graph(
          importing: graphDef(
            [
              node("v", "VariableV2", [], ["dtype": .type(.string), "shape": .shape([2])]),
              constantNode("start", .string, ["a", "b"]),
              typed("init", "Assign", ["v", "start"], .string),
              constantNode("new", .string, new), waiting(change, for: "read"),
              constantNode("end", .string, "!"),
              waiting(typed("y", "Add", ["read", "end"], .string), for: "change"),
            ] + Self.stringViews[view])), stepwise: stepwise)
      let start = try session.run(fetches: ["init"])
      let values = try start + session.run(fetches: ["y", "v"])
      return values.map { $0.strings.map(\.text) }
    }
    #expect(try run(["c", "de"]) == [["a", "b"], ["c!", "de!"], ["c", "de"]])
    // Memory of another size is other memory.
    #expect(try run(["c"]) == [["a", "b"], ["a!", "b!"], ["c"]])
  }

  /// What a run gave stays as it is.
  @Test(arguments: [false, true]) func fetchedValuesStay(stepwise: Bool) throws {
    let nodes = nodes(
      Self.identity,
      [constantNode("new", .float32, [1, 1, 1, 1]), typed("change", "AssignAdd", ["v", "new"])])
    let session = Session(graph: try Graph(importing: graphDef(nodes)), stepwise: stepwise)
    let start = try session.run(fetches: ["init"])[0]
    let values = try session.run(fetches: ["read", "v", "change"])
    _ = try session.run(fetches: [], targets: ["change"])
    _ = try session.run(fetches: [], targets: ["init"])
    #expect(start.floats == [1, 2, 3, 4])
    for value in values { #expect(value.floats == [2, 3, 4, 5]) }
    // The constant that was assigned is no memory of the variable.
    _ = try session.run(fetches: [], targets: ["change"])
    #expect(try session.run(fetches: ["start"])[0].floats == [1, 2, 3, 4])
  }

  /// A resource variable's value that was read stays.
  @Test(arguments: [false, true]) func resourceVariablesAreRead(stepwise: Bool) throws {
    let dtype: Attrs = ["dtype": .type(.float32)]
    let session = Session(
      graph: try Graph(
        importing: graphDef([
          node(
            "v", "VarHandleOp", [],
            ["dtype": .type(.float32), "shape": .shape([2]), "shared_name": .string("v")]),
          constantNode("start", .float32, [1, 2]),
          node("init", "AssignVariableOp", ["v", "start"], dtype),
          node("r", "ReadVariableOp", ["v"], dtype), typed("read", "Identity", ["r"]),
          node("change", "AssignAddVariableOp", ["v", "start", "^read"], dtype),
          waiting(typed("y", "Mul", ["read", "start"]), for: "change"),
        ])), stepwise: stepwise)
    _ = try session.run(fetches: [], targets: ["init"])
    #expect(try session.run(fetches: ["y"])[0].floats == [1, 4])
  }
}
