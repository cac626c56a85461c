import CoreOps
import Foundation
import TestSupport
import Testing
import V1Graph

@testable import CoreGraph

@Suite struct ExecutorTests {
  // MARK: - Plans

  @Test func plansAndProgramsAreKept() throws {
    let graph = try Graph(
      importing: graphDef([
        placeholderNode("a"), typed("b", "Square", ["a"]), typed("c", "Neg", ["b"]),
      ]))
    let plans = PlanCache(graph)
    let (a, b, c) = (Endpoint(0), Endpoint(1), Endpoint(2))
    let plan = try plans.plan(feeds: [a], fetches: [c], targets: [])
    #expect(try plans.plan(feeds: [a], fetches: [c], targets: []) === plan)
    #expect(try plans.plan(feeds: [b], fetches: [c], targets: []) !== plan)
    #expect(try plans.plan(feeds: [a], fetches: [c], targets: [1]) !== plan)
    let small = try plan.program(for: [t(.float32, [1])])
    #expect(try plan.program(for: [t(.float32, [2])]) === small)
    let large = try plan.program(for: [t(.float32, [1, 2])])
    #expect(large !== small)
    #expect(try plan.program(for: [t(.float32, [3])]) === small)
    #expect(try plan.program(for: [t(.float32, [3, 4])]) === large)
  }

  @Test func shapesMayAlternateBeyondWhatIsKept() throws {
    let session = try session([
      placeholderNode("a"), typed("b", "Square", ["a"]), typed("c", "Neg", ["b"]),
    ])
    for round in 0..<3 {
      for size in 0..<40 {
        let values = (0..<size).map { Float($0 + round) }
        let output = try session.run(
          fetches: ["c"], feeds: ["a": Tensor(values, dims: Shape([size]))])[0]
        #expect(output.floats == values.map { -$0 * $0 })
      }
    }
  }

  @Test func graphsMayGrowBetweenRuns() throws {
    let graph = Graph()
    let x = try graph.asDefault { try V1.placeholder(.float32) }
    let session = Session(graph: graph)
    let y = try graph.asDefault { try x + 1 }
    #expect(try session.run(y, feedDict: [x: t(.float32, 1)]).floats == [2])
    let z = try graph.asDefault { try y * 10 }
    #expect(try session.run(z, feedDict: [x: t(.float32, 1)]).floats == [20])
  }

  // MARK: - Memory plan

