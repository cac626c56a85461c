import CoreGraph
import CoreOps
import TestSupport
import Testing

/// TF-1 control flow put together node by node, as old files have it.
enum V1Flow {
  /// A loop in a frame of its own.
  ///
  /// - Parameters:
  ///   - invariants: values that every iteration gets.
  ///   - exits: the variables that have an Exit; nil for all.
  /// - Returns: the exits.
  static func loop(
    _ frame: String, _ initial: [Tensor], invariants: [Tensor] = [], exits: [Int]? = nil,
    cond: ([Tensor], [Tensor]) throws -> Tensor, body: ([Tensor], [Tensor]) throws -> [Tensor]
  ) throws -> [Tensor] {
    let graph = try #require(Environment.current.graph)
    let enters = try initial.map { try applyOp("Enter", [$0], ["frame_name": .string(frame)])[0] }
    let constants = try invariants.map {
      try applyOp("Enter", [$0], ["frame_name": .string(frame), "is_constant": .bool(true)])[0]
    }
    // What is inside waits for nodes of its own frame only.
    return try Environment.current.waiting(for: nil).run {
      let merges = try enters.map { try applyOp("Merge", [$0, $0])[0] }
      let predicate = try waiting(merges[0]).run { try cond(merges, constants) }
      let loopCond = try applyOp("LoopCond", [predicate])[0]
      let switches = try merges.map { try applyOp("Switch", [$0, loopCond]) }
      let inside = try switches.map { try applyOp("Identity", [$0[1]])[0] }
      let results = try waiting(inside[0]).run { try body(inside, constants) }
      let nexts = try waiting(inside[0]).run {
        try results.map { try applyOp("NextIteration", [$0])[0] }
      }
      for (merge, result) in zip(merges, nexts) {
        let next = try graph.endpoint(of: result)
        graph.update(try graph.endpoint(of: merge).node) { $0.inputs[1] = next }
      }
      return try (exits ?? Array(switches.indices)).map {
        try applyOp("Exit", [switches[$0][0]])[0]
      }
    }
  }

  /// A conditional; both branches get the inputs through Switch nodes.
  static func cond(
    _ predicate: Tensor, _ inputs: [Tensor], then: ([Tensor]) throws -> [Tensor],
    else other: ([Tensor]) throws -> [Tensor]
  ) throws -> [Tensor] {
    let pivot = try applyOp("Switch", [predicate, predicate])
    let switches = try inputs.map { try applyOp("Switch", [$0, predicate]) }
    return try Environment.current.waiting(for: nil).run {
      let sides = try [0, 1].map { side in
        try waiting(applyOp("Identity", [pivot[side]])[0]).run {
          try (side == 1 ? then : other)(switches.map { $0[side] })
        }
      }
      return try zip(sides[0], sides[1]).map { try applyOp("Merge", [$0, $1])[0] }
    }
  }

  /// Where new nodes wait for that of `tensor` and for no other.
  private static func waiting(_ tensor: Tensor) throws -> Environment {
    try Environment.current.waiting(for: nil).waiting(for: [tensor])
  }
}

/// What `build` makes of placeholders of unknown shapes for `inputs`, as a part of a graph that is
/// fed with them.
func subgraph(_ inputs: [Tensor], _ build: ([Tensor]) throws -> [Tensor]) throws -> Subgraph {
  let graph = Graph()
  let (placeholders, results) = try graph.asDefault {
    let placeholders = try inputs.map {
      try applyOp("Placeholder", [], ["dtype": .type($0.dtype), "shape": .shape(.unknown)])[0]
    }
    return (placeholders, try build(placeholders))
  }
  try graph.verify()
  return try Subgraph.pruned(
    graph, feeds: placeholders.map { try graph.endpoint(of: $0) },
    fetches: results.map { try graph.endpoint(of: $0) }, targets: [])
}

/// Builds a graph on placeholders, runs it as it stands in frames and after the standard passes,
/// and expects equal bits.
func runBothWays(
  _ inputs: [Tensor], sourceLocation: SourceLocation = #_sourceLocation,
  _ build: ([Tensor]) throws -> [Tensor]
) throws -> [Tensor] {
  let subgraph = try CoreGraphTests.subgraph(inputs, build)
  let frames = try ExecutionPlan(subgraph, functions: FunctionTable(subgraph.graph.library))
    .runInFrames(inputs, ExecutionContext(resources: ResourceContainer()))
  let standard = try subgraph.after(Passes.standard)
  let plan = try ExecutionPlan(standard, functions: FunctionTable(standard.graph.library))
  // Twice: the second run finds everything made.
  for _ in 0..<2 {
    let outputs = try plan.run(inputs, ExecutionContext(resources: ResourceContainer()))
    for (index, (a, b)) in zip(outputs, frames).enumerated() {
      #expect(
        haveEqualBits(a, b),
        "output \(index): \(asDoubles(a)) after the passes, \(asDoubles(b)) in frames",
        sourceLocation: sourceLocation)
    }
  }
  return frames
}
