import CoreGraph
import CoreOps
import Ops
import TestSupport
import Testing
import V1Graph

/// Ops that call functions in other ways than calls, branches and loops.
@Suite struct FunctionCallTests {
  private let graph = Graph()

  /// Runs what `body` builds.
  private func run(_ body: () throws -> [Tensor]) throws -> [Tensor] {
    let results = try graph.asDefault(body)
    return try Session(graph: graph).run(results)
  }

  private func function(_ count: Int, _ body: DatasetGraph.Body) throws -> AttrValue {
    .function(
      try FunctionalFlow.function(
        graph, [(DType, PartialShape)](repeating: (.float32, .unknown), count: count), body
      ).name, [:])
  }

  private func mapDefun(
    _ inputs: [Tensor], arguments: Int, _ shape: PartialShape, _ body: DatasetGraph.Body
  ) throws -> [Tensor] {
    try run {
      try applyOp(
        "MapDefun", inputs,
        [
          "f": function(inputs.count, body), "output_types": .types([.float32]),
          "output_shapes": .shapes([shape]),
          "Targuments": .types([DType](repeating: .float32, count: arguments)),
          "Tcaptured": .types([DType](repeating: .float32, count: inputs.count - arguments)),
        ])
    }
  }

  @Test func mapDefunCallsTheFunctionForEachRow() throws {
    let results = try mapDefun(
      [t(.float32, [[1, 2], [3, 4]]), t(.float32, 10)], arguments: 1, [2]
    ) { [try $0[0] * $0[1]] }
    #expect(results[0].dims == [2, 2])
    #expect(results[0].floats == [10, 20, 30, 40])
  }

  @Test func mapDefunOfNoRowsHasTheStatedShape() throws {
    let none = try Tensor([Float](), dims: [0, 2])
    #expect(try mapDefun([none], arguments: 1, [2]) { $0 }[0].dims == [0, 2])
    expectError(.internal) {
      _ = try FunctionCallTests().mapDefun([none], arguments: 1, .unknown) { $0 }
    }
  }

  @Test func mapDefunChecksRowsAndShapes() throws {
    expectError(.invalidArgument, "rank at least 1") {
      _ = try mapDefun([t(.float32, 1)], arguments: 1, .unknown) { $0 }
    }
    expectError(.invalidArgument, "leading dimension") {
      _ = try FunctionCallTests().mapDefun(
        [t(.float32, [1]), t(.float32, [1, 2])], arguments: 2, .unknown
      ) { [$0[0]] }
    }
    expectError(.invalidArgument, "retval shape") {
      _ = try FunctionCallTests().mapDefun([t(.float32, [1])], arguments: 1, [3]) { $0 }
    }
  }

  @Test func symbolicGradientIsThatOfTheFunction() throws {
    let results = try run {
      try applyOp(
        "SymbolicGradient", [t(.float32, 3), t(.float32, 4), t(.float32, 10)],
        [
          "f": function(2) { [try $0[0] * $0[0] * $0[1]] },
          "Tin": .types([.float32, .float32, .float32]),
          "Tout": .types([.float32, .float32]),
        ])
    }
    #expect(results.map(\.floats) == [[240], [90]])
  }

  @Test func symbolicGradientOfWhatAResultDoesNotDependOnIsZero() throws {
    let results = try run {
      try applyOp(
        "SymbolicGradient", [t(.float32, [3, 5]), t(.float32, 4), t(.float32, 10)],
        [
          "f": function(2) { [try $0[1] + 1] }, "Tin": .types([.float32, .float32, .float32]),
          "Tout": .types([.float32, .float32]),
        ])
    }
    #expect(results.map(\.floats) == [[0, 0], [10]])
  }

  @Test func symbolicGradientNeedsAGradientForEachResult() throws {
    expectError(.invalidArgument) {
      _ = try run {
        try applyOp(
          "SymbolicGradient", [t(.float32, 3)],
          ["f": function(1) { $0 }, "Tin": .types([.float32]), "Tout": .types([.float32])])
      }
    }
  }

  @Test func remoteCallRunsHere() throws {
    let results = try run {
      try applyOp(
        "RemoteCall",
        [Tensor(strings: ["/job:localhost/task:0/cpu:0"], dims: Shape()), t(.float32, 2)],
        ["f": function(1) { [try $0[0] + 1] }, "Tout": .types([.float32])])
    }
    #expect(results[0].floats == [3])
  }

  @Test func branchesAndLoopsInTheirLoweredForm() throws {
    let results = try run {
      let branch = try applyOp(
        "_If", [Tensor(scalar: false), t(.float32, 2)],
        [
          "then_branch": function(1) { $0 }, "else_branch": function(1) { [try $0[0] * 10] },
          "Tout": .types([.float32]),
        ])
      let loop = try applyOp(
        "_While", [t(.float32, 1)],
        [
          "cond": function(1) { [try ComparisonOps.family.less($0[0], t(.float32, 100))] },
          "body": function(1) { [try $0[0] * 3] },
        ])
      return branch + loop
    }
    #expect(results.map(\.floats) == [[20], [243]])
  }
}

/// Calls in the old form, as they stand in a function's body: the op is the called function, and
/// what it gives is named by the function's outputs.
@Suite struct NamedCallTests {
  @Test func functionsCallOthersByTheirNameAsOp() throws {
    let inner = function(
      "sums", [("a", .float32), ("b", .float32)],
      [typed("sum", "AddV2", ["a", "b"]), typed("difference", "Sub", ["a", "b"])],
      returns: [("sum:z:0", .float32), ("difference:z:0", .float32)])
    let outer = function(
      "outer", [("x", .float32)],
      [
        constantNode("one", .float32, Float(1)), node("fn", "sums", ["x", "one:output:0"]),
        typed("product", "Mul", ["fn:r0:0", "fn:r1:0"]),
      ], returns: [("product:z:0", .float32), ("fn:r1", .float32)])
    let session = try session(
      [placeholderNode("x"), call("y", "outer", ["x"], [.float32], [.float32, .float32])],
      [inner, outer])
    let results = try session.run(fetches: ["y:0", "y:1"], feeds: ["x:0": t(.float32, 5)])
    #expect(results.map(\.floats) == [[24], [4]])
  }

  @Test func anOutputThatTheCalledFunctionDoesNotHaveIsNamed() throws {
    let inner = function("same", [("a", .float32)], [], returns: [("a", .float32)])
    let outer = function(
      "outer", [("x", .float32)], [node("fn", "same", ["x"]), typed("y", "Neg", ["fn:none:0"])],
      returns: [("y:y:0", .float32)])
    let session = try session(
      [placeholderNode("x"), call("y", "outer", ["x"], [.float32], [.float32])], [inner, outer])
    expectError(.invalidArgument, "'same' has no output argument 'none'") {
      _ = try session.run(fetches: ["y:0"], feeds: ["x:0": t(.float32, 5)])
    }
  }
}
