import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

@Suite struct TraceTests {
  private func steps(_ events: [RunEvent]) -> [RunEvent] { events.filter { $0.kind == .step } }

  private func traced(_ session: Session, _ fetches: [String], _ feeds: [String: Tensor]) throws
    -> [RunEvent]
  {
    let metadata = RunMetadata()
    _ = try session.run(
      fetches: fetches, feeds: feeds, options: RunOptions(traceLevel: .fullTrace),
      runMetadata: metadata)
    return metadata.stepStats.events
  }

  @Test func everyStepNamesItsNodesShapesAndThread() throws {
    let session = try session([
      placeholderNode("x"), constantNode("w", .float32, [[1, 2], [3, 4]]),
      node("product", "MatMul", ["x", "w"], ["T": .type(.float32)]),
      constantNode("b", .float32, [1, 2]),
      typed("bias", "BiasAdd", ["product", "b"]), typed("y", "Softmax", ["bias"]),
    ])
    let events = try traced(session, ["y"], ["x": t(.float32, [[1, 1]])])
    let own = steps(events)
    #expect(own.map(\.nodes) == [["product", "bias"], ["y"]])
    #expect(own[0].op == "_FusedMatMul")
    #expect(own[1].inputs.map(\.description) == ["float32[1,2]"])
    #expect(own[1].outputs == [ValueSpec(.float32, [1, 2])])
    #expect(Set(events.map(\.thread)).count == 1)
    #expect(events.count { $0.kind == .planning } == 2)
    #expect(events.last?.kind == .run)
    for event in events {
      #expect(event.start <= event.end && event.start >= events.map(\.start).min()!)
    }
    // The plan is there already.
    #expect(
      try traced(session, ["y"], ["x": t(.float32, [[1, 1]])]).count { $0.kind == .planning } == 0)
  }

  @Test func fusedLoopsNameAllTheirNodes() throws {
    let session = try session([
      placeholderNode("x"), typed("a", "Neg", ["x"]), typed("b", "Exp", ["a"]),
      typed("c", "Sqrt", ["b"]),
    ])
    let big = try Tensor.zeros(.float32, Shape([5000]))
    let events = steps(try traced(session, ["c"], ["x": big]))
    #expect(events.map(\.nodes) == [["a", "b", "c"]])
    #expect(events[0].op == "Neg+Exp+Sqrt")
  }

  @Test func framesAndIterationsAreTold() throws {
    let graph = Graph()
    let out = try graph.asDefault {
      try V1Flow.loop("loop", [t(.int32, 0)]) { variables, _ in
        try applyOp("Less", [variables[0], t(.int32, 3)])[0]
      } body: { variables, _ in
        [try applyOp("AddV2", [variables[0], t(.int32, 1)])[0]]
      }
    }
    let subgraph = try Subgraph.pruned(
      graph, feeds: [], fetches: [graph.endpoint(of: out[0])], targets: [])
    let trace = RunTrace()
    let plan = try ExecutionPlan(subgraph, functions: FunctionTable(graph.library))
    _ = try plan.run([], ExecutionContext(resources: ResourceContainer(), observer: trace))
    let conditions = steps(trace.events).filter { $0.op == "LoopCond" }
    #expect(conditions.map { $0.frame?.iteration } == [0, 1, 2, 3])
    #expect(conditions.allSatisfy { $0.frame?.name == "loop" })
    #expect(steps(trace.events).count { $0.op == "AddV2" } == 3)
    #expect(trace.events.count { $0.kind == .iteration } == 4)
    #expect(trace.events.count { $0.kind == .frame } == 1)
    // As a function, iterations are inside the loop's step.
    let raised = RunTrace()
    let standard = try subgraph.after(Passes.standard)
    _ = try ExecutionPlan(standard, functions: FunctionTable(standard.graph.library)).run(
      [], ExecutionContext(resources: ResourceContainer(), observer: raised))
    #expect(raised.events.count { $0.kind == .iteration } == 3)
    #expect(steps(raised.events).count { $0.op == "AddV2" } == 3)
    let loop = try #require(steps(raised.events).first { $0.op == "While" })
    for event in raised.events where event.kind == .iteration {
      #expect(event.start >= loop.start && event.end <= loop.end)
    }
  }

  @Test func callsAreTold() throws {
    let types: Attrs = [
      "Tin": .types([.float32]), "Tout": .types([.float32]), "Tcond": .type(.bool),
    ]
    var choose = types
    choose["then_branch"] = .function("negate", [:])
    choose["else_branch"] = .function("negate", [:])
    let negate = function(
      "negate", [("x", .float32)], [typed("y", "Neg", ["x"])], returns: [("y:y:0", .float32)])
    let session = try session(
      [placeholderNode("x"), placeholderNode("p", .bool), node("i", "If", ["p", "x"], choose)],
      [negate])
    let events = try traced(session, ["i"], ["x": t(.float32, 1), "p": t(.bool, true)])
    #expect(events.contains { $0.kind == .call && $0.nodes == ["negate"] })
    #expect(steps(events).map(\.op) == ["Neg", "If"])
  }

  @Test func stepStatsAreTensorFlows() throws {
    let session = try session([placeholderNode("x"), typed("y", "Neg", ["x"])])
    let metadata = RunMetadata()
    let feeds = ["x": t(.float32, [1, 2])]
    _ = try session.run(fetches: ["y"], feeds: feeds, runMetadata: metadata)
    #expect(metadata.stepStats.devStats.isEmpty)
    let options = RunOptions(traceLevel: .fullTrace)
    _ = try session.run(fetches: ["y"], feeds: feeds, options: options, runMetadata: metadata)
    let device = try #require(metadata.stepStats.devStats.first)
    #expect(device.device.hasSuffix("CPU:0"))
    #expect(device.nodeStats.map(\.nodeName) == ["y"])
    #expect(device.nodeStats[0].timelineLabel == "y = Neg(float32[2])")
    #expect(device.nodeStats[0].output == [ValueSpec(.float32, [2])])
    let text = metadata.stepStats.generateChromeTraceFormat()
    #expect(text.contains("\"ph\": \"X\"") && text.contains("\"traceEvents\""))
    expectError(.deadlineExceeded) {
      let endless = try endlessLoop()
      _ = try endless.run(fetches: ["w"], options: RunOptions(timeoutInMs: 100))
    }
  }

  private func endlessLoop() throws -> Session {
    try CoreGraphTests.session(
      [
        constantNode("zero", .float32, 0),
        whileNode("w", ["zero"], [.float32], cond: "yes", body: "same"),
      ],
      [
        function(
          "yes", [("x", .float32)], [constantNode("c", .bool, true)],
          returns: [("c:output:0", .bool)]),
        function("same", [("x", .float32)], [], returns: [("x", .float32)]),
      ])
  }

  @Test func profilesAddUpByNode() throws {
    let session = try session(
      [
        placeholderNode("x"), typed("start", "Neg", ["x"]),
        whileNode("w", ["start"], [.float32], cond: "less", body: "more"),
      ],
      [
        function(
          "less", [("x", .float32)],
          [constantNode("c", .float32, 5), typed("l", "Less", ["x", "c:output:0"])],
          returns: [("l:z:0", .bool)]),
        function(
          "more", [("x", .float32)],
          [constantNode("c", .float32, 1), typed("a", "AddV2", ["x", "c:output:0"])],
          returns: [("a:z:0", .float32)]),
      ])
    let call = try session.callable(fetches: ["w"], feeds: ["x"])
    let profile = RunProfile()
    for _ in 0..<3 {
      try profile.timing(.run, "run") {
        let output = try call.run([t(.float32, 0)], Cancellation(), profile)[0]
        #expect(output.floats == [5])
      }
    }
    let byNode = Dictionary(uniqueKeysWithValues: profile.entries.map { ($0.nodes.joined(), $0) })
    #expect(byNode["a"]?.calls == 15)
    #expect(byNode["l"]?.calls == 18)
    #expect(byNode["w"]?.calls == 3)
    let loop = try #require(byNode["w"])
    let (less, more) = (try #require(byNode["l"]), try #require(byNode["a"]))
    #expect(loop.total >= loop.own + less.total + more.total)
    #expect(profile.entries.reduce(0) { $0 + $1.own } <= profile.runs.time)
    #expect(profile.runs.count == 3)
  }

  @Test func tracesAreBounded() throws {
    let trace = RunTrace(limit: 10)
    let session = try session([placeholderNode("x"), typed("y", "Neg", ["x"])])
    for _ in 0..<30 {
      _ = try session.run(
        fetches: ["y"], feeds: ["x": t(.float32, 1)], targets: [], Cancellation(), trace)
    }
    #expect(trace.events.count == 10)
    #expect(trace.dropped > 0)
  }
}
