import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph
import V2Eager

private enum tf: V1API, V2API {}

/// Which graph, scope, device and nodes to wait for a call meets. Expected values are those of
/// TensorFlow 2.21.
@Suite struct EnvironmentTests {
  private func state(eager: Bool) -> EnvironmentState {
    EnvironmentState(behavior: eager ? .v2 : .v1)
  }

  /// Runs `body` as if it were a program of its own.
  private func program<R>(eager: Bool = true, _ body: () throws -> R) rethrows -> R {
    try Environment.current.with(state: state(eager: eager)).run(body)
  }

  private func node(_ tensor: Tensor, _ graph: Graph) throws -> Node {
    graph.node(try graph.endpoint(of: tensor).node)
  }

  private func inputs(_ name: String, _ graph: Graph) throws -> [String] {
    let node = try #require(graph.node(named: name))
    return node.inputs.map { graph.node($0.node).name }
      + node.controlInputs.map { "^" + graph.node($0).name }
  }

  // MARK: - Graphs

  @Test func callsWithoutAGraphGoToTheDefaultGraph() throws {
    try program(eager: false) {
      #expect(!tf.executingEagerly())
      let x = try tf.placeholder(.float32, shape: [2], name: "x")
      let y = try x * 2.0
      let graph = tf.getDefaultGraph()
      #expect(try node(y, graph).opName == "Mul")
      let values = try tf.Session(graph: graph).run([y], feedDict: [x: [1.0, 2.0]])
      #expect(values[0].floats == [2, 4])
      try tf.resetDefaultGraph()
      #expect(tf.getDefaultGraph() !== graph)
      #expect(tf.getDefaultGraph().nodeCount == 0)
    }
  }

  @Test func eagerCallsLeaveTheDefaultGraphAlone() throws {
    try program {
      #expect(tf.executingEagerly())
      let sum = try tf.add(1.0, 2.0)
      #expect(sum.floats == [3])
      expectError(.failedPrecondition, "tf.placeholder() is not compatible with eager execution.") {
        _ = try tf.placeholder(.float32)
      }
      #expect(tf.getDefaultGraph().nodeCount == 0)
    }
  }

