import CoreGraph
import CoreOps
import Ops
import Foundation
import TestSupport
import Testing
import V1Graph

@Suite struct SessionTests {
  private func simple() throws -> Session {
    try session([
      placeholderNode("x", .float32, PartialShape([nil, 2])), typed("y", "Neg", ["x"]),
      typed("z", "Square", ["y"]),
      node("s", "Split", ["axis", "z"], ["T": .type(.float32), "num_split": .int(2)]),
      constantNode("axis", .int32, 1), typed("sum", "AddV2", ["s", "s:1"]),
      placeholderNode("v", .float32, PartialShape([2])), placeholderNode("any", .int64),
    ])
  }
  private let x = t(.float32, [[1, 2], [3, 4]])

  // MARK: - Feeds and fetches

  @Test func feedsThatDoNotFitAreRefused() throws {
    let session = try simple()
    expectError(
      .invalidArgument,
      "You must feed a value for placeholder tensor 'x' with dtype float and shape [?,2]"
    ) {
      _ = try session.run(fetches: ["y"])
    }
    expectError(
      .invalidArgument, "Cannot feed value of shape (3,) for Tensor x:0, which has shape (?, 2)"
    ) {
      _ = try session.run(fetches: ["y"], feeds: ["x": t(.float32, [1, 2, 3])])
    }
    expectError(
      .invalidArgument, "Cannot feed value of shape (2, 3) for Tensor x:0, which has shape (?, 2)"
    ) {
      _ = try session.run(fetches: ["y"], feeds: ["x:0": t(.float32, [[1, 2, 3], [4, 5, 6]])])
    }
    expectError(
      .invalidArgument, "Cannot feed value of shape () for Tensor v:0, which has shape (2,)"
    ) {
      _ = try session.run(fetches: ["v"], feeds: ["v": t(.float32, 1)])
    }
    expectError(.invalidArgument, "y", "float32", "string") {
      _ = try session.run(fetches: ["z"], feeds: ["y": t(.string, [["a", "b"]])])
    }
    expectError(
      .notFound,
      """
      Cannot interpret feed_dict key as Tensor: The name 'q:0' refers to a Tensor which does not \
      exist. The operation, 'q', does not exist in the graph.
      """
    ) { _ = try session.run(fetches: ["y"], feeds: ["q:0": x]) }
    expectError(
      .notFound, "Argument `fetch` = q:0 cannot be interpreted as a Tensor. (The name 'q:0'"
    ) {
      _ = try session.run(fetches: ["q:0"], feeds: ["x": x])
    }
    expectError(.notFound, "The name 'q' refers to an Operation not in the graph.") {
      _ = try session.run(fetches: [], feeds: ["x": x], targets: ["q"])
    }
    expectError(.invalidArgument, "fed more than once") {
      _ = try session.run(fetches: ["y"], feeds: ["x": x, "x:0": x])
    }
    let callable = try session.callable(fetches: ["y"], feeds: ["x"])
    expectError(.invalidArgument, "1 feeds expected, got 0") { _ = try callable([]) }
    expectError(.invalidArgument, "1 feeds expected, got 2") { _ = try callable([x, x]) }
    // And the session goes on.
    #expect(try session.run(fetches: ["y"], feeds: ["x": x])[0].floats == [-1, -2, -3, -4])
  }