  /// Random graphs of element-wise ops: step by step, in one arena, and in frames.
  @Test(arguments: 0..<60) func randomGraphsGiveEqualBits(seed: Int) throws {
    let row = randomRow(seed: seed)
    let eager = try Mode.eager.run(row)
    let (linear, frames) = try Mode.runInBothExecutors(row)
    let function = try Mode.function.run(row)
    let session = try Mode.session.run(row)
    for (index, expected) in eager.enumerated() {
      for (way, outputs) in [
        ("linear", linear), ("frames", frames), ("function", function), ("session", session),
      ] {
        #expect(
          haveEqualBits(outputs[index], expected), "seed \(seed): output \(index) differs in \(way)"
        )
      }
    }
  }

  @Test func arenasAreSharedByTime() throws {
    // A chain keeps two values at a time, however long it is.
    var nodes = [placeholderNode("x0")]
    for index in 1...50 {
      nodes.append(typed("x\(index)", index % 2 == 0 ? "Exp" : "Neg", ["x\(index - 1)"]))
    }
    nodes.append(
      node("out", "Sum", ["x50", "axes"], ["T": .type(.float32), "Tidx": .type(.int32)]))
    nodes.append(constantNode("axes", .int32, [0]))
    let graph = try Graph(importing: graphDef(nodes))
    let plan = try PlanCache(graph).plan(
      feeds: [try graph.endpoint(named: "x0")], fetches: [try graph.endpoint(named: "out")],
      targets: [])
    let program = try plan.program(for: [try Tensor.zeros(.float32, Shape([1000]))])
    #expect(program.layout.arenaBytes <= 3 * 4096 + 4096)
  }

  private func randomRow(seed: Int) -> OpCase {
    var numbers = Numbers(state: UInt64(seed))
    let shapes = [[4, 5], [5], [1], [], [3, 1, 5], [4, 1], [0, 5]]
    let unary = [
      "Neg", "Abs", "Square", "Tanh", "Sigmoid", "Sign", "Floor", "Relu", "Identity", "ZerosLike",
    ]
    let binary = ["AddV2", "Mul", "Sub", "Maximum", "Minimum", "SquaredDifference"]
    let usable = seed % 10 == 0 ? shapes : Array(shapes.dropLast())
    var inputs: [Tensor] = []
    for _ in 0..<Int.random(in: 1...4, using: &numbers) {
      let shape = Shape(usable.randomElement(using: &numbers)!)
      let values = (0..<shape.elementCount).map { _ in Float.random(in: -2...2, using: &numbers) }
      inputs.append(t(.float32, values).reshaped(shape))
    }
    // The same choices each time that the body runs.
    let start = numbers
    return OpCase("AddV2 in a random graph", inputs, expect: []) { inputs in
      var numbers = start
      var values = inputs
      for _ in 0..<Int.random(in: 5...60, using: &numbers) {
        // Mostly recent values, so that chains come about.
        func pick() -> Tensor {
          let back = Bool.random(using: &numbers) ? min(3, values.count) : values.count
          return values[values.count - Int.random(in: 1...back, using: &numbers)]
        }
        let result =
          if Bool.random(using: &numbers) {
            try? applyOp(unary.randomElement(using: &numbers)!, [pick()])[0]
          } else {
            try? applyOp(binary.randomElement(using: &numbers)!, [pick(), pick()])[0]
          }
        // Shapes that do not fit are passed over, in every mode alike.
        if let result { values.append(result) }
      }
      var fetches = [values[values.count - 1]]
      for _ in 0..<4 { fetches.append(values.randomElement(using: &numbers)!) }
      return fetches
    }
  }

  // MARK: - Cancellation

  private static let endlessLoop: [NodeDef] = [
    constantNode("zero", .int32, 0), constantNode("true", .bool, true),
    node("enter", "Enter", ["zero"], ["T": .type(.int32), "frame_name": .string("w")]),
    node(
      "yes", "Enter", ["true"],
      ["T": .type(.bool), "frame_name": .string("w"), "is_constant": .bool(true)]),
    node("merge", "Merge", ["enter", "next"], ["T": .type(.int32), "N": .int(2)]),
    node("cond", "LoopCond", ["yes"]), typed("switch", "Switch", ["merge", "cond"], .int32),
    typed("inc", "Neg", ["switch:1"], .int32), typed("next", "NextIteration", ["inc"], .int32),
    typed("exit", "Exit", ["switch"], .int32),
  ]

  /// The same with a conditional in the body, which stays in frames.
  private static let endlessFrames: [NodeDef] =
    endlessLoop.filter { $0.name != "next" && $0.name != "cond" } + [
      typed("also", "Switch", ["inc", "yes"], .int32),
      typed("next", "NextIteration", ["also:1"], .int32),
      node("cond", "LoopCond", ["yes"]), typed("second", "Exit", ["switch"], .int32),
    ]

  private static let endlessWhile = [
    constantNode("zero", .int32, 0),
    whileNode("loop", ["zero"], [.int32], cond: "always", body: "negate"),
  ]
  private static let functions = [
    function(
      "always", [("x", .int32)],
      [typed("same", "Equal", ["x", "x"], .int32)], returns: [("same:z:0", .bool)]),
    function(
      "negate", [("x", .int32)], [typed("y", "Neg", ["x"], .int32)], returns: [("y:y:0", .int32)]),
  ]

  @Test(arguments: ["loop", "frames", "while"]) func endlessLoopsStopAtTheTimeOut(kind: String)
    throws
  {
    let (nodes, fetch) =
      switch kind {
      case "loop": (Self.endlessLoop, "exit")
      case "frames": (Self.endlessFrames, "exit")
      default: (Self.endlessWhile, "loop")
      }
    let session = try session(nodes + [typed("fine", "Neg", ["zero"], .int32)], Self.functions)
    for _ in 0..<2 {
      let start = Date()
      expectError(.deadlineExceeded) { _ = try session.run(fetches: [fetch], timeout: 0.2) }
      #expect(Date().timeIntervalSince(start) < 10)
      #expect(try session.run(fetches: ["fine"], timeout: 10)[0].ints == [0])
    }
  }

  @Test func anEndlessLoopInFramesStops() throws {
    let graph = try Graph(importing: graphDef(Self.endlessLoop))
    let plan = try ExecutionPlan(
      Subgraph.pruned(graph, feeds: [], fetches: [graph.endpoint(named: "exit")], targets: []),
      functions: FunctionTable(graph.library))
    let used = MemoryLimit.usedBytes
    expectError(.deadlineExceeded) {
      _ = try plan.runInFrames(
        [],
        ExecutionContext(resources: ResourceContainer(), cancellation: Cancellation(timeout: 0.2)))
    }
    #expect(MemoryLimit.usedBytes <= used + 1 << 24)
  }

  @Test(arguments: [false, true]) func runsEndWhenAnotherThreadCancelsThem(frames: Bool) throws {
    let session = try session(frames ? Self.endlessLoop : Self.endlessWhile, Self.functions)
    let callable = try session.callable(fetches: [frames ? "exit" : "loop"], feeds: [])
    let cancellation = Cancellation()
    let thread = Thread {
      Thread.sleep(forTimeInterval: 0.1)
      cancellation.cancel()
    }
    thread.start()
    expectError(.cancelled) { _ = try callable([], cancellation: cancellation) }
  }

  @Test func runsCancelledBeforehandDoNotBegin() throws {
    let session = try session(Self.endlessWhile, Self.functions)
    let callable = try session.callable(fetches: ["loop"], feeds: [])
    let cancellation = Cancellation()
    cancellation.cancel()
    expectError(.cancelled) { _ = try callable([], cancellation: cancellation) }
  }
}

/// The TF-1 names, for tests.
enum V1: V1API {}
