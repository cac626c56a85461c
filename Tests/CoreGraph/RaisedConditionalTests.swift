import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// TF-1 conditionals become If ops in plans. What is expected is what frames give.
@Suite struct RaisedConditionalTests {
  private static func ops(_ subgraph: Subgraph) throws -> [String] {
    try subgraph.after(Passes.standard).graph.nodes.map(\.opName)
  }

  private static func one(_ x: Tensor) throws -> Tensor { try applyOp("Neg", [x])[0] }

  @Test func aConditionalIsOneIf() throws {
    let inputs = [t(.float32, [1, -2]), t(.bool, true)]
    func build(_ x: [Tensor]) throws -> [Tensor] {
      try V1Flow.cond(
        x[1], [x[0]], then: { [try $0[0] + t(.float32, 1), $0[0]] },
        else: { try [Self.one($0[0]), $0[0] * $0[0]] })
    }
    let ops = try Self.ops(subgraph(inputs, build))
    #expect(!ops.contains("Switch") && !ops.contains("Merge"))
    for side in [true, false] {
      let outputs = try runBothWays([inputs[0], t(.bool, side)], build)
      #expect(outputs[0].floats == (side ? [2, -1] : [-1, 2]))
    }
  }

  @Test func conditionalsOfOnePredicateFollowEachOther() throws {
    let inputs = [t(.float32, [3]), t(.bool, true)]
    func build(_ x: [Tensor]) throws -> [Tensor] {
      var value = x[0]
      for _ in 0..<3 {
        value = try V1Flow.cond(
          x[1], [value], then: { [try $0[0] * t(.float32, 2)] }, else: { [try Self.one($0[0])] })[0]
        value = try value + t(.float32, 1)
      }
      return [value]
    }
    let ops = try Self.ops(subgraph(inputs, build))
    #expect(ops.filter { $0 == "StatelessIf" }.count == 3 && !ops.contains("Switch"))
    #expect(try runBothWays(inputs, build)[0].floats == [31])
    #expect(try runBothWays([inputs[0], t(.bool, false)], build)[0].floats == [-2])
  }

  @Test func aConstantPredicateLeavesOneBranch() throws {
    for side in [true, false] {
      func build(_ x: [Tensor]) throws -> [Tensor] {
        let constant = try applyOp(
          "Const", [], ["value": .tensor(t(.bool, side)), "dtype": .type(.bool)])
        return try V1Flow.cond(
          constant[0], [x[0]], then: { [try $0[0] * t(.float32, 2)] },
          else: { [try Self.one($0[0])] })
      }
      let ops = try Self.ops(subgraph([t(.float32, [3])], build))
      #expect(!ops.contains { ["Switch", "Merge", "If", "StatelessIf"].contains($0) })
      #expect(try runBothWays([t(.float32, [3])], build)[0].floats == [side ? 6 : -3])
    }
  }

  private static let vDtype: Attrs = ["dtype": .type(.float32)]

  /// `v` becomes 1 in one branch and 2 in the other; `done` merges both.
  private static let effects: [NodeDef] = [
    placeholderNode("p", .bool, .scalar),
    node(
      "v", "VarHandleOp", [],
      ["dtype": .type(.float32), "shape": .shape(.scalar), "shared_name": .string("v")]),
    constantNode("zero", .float32, 0), node("init", "AssignVariableOp", ["v", "zero"], vDtype),
    typed("s", "Switch", ["p", "p"], .bool), typed("f", "Identity", ["s:0"], .bool),
    typed("t", "Identity", ["s:1"], .bool), typed("vs", "Switch", ["v", "p"], .resource),
    node("one", "Const", ["^t"], ["dtype": .type(.float32), "value": .tensor(t(.float32, 1))]),
    node("two", "Const", ["^f"], ["dtype": .type(.float32), "value": .tensor(t(.float32, 2))]),
    node("set1", "AssignVariableOp", ["vs:1", "one"], vDtype),
    node("set2", "AssignVariableOp", ["vs:0", "two"], vDtype),
    typed("after1", "Identity", ["t", "^set1"], .bool),
    typed("after2", "Identity", ["f", "^set2"], .bool),
    node("done", "Merge", ["after2", "after1"], ["T": .type(.bool), "N": .int(2)]),
    node("read", "ReadVariableOp", ["v", "^done"], vDtype),
    node("late", "ReadVariableOp", ["v"], vDtype),
  ]

  private static func steps(_ metadata: RunMetadata) -> [String] {
    metadata.stepStats.events.filter { $0.kind == .step }.map(\.op)
  }

  @Test func effectsHappenInTheBranchThatIsTaken() throws {
    let session = try session(Self.effects)
    _ = try session.run(fetches: [], targets: ["init"])
    for side in [true, false] {
      let metadata = RunMetadata()
      let value = try session.run(
        fetches: ["read"], feeds: ["p": t(.bool, side)],
        options: RunOptions(traceLevel: .fullTrace),
        runMetadata: metadata)
      #expect(value[0].floats == [side ? 1 : 2])
      #expect(Self.steps(metadata).contains("If") && !Self.steps(metadata).contains("Switch"))
    }
    // A target inside a branch runs if the branch does.
    _ = try session.run(fetches: [], targets: ["init"])
    for (side, value) in [(false, 0), (true, 1)] as [(Bool, Float)] {
      _ = try session.run(fetches: [], feeds: ["p": t(.bool, side)], targets: ["set1"])
      #expect(try session.run(fetches: ["late"])[0].floats == [value])
    }
  }

