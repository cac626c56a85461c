import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// What is wrong with a node matters to the runs that need it, and to no others.
@Suite struct OffPathTests {
  private static let attrs: Attrs = ["T": .type(.float32)]

  private static let faults: [(node: NodeDef, code: TFError.Code)] = [
    (node("b", "NoSuchOp", ["x"]), .notFound),
    (node("b", "Neg", ["x"]), .invalidArgument),
    (typed("b", "Neg", ["x"], .string), .invalidArgument),
    (typed("b", "Neg", ["x"], .int32), .invalidArgument),
    (node("b", "Neg", ["x"], ["T": .int(3)]), .invalidArgument),
    (typed("b", "Neg", ["x", "x"]), .invalidArgument),
    (typed("b", "Neg", []), .invalidArgument),
    (node("b", "ReadVariableOp", ["x"], ["dtype": .type(.float32)]), .invalidArgument),
    (
      node("b", "Enter", ["x"], ["T": .type(.resource), "frame_name": .string("f")]),
      .invalidArgument
    ),
    (node("b", "Pack", ["x"], ["T": .type(.float32), "N": .int(2)]), .invalidArgument),
    (node("b", "Pack", [], ["T": .type(.float32), "N": .int(0)]), .invalidArgument),
    (
      node(
        "b", "MaxPool", ["x"],
        [
          "T": .type(.float32), "ksize": .ints([1, 1, 1, 1]), "strides": .ints([1, 1, 1, 1]),
          "padding": .string("NOPE"),
        ]), .invalidArgument
    ),
    (typed("b", "MatMul", ["x", "x"]), .invalidArgument),
    (
      node(
        "b", "PartitionedCall", ["x"],
        [
          "Tin": .types([.float32]), "Tout": .types([.float32]), "f": .function("none", [:]),
        ]), .notFound
    ),
    (node("b", "Const", [], ["dtype": .type(.float32)]), .invalidArgument),
    (node("b", "Assign", ["x", "x"], ["T": .type(.float32)]), .invalidArgument),
  ]

  @Test(arguments: faults.indices) func aFaultOffThePathDoesNotMatter(index: Int) throws {
    let (faulty, code) = Self.faults[index]
    let nodes = [
      placeholderNode("x", .float32, PartialShape([2])), typed("y", "Neg", ["x"]), faulty,
      typed("after", "Neg", ["b"]), node("waits", "NoOp", ["^b"]),
    ]
    let session = try session(nodes)
    let x: [Float] = [1, 2]
    #expect(try session.run(fetches: ["y"], feeds: ["x": x])[0].floats == [-1, -2])
    for fetch in ["b", "after"] {
      let error = #expect(throws: TFError.self, "\(faulty.op) fetching \(fetch)") {
        try session.run(fetches: [fetch], feeds: ["x": x])
      }
      #expect(error?.code == code, "\(error?.description ?? "")")
    }
    // A fault of shapes alone is not found where no one reads the product: it is not computed.
    if faulty.op != "MatMul" {
      #expect(throws: TFError.self) {
        try session.run(fetches: [], feeds: ["x": x], targets: ["waits"])
      }
    }
    // What is fed is not run.
    if session.graph.node(2).op != nil, session.graph.node(2).outputTypes == [.float32] {
      #expect(try session.run(fetches: ["after"], feeds: ["b": x])[0].floats == [-1, -2])
    }
  }

  @Test func aFaultInAFunctionMattersToItsCalls() throws {
    let good = function(
      "good", [("a", .float32)], [typed("n", "Neg", ["a"]), typed("off", "Neg", ["a"], .int32)],
      returns: [("n:y:0", .float32)])
    let bad = function(
      "bad", [("a", .float32)], [typed("n", "Neg", ["a"], .int32)], returns: [("n:y:0", .int32)])
    let session = try session(
      [
        placeholderNode("x"), call("g", "good", ["x"], [.float32], [.float32]),
        call("b", "bad", ["x"], [.float32], [.int32]),
      ], [good, bad])
    #expect(try session.run(fetches: ["g"], feeds: ["x": [1.0]])[0].floats == [-1])
    expectError(.invalidArgument, "incompatible with expected int32") {
      _ = try session.run(fetches: ["b"], feeds: ["x": [1.0]])
    }
  }

  @Test func whatDoesNotHangTogetherIsRefusedWhenItLoads() throws {
    let x = placeholderNode("x")
    for (nodes, text) in [
      ([typed("b", "Neg", ["none"])], "Unknown input node 'none'"),
      ([typed("x", "Neg", ["x"])], "is not unique"), ([typed("b", "Neg", ["b"])], "cycle"),
      ([typed("b", "Neg", ["x:3"])], "Connecting to invalid output 3"),
    ] {
      expectError(.invalidArgument, text) { _ = try Graph(importing: graphDef([x] + nodes)) }
    }
  }
}