  @Test func programsDoNotShareDefaultGraphsAndSeeds() async throws {
    let names = try await withThrowingTaskGroup(of: [String].self) { group in
      for _ in 0..<8 {
        group.addTask {
          try program(eager: false) {
            tf.setRandomSeed(7)
            return try (0..<3).map { _ in
              try node(tf.random.uniform([2]), tf.getDefaultGraph())
            }.map { "\($0.name) \($0.attrs["seed2"] ?? .int(0))" }
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(names).count == 1)
  }

  @Test func onlyTheOutermostGraphIsReset() throws {
    _ = Graph().asDefault {
      expectError(.failedPrecondition, "Do not use tf.reset_default_graph() to clear nested graphs")
      { try tf.resetDefaultGraph() }
    }
  }

  @Test func graphsKeepNothingOfEachOtherAndAllOfTheirOwn() throws {
    let (one, other) = (Graph(), Graph())
    try one.asDefault {
      let first = try tf.placeholder(.float32, name: "first")
      try tf.nameScope("a") {
        try tf.device("/cpu:0") {
          try tf.controlDependencies([first]) {
            try other.asDefault {
              let foreign = try node(tf.constant(1), other)
              #expect(foreign.name == "Const")
              #expect(foreign.device == "")
              #expect(foreign.controlInputs == [])
              #expect(tf.getDefaultGraph() === other)
              try one.asDefault {
                let own = try node(tf.constant(1), one)
                #expect(own.name == "a/Const")
                #expect(own.device == "/device:CPU:0")
                #expect(own.controlInputs == [0])
              }
            }
          }
        }
      }
    }
  }

  // MARK: - Scopes

  @Test func scopesAreMadeUniqueAndEnteredAgain() throws {
    try Graph().asDefault {
      func name() throws -> String { try node(tf.constant(1), tf.getDefaultGraph()).name }
      #expect(try tf.nameScope("s") { try name() } == "s/Const")
      #expect(try tf.nameScope("S") { (scope: String) in scope } == "S_1/")
      #expect(try tf.nameScope("s/") { try name() } == "s/Const_1")
      try tf.nameScope("x/y") { (scope: String) in
        #expect(scope == "x/y/")
        #expect(tf.getCurrentNameScope() == "x/y")
        let (inner, top) = (try tf.nameScope("z", name), try tf.nameScope("", name))
        #expect(inner == "x/y/z/Const")
        #expect(top == "Const")
      }
    }
  }

  @Test func badNamesAreRefused() throws {
    try Graph().asDefault {
      expectError(
        .invalidArgument,
        """
        'k k!' is not a valid root scope name. A root scope name has to match the following \
        pattern: ^[A-Za-z0-9.][A-Za-z0-9_.\\\\/>-]*$
        """
      ) { _ = try tf.constant(1, name: "k k!") }
      expectError(.invalidArgument, "'_x' is not a valid root scope name") {
        _ = try tf.placeholder(.float32, name: "_x")
      }
      expectError(.invalidArgument, "'b b' is not a valid root scope name") {
        try tf.nameScope("b b") {}
      }
      try tf.nameScope("s") {
        let x = try tf.placeholder(.float32, name: "_x")
        #expect(try node(x, tf.getDefaultGraph()).name == "s/_x")
        expectError(
          .invalidArgument,
          """
          'b b' is not a valid scope name. A scope name has to match the following pattern: \
          ^[A-Za-z0-9_.\\\\/>-]*$
          """
        ) { try tf.nameScope("b b") {} }
      }
    }
  }

  @Test func whatWaitsAlreadyGetsNoFurtherEdge() throws {
    let graph = Graph()
    try graph.asDefault {
      let p = try tf.placeholder(.float32, name: "p")
      try tf.controlDependencies([p]) {
        let y = try tf.constant(1.0, name: "y")
        _ = try tf.math.negative(y, name: "z")
        let w = try tf.identity(p, name: "w")
        try tf.controlDependencies(nil) { _ = try tf.constant(1, name: "u") }
        try tf.controlDependencies([w]) {
          _ = try tf.add(y, p, name: "vv")
          _ = try tf.constant(2, name: "vw")
        }
      }
    }
    #expect(try inputs("y", graph) == ["^p"])
    #expect(try inputs("z", graph) == ["y"])
    #expect(try inputs("w", graph) == ["p"])
    #expect(try inputs("u", graph) == [])
    #expect(try inputs("vv", graph) == ["y", "p", "^w"])
    #expect(try inputs("vw", graph) == ["^p", "^w"])
  }

  @Test(
    arguments: [
      ("/cpu:0", nil, "/device:CPU:0"), ("/job:w", "/cpu:0", "/job:w/device:CPU:0"),
      ("/job:w/task:3", "/job:ps", "/job:ps/task:3"), ("/cpu:0", "/gpu:1", "/device:GPU:1"),
      ("/device:CPU:0", "/job:w", "/job:w/device:CPU:0"), ("", nil, ""),
      ("CPU", nil, "/device:CPU:*"),
      (
        "/job:a/replica:0/task:1/device:GPU:*", nil, "/job:a/replica:0/task:1/device:GPU:*"
      ), ("/job:a", "", "/job:a"), ("/device:FOO:1", nil, "/device:FOO:1"),
    ] as [(String, String?, String)])
  func devicesAreMerged(outer: String, inner: String?, expected: String) throws {
    let graph = Graph()
    let made = try graph.asDefault {
      try tf.device(outer) {
        guard let inner else { return try node(tf.constant(1), graph) }
        return try tf.device(inner) { try node(tf.constant(1), graph) }
      }
    }
    #expect(made.device == expected)
  }

  @Test func badDevicesAreRefused() throws {
    expectError(
      .invalidArgument,
      "Unknown attribute 'foo' is encountered while parsing the device spec: '/foo:0'."
    ) { try tf.device("/foo:0") {} }
    expectError(.invalidArgument, "Multiple device types are not allowed") {
      try Graph().asDefault { try tf.device("/cpu:0/gpu:1") {} }
    }
    try Graph().asDefault {
      try tf.device("/cpu:0") {
        let device = try tf.device(nil) { try node(tf.constant(1), tf.getDefaultGraph()).device }
        #expect(device == "")
      }
    }
  }

  @Test func nodesArePlacedNearOthers() throws {
    let graph = Graph()
    try graph.asDefault {
      let a = try tf.device("/cpu:1") { try tf.constant(1, name: "a") }
      let b = try tf.constant(1, name: "b")
      try tf.device("/gpu:0") {
        try tf.colocateWith(a) {
          let c = try tf.constant(1, name: "c")
          try tf.colocateWith(b) { _ = try tf.constant(1, name: "d") }
          try tf.colocateWith(b, ignoreExisting: true) { _ = try tf.constant(1, name: "d2") }
          try tf.colocateWith(nil, ignoreExisting: true) { _ = try tf.constant(1, name: "e") }
          try tf.colocateWith(c) { _ = try tf.constant(1, name: "f") }
          expectError(.invalidArgument, "Trying to reset colocation") {
            try tf.colocateWith(nil) {}
          }
        }
      }
    }
    let expected: [(String, String, [String])] = [
      ("c", "/device:CPU:1", ["loc:@a"]), ("d", "/device:CPU:1", ["loc:@a", "loc:@b"]),
      ("d2", "", ["loc:@b"]), ("e", "", []), ("f", "/device:CPU:1", ["loc:@a"]),
    ]
    for (name, device, group) in expected {
      let node = try #require(graph.node(named: name))
      #expect(node.device == device, "\(name)")
      #expect(node.attrs["_class"] == (group.isEmpty ? nil : .strings(group)), "\(name)")
    }
  }

  // MARK: - Functions and tapes

  @Test func initScopeLeavesFunctionsWaitsAndTapes() throws {
    let outer = Graph()
    let seen = Lock<[String]>([])
    let note = { (text: String) in seen.withLock { $0.append(text) } }
    _ = try ConcreteFunction([]) { _ in
      try tf.nameScope("n") {
        try tf.initScope { note("\(tf.executingEagerly()) \(tf.getCurrentNameScope())") }
      }
      try outer.asDefault {
        try tf.initScope { note("\(tf.executingEagerly()) \(tf.getDefaultGraph() === outer)") }
      }
      return []
    }
    try outer.asDefault {
      _ = try ConcreteFunction([]) { _ in
        try tf.nameScope("ff") {
          try tf.initScope { note(try node(tf.constant(2), outer).name) }
        }
        return []
      }
    }
    #expect(seen.withLock { $0 } == ["true n", "false true", "ff/Const"])
    let x = try Tensor([3] as [Float], shape: [])
    let tape = GradientTape()
    let y = try tape.record {
      tape.watch(x)
      return try tf.initScope { try x * x }
    }
    #expect(try tape.gradient(y, x) == nil)
  }

  @Test func tapesRecordWhatGraphsAreMadeOfInside() throws {
    let graph = Graph()
    let tape = GradientTape()
    let (x, slope) = try tape.record {
      try graph.asDefault {
        let x = try tf.placeholder(.float32, shape: [], name: "x")
        tape.watch(x)
        return (x, try #require(try tape.gradient(x * x, x)))
      }
    }
    #expect(try tf.Session(graph: graph).run(slope, feedDict: [x: 3.0]).scalar() == Float(6))
  }

  @Test func scopesHoldUnderTapes() throws {
    let graph = Graph()
    try graph.asDefault {
      try GradientTape().record {
        try tf.nameScope("a") {
          try tf.device("/cpu:0") {
            let made = try node(tf.constant(1), graph)
            #expect(made.name == "a/Const")
            #expect(made.device == "/device:CPU:0")
          }
        }
      }
    }
  }

  // MARK: - Random state

  @Test func functionsWithEqualSeedsHaveNumbersOfTheirOwn() throws {
    try program {
      func make() -> Function<Tensor> {
        tf.function { try tf.random.uniform([2], seed: 5) }
      }
      let (one, other) = (make(), make())
      let first = try one().floats
      let second = try one().floats
      #expect(first != second)
      #expect(try other().floats == first)
      #expect(try other().floats == second)
      tf.random.setSeed(3)
      // Setting the seed starts all anew.
      #expect(try one().floats == first)
    }
  }

  @Test func seedsThatAreDrawnLeaveNothingBehind() throws {
    try program {
      let generators = Environment.current.execution.generators
      tf.random.setSeed(1)
      for _ in 0..<1000 { _ = try tf.random.uniform([1]) }
      #expect(generators.count == 0)
      let first = try tf.random.uniform([1], seed: 4).floats
      #expect(try tf.random.uniform([1], seed: 4).floats != first)
      #expect(generators.count == 1)
      tf.random.setSeed(1)
      #expect(try tf.random.uniform([1], seed: 4).floats == first)
    }
  }

  @Test func randomOpsOfAGraphAreCounted() throws {
    func seeds(_ policy: Behavior.SeedPolicy) throws -> [AttrValue?] {
      var behavior = Behavior.v1
      behavior.seedPolicy = policy
      return try Environment.current.with(state: EnvironmentState(behavior: behavior)).run {
        tf.setRandomSeed(9)
        let graph = tf.getDefaultGraph()
        let shape = try tf.constant([2], name: "shape")
        return try [nil, 4, nil, nil].map {
          try node(tf.random.uniform(shape, seed: $0), graph).attrs["seed2"]
        }
      }
    }
    #expect(try seeds(.randomOps) == [nil, .int(4), .int(1), .int(2)])
    #expect(try seeds(.nodes) == [.int(1), .int(4), .int(3), .int(4)])
  }

  // MARK: - Behaviour

  @Test func switchesAreKeptAsTheyWereSet() {
    let state = state(eager: true)
    #expect(state.behavior == .v2)
    for change: @Sendable (inout Behavior) -> Void in [
      { $0.eagerExecution = false }, { $0.tensorEquality = false }, { $0.seedPolicy = .nodes },
      { $0.resourceVariables = false }, { $0.controlFlowV2 = false }, { $0.v2TensorShape = false },
      { $0.eagerExecution = true },
    ] {
      var expected = state.behavior
      change(&expected)
      state.change(change)
      #expect(state.behavior == expected)
    }
    #expect(
      Behavior.v1.description
        == """
        eagerExecution off, resourceVariables off, v2TensorShape off, tensorEquality off, \
        controlFlowV2 off, seedPolicy randomOps
        """)
  }
}
