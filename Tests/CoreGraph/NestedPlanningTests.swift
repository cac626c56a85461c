import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// Plans of control flow that is nested deep.
@Suite struct NestedPlanningTests {
  private static let depth = 30

  /// A chain of functions, of which each calls the next in both branches of an If.
  ///
  /// - Parameter step: what a function makes of its argument before the call.
  private func chain(_ step: (Graph, String) -> [NodeDef]) -> [FunctionDef] {
    let arguments: [(String, DType)] = [("c", .bool), ("x", .float32), ("n", .int32)]
    var library: [FunctionDef] = []
    for level in 0..<Self.depth {
      library.append(
        function(
          "level_\(level)", arguments,
          step(Graph(), "n") + [
            node(
              "if", "StatelessIf", ["c", "c", "x", "next:z:0"],
              [
                "Tcond": .type(.bool), "Tin": .types([.bool, .float32, .int32]),
                "Tout": .types([.float32]), "output_shapes": .list([]),
                "then_branch": .function("level_\(level + 1)", [:]),
                "else_branch": .function("level_\(level + 1)", [:]),
              ])
          ], returns: [("if:output:0", .float32)]))
    }
    library.append(
      function(
        "level_\(Self.depth)", arguments,
        [
          node("m", "Cast", ["n"], ["SrcT": .type(.int32), "DstT": .type(.float32)]),
          typed("sum", "AddV2", ["x", "m:y:0"]),
        ], returns: [("sum:z:0", .float32)]))
    return library
  }

  @Test(arguments: [true, false])
  func conditionalsWhoseBranchesAreTheSameArePlannedOnce(hasConstant: Bool) throws {
    let library = chain { _, n in
      [
        constantNode("one", .int32, 1),
        typed("next", "AddV2", [n, "one:output:0"], .int32),
      ]
    }
    let start = hasConstant ? constantNode("n", .int32, 0) : placeholderNode("n", .int32, .scalar)
    let session = try session(
      [
        placeholderNode("c", .bool, .scalar), placeholderNode("x"), start,
        node(
          "y", "StatelessIf", ["c", "c", "x", "n"],
          [
            "Tcond": .type(.bool), "Tin": .types([.bool, .float32, .int32]),
            "Tout": .types([.float32]), "output_shapes": .list([]),
            "then_branch": .function("level_0", [:]), "else_branch": .function("level_0", [:]),
          ]),
      ], library)
    var feeds: FeedDict = ["c:0": true, "x:0": [1, 2] as [Float]]
    if !hasConstant { feeds.feed("n:0", Int32(0)) }
    // A plan for each way through would not be made before the end of days.
    for _ in 0..<2 {
      let value = try session.run("y:0", feedDict: feeds, timeout: 120)
      #expect(value.floats == [31, 32])
    }
  }

  @Test func listsInLoopsInsideLoopsArePlannedOnce() throws {
    // Each loop pushes onto a list of its own, and sums it.
    let graph = Graph()
    func nested(_ x: Tensor, _ graph: Graph, _ depth: Int) throws -> Tensor {
      if depth == 0 { return try x + 1 }
      let list = try applyOp(
        "EmptyTensorList", [t(.int32, [] as [Int32]), t(.int32, -1)],
        ["element_dtype": .type(.float32), "shape_type": .type(.int32)])[0]
      let start = try applyOp("Identity", [t(.int32, 0)])[0]
      let results = try FunctionalFlow.loop(graph, [start, x, list]) { vars in
        try applyOp("Less", [vars[0], t(.int32, 1)])[0]
      } _: { vars in
        let inside = try #require(Environment.current.graph)
        let next = try nested(vars[1], inside, depth - 1)
        return [
          try vars[0] + 1, next,
          try applyOp("TensorListPushBack", [vars[2], next], ["element_dtype": .type(.float32)])[0],
        ]
      }
      return try applyOp(
        "TensorListStack", [results[2], t(.int32, [] as [Int32])],
        ["element_dtype": .type(.float32)])[0].sum()
    }
    let (x, y) = try graph.asDefault {
      let x = try applyOp(
        "Placeholder", [], ["dtype": .type(.float32), "shape": .shape(.scalar)])[0]
      return (x, try nested(x, graph, 14))
    }
    let value = try Session(graph: graph).run(y, feedDict: [x: 1.0], timeout: 120)
    #expect(value.floats == [2])
  }

  @Test func conditionalsNestedDeeperThanAreRaisedGiveTheSame() throws {
    func nested(_ x: Tensor, _ c: Tensor, _ depth: Int) throws -> Tensor {
      if depth == 0 { return try x + 1 }
      return try V1Flow.cond(c, [x, c]) { inputs in
        [try nested(inputs[0], inputs[1], depth - 1)]
      } else: { inputs in
        [try inputs[0] * 2]
      }[0]
    }
    let outputs = try runBothWays([t(.float32, [1, 2]), t(.bool, true)]) { inputs in
      [try nested(inputs[0], inputs[1], 80)]
    }
    #expect(outputs[0].floats == [2, 3])
  }
}

extension Tensor {
  fileprivate func sum() throws -> Tensor { try applyOp("Sum", [self, t(.int32, 0)])[0] }
}