  @Test func anyTensorCanBeFed() throws {
    let session = try simple()
    #expect(
      try session.run(fetches: ["z"], feeds: ["y": t(.float32, [[3, 2]])])[0].floats == [9, 4])
    expectError(.invalidArgument, "Cannot feed value of shape (1,) for Tensor y:0") {
      _ = try session.run(fetches: ["z"], feeds: ["y": t(.float32, [3])])
    }
    let column = t(.float32, [[10], [20]])
    // One output is fed, the other is computed.
    #expect(
      try session.run(fetches: ["sum"], feeds: ["x": x, "s:1": column])[0].floats == [11, 29])
    #expect(
      try session.run(fetches: ["sum"], feeds: ["s": column, "s:1": column])[0].floats == [20, 40])
    #expect(
      try session.run(fetches: ["s"], feeds: ["x": x, "axis": t(.int32, 0)])[0].floats == [1, 4])
    // A feed that nothing needs.
    #expect(
      try session.run(
        fetches: ["z"], feeds: ["y": t(.float32, [[3, 2]]), "any": t(.int64, 1)])[0].floats
        == [9, 4])
  }

  @Test func fetchesMayRepeatAndBeFeeds() throws {
    let session = try simple()
    let outputs = try session.run(fetches: ["y", "x", "y:0", "z", "x:0"], feeds: ["x": x])
    #expect(
      outputs.map(\.floats) == [
        [-1, -2, -3, -4], [1, 2, 3, 4], [-1, -2, -3, -4], [1, 4, 9, 16], [1, 2, 3, 4],
      ])
    #expect(try session.run(fetches: ["z"], feeds: ["z": x])[0].floats == [1, 2, 3, 4])
    #expect(try session.run(fetches: []).isEmpty)
  }

  @Test func emptyValuesCanBeFed() throws {
    let session = try simple()
    let empty = try Tensor.zeros(.float32, Shape([0, 2]))
    #expect(try session.run(fetches: ["sum"], feeds: ["x": empty])[0].dims == Shape([0, 1]))
  }

  // MARK: - Variables

  private func counter() throws -> Session {
    let handle: Attrs = [
      "dtype": .type(.float32), "shape": .shape(.scalar), "shared_name": .string("v"),
    ]
    return try session([
      node("v", "VarHandleOp", [], handle), constantNode("zero", .float32, 0),
      constantNode("one", .float32, 1),
      node("init", "AssignVariableOp", ["v", "zero"], ["dtype": .type(.float32)]),
      node("add", "AssignAddVariableOp", ["v", "one"], ["dtype": .type(.float32)]),
      node("read", "ReadVariableOp", ["v"], ["dtype": .type(.float32)]),
      node("after", "ReadVariableOp", ["v", "^add"], ["dtype": .type(.float32)]),
    ])
  }

  @Test func variablesKeepTheirValuesBetweenRuns() throws {
    let session = try counter()
    expectError(.failedPrecondition) { _ = try session.run(fetches: ["read"]) }
    _ = try session.run(fetches: [], targets: ["init"])
    for count in 1...3 { #expect(try session.run(fetches: ["after"])[0].floats == [Float(count)]) }
    #expect(try session.run(fetches: ["read"])[0].floats == [3])
    // Another session of the same graph has variables of its own.
    let other = Session(graph: session.graph)
    _ = try other.run(fetches: [], targets: ["init"])
    #expect(try other.run(fetches: ["read"])[0].floats == [0])
    #expect(try session.run(fetches: ["read"])[0].floats == [3])
  }

  @Test func referenceVariablesKeepTheirValues() throws {
    let session = try session([
      node("v", "VariableV2", [], ["dtype": .type(.float32), "shape": .shape(PartialShape([2]))]),
      constantNode("start", .float32, [1, 2]), typed("init", "Assign", ["v", "start"]),
      typed("double", "AssignAdd", ["v", "v"]), typed("neg", "Neg", ["v"]),
    ])
    expectError(.failedPrecondition, "v") { _ = try session.run(fetches: ["neg"]) }
    #expect(try session.run(fetches: ["init"])[0].floats == [1, 2])
    #expect(try session.run(fetches: ["double"])[0].floats == [2, 4])
    let kept = try session.run(fetches: ["v"])[0]
    #expect(try session.run(fetches: ["double"])[0].floats == [4, 8])
    #expect(kept.floats == [2, 4])
    #expect(try session.run(fetches: ["neg"])[0].floats == [-4, -8])
  }

  // MARK: - Threads

  @Test func sixteenThreadsShareASession() throws {
    let session = try session(
      [
        placeholderNode("x"), typed("y", "Square", ["x"]), typed("z", "AddV2", ["y", "x"]),
        node(
          "w", "While", ["z", "n"],
          [
            "T": .types([.float32, .int32]), "cond": .function("few", [:]),
            "body": .function("step", [:]),
          ]), constantNode("n", .int32, 0),
      ],
      [
        function(
          "few", [("x", .float32), ("n", .int32)],
          [
            typed("less", "Less", ["n", "limit:output:0"], .int32),
            constantNode("limit", .int32, 5),
          ], returns: [("less:z:0", .bool)]),
        function(
          "step", [("x", .float32), ("n", .int32)],
          [
            typed("more", "AddV2", ["n", "one:output:0"], .int32), constantNode("one", .int32, 1),
            typed("sum", "AddV2", ["x", "x"]),
          ], returns: [("sum:z:0", .float32), ("more:z:0", .int32)]),
      ])
    let wrong = Lock(0)
    DispatchQueue.concurrentPerform(iterations: 16) { thread in
      for run in 0..<50 {
        let value = Float(thread * 100 + run)
        let size = 1 + (thread + run) % 5
        do {
          let x = try Tensor([Float](repeating: value, count: size), dims: Shape([size]))
          let outputs = try session.run(fetches: ["z", "w"], feeds: ["x": x])
          let expected = [Float](repeating: value * value + value, count: size)
          if outputs[0].floats != expected || outputs[1].floats != expected.map({ $0 * 32 }) {
            wrong.withLock { $0 += 1 }
          }
        } catch {
          wrong.withLock { $0 += 1 }
        }
      }
    }
    #expect(wrong.withLock { $0 } == 0)
  }

  @Test func countersCountTheirRunsFromManyThreads() throws {
    let session = try counter()
    _ = try session.run(fetches: [], targets: ["init"])
    let callable = try session.callable(fetches: [], feeds: [], targets: ["add"])
    DispatchQueue.concurrentPerform(iterations: 16) { _ in
      for _ in 0..<50 { _ = try? callable([]) }
    }
    #expect(try session.run(fetches: ["read"])[0].floats == [800])
  }

  // MARK: - Functions

  private let square = function(
    "square", [("x", .float32)], [typed("y", "Square", ["x"])], returns: [("y:y:0", .float32)])
  private let negate = function(
    "negate", [("x", .float32)], [typed("y", "Neg", ["x"])], returns: [("y:y:0", .float32)])

  /// In a process of its own, as memory is counted for all of it.
  @Test func plansEndWithTheirSession() async {
    await #expect(processExitsWith: .success) {
      func use() throws {
        let session = try session(
          [
            placeholderNode("x"), typed("big", "Exp", ["x"]), typed("y", "Softmax", ["big"]),
            constantNode("yes", .bool, true),
            node(
              "if", "If", ["yes", "y"],
              [
                "Tcond": .type(.bool), "Tin": .types([.float32]), "Tout": .types([.float32]),
                "then_branch": .function("branch", [:]), "else_branch": .function("branch", [:]),
              ]), typed("z", "Neg", ["if"]),
          ],
          [
            function(
              "branch", [("v", .float32)],
              [
                typed("p", "Softmax", ["v"]), typed("q", "Softmax", ["p:softmax:0"]),
                typed("r", "Exp", ["q:softmax:0"]),
              ],
              returns: [("r:y:0", .float32)])
          ])
        for _ in 0..<3 {
          _ = try session.run(
            fetches: ["z"], feeds: ["x": try Tensor.zeros(.float32, Shape([100, 1000]))])
        }
      }
      try use()
      let before = MemoryLimit.usedBytes
      for _ in 0..<20 { try use() }
      // One plan's memory is more than this.
      #expect(MemoryLimit.usedBytes - before < 400_000)
    }
  }

  @Test func functionsAreCalled() throws {
    let twice = function(
      "twice", [("x", .float32)],
      [
        call("a", "square", ["x"], [.float32], [.float32]),
        call("b", "square", ["a:output:0"], [.float32], [.float32]),
      ], returns: [("b:output:0", .float32)])
    let session = try session(
      [
        placeholderNode("x"), call("c", "twice", ["x"], [.float32], [.float32]),
        call("d", "square", ["c"], [.float32], [.float32], stateful: true),
        node("e", "square", ["x"]), typed("f", "Neg", ["e"]),
      ], [square, twice])
    let outputs = try session.run(fetches: ["c", "d", "f"], feeds: ["x": t(.float32, [2])])
    #expect(outputs.map(\.floats) == [[16], [256], [-4]])
  }

  @Test func ifAndCaseTakeOneBranch() throws {
    let types: Attrs = ["Tin": .types([.float32]), "Tout": .types([.float32])]
    var choose = types
    choose["Tcond"] = .type(.bool)
    choose["then_branch"] = .function("square", [:])
    choose["else_branch"] = .function("negate", [:])
    var pick = types
    pick["branches"] = .list([.function("negate", [:]), .function("square", [:])])
    let session = try session(
      [
        placeholderNode("x"), placeholderNode("p", .bool), placeholderNode("k", .int32),
        node("i", "If", ["p", "x"], choose), node("j", "StatelessIf", ["p", "x"], choose),
        node("c", "Case", ["k", "x"], pick), node("d", "StatelessCase", ["k", "x"], pick),
      ], [square, negate])
    let x = t(.float32, 3)
    for (truth, value) in [(true, Float(9)), (false, -3)] {
      let outputs = try session.run(fetches: ["i", "j"], feeds: ["x": x, "p": t(.bool, truth)])
      #expect(outputs.map(\.floats) == [[value], [value]])
    }
    for (index, value) in [(0, Float(-3)), (1, 9), (2, 9), (-1, 9)] {
      let outputs = try session.run(fetches: ["c", "d"], feeds: ["x": x, "k": t(.int32, index)])
      #expect(outputs.map(\.floats) == [[value], [value]])
    }
  }

  @Test func functionsThatAreNotThereAreNamed() throws {
    let session = try session([
      placeholderNode("x"), call("c", "gone", ["x"], [.float32], [.float32]),
      whileNode("w", ["x"], [.float32], cond: "gone", body: "gone"),
    ])
    for fetch in ["c", "w"] {
      expectError(.notFound, "gone", "node \(fetch) ") {
        _ = try session.run(fetches: [fetch], feeds: ["x": t(.float32, 1)])
      }
    }
  }

  // MARK: - Gradients

  @Test func gradientsAreNodes() throws {
    let graph = Graph()
    let (x, unused, gradients) = try graph.asDefault {
      let x = try V1.placeholder(.float32, shape: [nil])
      let unused = try V1.placeholder(.float32)
      let y = try applyOp("Square", [x])[0] * 3 + x
      let first = try V1.gradients([y], [x, unused])
      let second = try V1.gradients([first[0]!], [x])
      return (x, unused, first + second)
    }
    _ = unused
    #expect(gradients[1] == nil)
    let session = Session(graph: graph)
    let outputs = try session.run(
      [gradients[0]!, gradients[2]!], feedDict: [x: t(.float32, [1, 2])])
    #expect(outputs[0].floats == [7, 13])
    #expect(outputs[1].floats == [6, 6])
    expectError(
      .failedPrecondition, "tf.gradients is not supported when eager execution is enabled"
    ) {
      _ = try V1.gradients([x], [x])
    }
  }
}
