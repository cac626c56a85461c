import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// Programs rely on shapes that earlier runs showed; wherever such a shape changes, results must
/// not.
@Suite struct ShapeLearningTests {
  /// Runs a plan on each of `feeds` in turn, and node by node beside it.
  private func compare(_ graph: Graph, _ x: Tensor, _ fetches: [Tensor], _ feeds: [Tensor]) throws {
    let subgraph = try Subgraph.pruned(
      graph, feeds: [graph.endpoint(of: x)], fetches: fetches.map { try graph.endpoint(of: $0) },
      targets: [])
    let plan = try ExecutionPlan(subgraph, functions: FunctionTable(graph.library))
    for feed in feeds {
      let execution = ExecutionContext(
        resources: ResourceContainer(), functions: plan.functionRunner)
      let own = try plan.run([feed], execution)
      let reference = try plan.runInFrames([feed], execution)
      for (a, b) in zip(own, reference) {
        #expect(a.dims == b.dims)
        #expect(a.bytes.elementsEqual(b.bytes))
      }
    }
  }

  private func zerosAndOnes(_ ones: Int, of count: Int) throws -> Tensor {
    try Tensor((0..<count).map { Float($0 < ones ? 1 : 0) }, dims: [count])
  }

  /// What a step gives whose shape no rule knows is used beside values from before it: some in the
  /// run's memory, one of which only its shape is asked for, a view, a constant, and one that is
  /// fused with others.
  @Test(arguments: [
    [5, 5, 5, 5, 5, 3, 5, 0, 7], [4, 4, 4, 6, 6, 6, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  ])
  func resultsAreTheSameWhenAssumedShapesAreWrong(ones: [Int]) throws {
    let graph = Graph()
    let (x, fetches) = try graph.asDefault { () -> (Tensor, [Tensor]) in
      let x = try applyOp("Placeholder", [], ["dtype": .type(.float32)])[0]
      let before = try applyOp("Exp", [applyOp("Neg", [x])[0]])[0]
      let shaped = try applyOp("Sqrt", [before])[0]
      let view = try applyOp("Reshape", [before, t(.int32, [-1, 1])])[0]
      let places = try applyOp("Where", [x])[0]
      let taken = try applyOp("GatherNd", [before, places])[0]
      let size = try applyOp("Size", [shaped])[0]
      let scaled = try applyOp(
        "Mul", [taken, applyOp("Cast", [size], ["DstT": .type(.float32)])[0]])[0]
      let again = try applyOp("Where", [scaled])[0]
      let sum = try applyOp("Sum", [view, t(.int32, 0)])[0]
      return (x, [scaled, again, sum, try applyOp("AddV2", [shaped, before])[0]])
    }
    try compare(graph, x, fetches, ones.map { try zerosAndOnes($0, of: 4096) })
  }

  @Test func loopsRelyOnShapesUntilTheyChange() throws {
    let graph = Graph()
    let (x, fetches) = try graph.asDefault { () -> (Tensor, [Tensor]) in
      let x = try applyOp("Placeholder", [], ["dtype": .type(.float32), "shape": .shape([12])])[0]
      let out = try V1Flow.loop("loop", [t(.int32, 0), t(.float32, 0)], invariants: [x]) {
        variables, _ in
        try applyOp("Less", [variables[0], t(.int32, 12)])[0]
      } body: { variables, invariants in
        // As many as there are larger elements: the same in the first iterations, then fewer.
        let i = try applyOp("Cast", [variables[0]], ["DstT": .type(.float32)])[0]
        let places = try applyOp("Where", [applyOp("Greater", [invariants[0], i])[0]])[0]
        let taken = try applyOp("GatherNd", [invariants[0], places])[0]
        let sum = try applyOp("Sum", [applyOp("Square", [taken])[0], t(.int32, 0)])[0]
        return [
          try applyOp("AddV2", [variables[0], t(.int32, 1)])[0],
          try applyOp("AddV2", [applyOp("Mul", [variables[1], t(.float32, 0.5)])[0], sum])[0],
        ]
      }
      return (x, [out[1]])
    }
    let feed = t(.float32, [9, 9, 9, 9, 8.5, 7.5, 20, 20, 6, 6, 30, 40])
    try compare(graph, x, fetches, [feed, feed, feed])
  }

  @Test(arguments: [.unknown, [3000], [7]] as [PartialShape])
  func variablesMayChangeTheirShape(declared: PartialShape) throws {
    let handle = node(
      "v", "VarHandleOp", [],
      ["dtype": .type(.float32), "shape": .shape(declared), "shared_name": .string("v")])
    let session = try session([
      handle, placeholderNode("x"),
      node("write", "AssignVariableOp", ["v", "x"], ["dtype": .type(.float32)]),
      node("read", "ReadVariableOp", ["v"], ["dtype": .type(.float32)]),
      typed("a", "Neg", ["read"]),
      typed("b", "Exp", ["a"]), typed("y", "AddV2", ["b", "read"]),
    ])
    for count in [3000, 3000, 2, 3000, 5] {
      let value = try Tensor.zeros(.float32, Shape([count]))
      _ = try session.run(fetches: [], feeds: ["x": value], targets: ["write"])
      for _ in 0..<3 {
        let y = try session.run(fetches: ["y"])[0]
        #expect(y.dims == Shape([count]))
        #expect(y.elements(Float.self).allSatisfy { $0 == 1 })
      }
    }
  }

  /// Runs after the first ones do what hangs on a variable in fixed steps, as a trace shows; all do
  /// where the variable was declared with a shape.
  @Test(arguments: [.unknown, [3000]] as [PartialShape])
  func laterRunsFuseWhatHangsOnAVariable(declared: PartialShape) throws {
    let handle = node(
      "v", "VarHandleOp", [],
      ["dtype": .type(.float32), "shape": .shape(declared), "shared_name": .string("v")])
    let session = try session([
      handle, placeholderNode("x"),
      node("write", "AssignVariableOp", ["v", "x"], ["dtype": .type(.float32)]),
      node("read", "ReadVariableOp", ["v"], ["dtype": .type(.float32)]),
      typed("a", "Neg", ["read"]),
      typed("y", "Exp", ["a"]),
    ])
    _ = try session.run(
      fetches: [], feeds: ["x": try Tensor.zeros(.float32, Shape([3000]))], targets: ["write"])
    for run in 0..<4 {
      let metadata = RunMetadata()
      _ = try session.run(
        fetches: ["y"], feeds: [:], options: RunOptions(traceLevel: .fullTrace),
        runMetadata: metadata)
      let ops = metadata.stepStats.events.filter { $0.kind == .step }.map(\.op)
      let looks = declared.isFullyDefined ? 0 : 2
      #expect(
        ops == ["VarHandleOp", "ReadVariableOp"] + (run < looks ? ["Neg", "Exp"] : ["Neg+Exp"]))
    }
  }
}