  @Test func whatIsFetchedInABranchHasToRun() throws {
    let session = try session(Self.effects)
    _ = try session.run(fetches: [], targets: ["init"])
    #expect(try session.run(fetches: ["one"], feeds: ["p": t(.bool, true)])[0].floats == [1])
    expectError(.invalidArgument, "does not have value") {
      _ = try session.run(fetches: ["one"], feeds: ["p": t(.bool, false)])
    }
  }

  @Test func aMergeSaysWhichBranchItsValueCameFrom() throws {
    let session = try session(Self.effects)
    _ = try session.run(fetches: [], targets: ["init"])
    for side in [true, false] {
      let index = try session.run(fetches: ["done:1"], feeds: ["p": t(.bool, side)])[0]
      #expect(index.ints == [side ? 1 : 0])
    }
  }

  @Test func conditionalsOfAnotherFormRunInFrames() throws {
    let merge: Attrs = ["T": .type(.float32), "N": .int(2)]
    let session = try session([
      placeholderNode("x"), placeholderNode("p", .bool, .scalar),
      placeholderNode("q", .bool, .scalar), typed("a", "Switch", ["x", "p"]),
      typed("b", "Switch", ["x", "q"]), typed("na", "Neg", ["a:1"]),
      // Needs both predicates, neither inside of the other.
      typed("both", "AddV2", ["a:1", "b:1"]), node("either", "Merge", ["both", "a:0"], merge),
      // One side alone.
      node("twice", "Merge", ["a:1", "na"], merge),
    ])
    func run(_ fetch: String, _ p: Bool, _ q: Bool) throws -> [Float] {
      try session.run(
        fetches: [fetch],
        feeds: ["x": t(.float32, [1]), "p": t(.bool, p), "q": t(.bool, q)])[0].floats
    }
    #expect(try run("either", true, true) == [2])
    #expect(try run("either", false, true) == [1])
    expectError(.invalidArgument) { _ = try run("either", true, false) }
    #expect(try abs(run("twice", true, true)[0]) == 1)
    expectError(.invalidArgument) { _ = try run("twice", false, true) }
  }

  @Test func stepsAfterAConditionalAreFixed() throws {
    // Few elements are not worth a fused loop.
    let inputs = [
      try Tensor([Float](repeating: 0.5, count: 4096), dims: [64, 64]), t(.bool, true),
    ]
    let metadata = RunMetadata()
    let graph = Graph()
    let y = try graph.asDefault {
      let x = try inputs.map {
        try applyOp("Placeholder", [], ["dtype": .type($0.dtype), "shape": .shape(.unknown)])[0]
      }
      let value = try V1Flow.cond(
        x[1], [x[0]], then: { [try $0[0] * t(.float32, 2)] }, else: { [try Self.one($0[0])] })[0]
      return (x, try applyOp("Tanh", [value + t(.float32, 1)])[0])
    }
    let value = try Session(graph: graph).run(
      [y.1], feedDict: [y.0[0]: inputs[0], y.0[1]: inputs[1]],
      options: RunOptions(traceLevel: .fullTrace), runMetadata: metadata)[0]
    #expect(value.dims == [64, 64])
    // An addition and what follows it run as one step only where their shape is known ahead.
    #expect(Self.steps(metadata).contains { $0.contains("+") }, "\(Self.steps(metadata))")
  }

  @Test(arguments: 0..<60) func randomConditionalsGiveWhatFramesGive(seed: Int) throws {
    for (p, q) in [(true, true), (true, false), (false, true), (false, false)] {
      var program = RandomConditional(seed: UInt64(seed))
      let x = t(.float32, [0.5, -1.25, 2])
      _ = try runBothWays([x, t(.float32, [1, 2, -3]), t(.bool, p), t(.bool, q)]) {
        try program.build($0)
      }
    }
  }
}

/// A program of nested conditionals on two predicates, made of random numbers.
private struct RandomConditional {
  private var numbers: Numbers

  init(seed: UInt64) { numbers = Numbers(state: seed) }

  mutating func build(_ inputs: [Tensor]) throws -> [Tensor] {
    try block(Array(inputs[..<2]), Array(inputs[2...]), depth: 0)
  }

  private mutating func block(_ values: [Tensor], _ predicates: [Tensor], depth: Int) throws
    -> [Tensor]
  {
    var values = values
    for _ in 0..<Int.random(in: 1...3, using: &numbers) {
      let a = values.randomElement(using: &numbers)!
      let b = values.randomElement(using: &numbers)!
      switch Int.random(in: 0..<(depth < 3 ? 6 : 3), using: &numbers) {
      case 0: values.append(try a + b)
      case 1: values.append(try applyOp("Tanh", [a])[0])
      case 2: values.append(try a * b + t(.float32, 0.5))
      default: values += try conditional(values, predicates, depth)
      }
    }
    return Array(values.suffix(2))
  }

  private mutating func conditional(
    _ values: [Tensor], _ predicates: [Tensor], _ depth: Int
  ) throws -> [Tensor] {
    var own = self
    let predicate = predicates.randomElement(using: &own.numbers)!
    // Inside, the predicates come through the Switch nodes too, as `tf.cond` hands them in.
    let inputs = values.suffix(3) + predicates
    let count = inputs.count - predicates.count
    func branch(_ x: [Tensor]) throws -> [Tensor] {
      try own.block(Array(x[..<count]), Array(x[count...]), depth: depth + 1)
    }
    let results = try V1Flow.cond(predicate, Array(inputs), then: branch, else: branch)
    self = own
    return results
  }
}
