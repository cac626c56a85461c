import Compat
import CompatV1
import CoreGraph
import CoreOps
import Testing

/// Conditionals, loops and tensor arrays give the same values and gradients in TF-1's form, made
/// of functions, and where calls run at once.
@Suite struct FlowValueTests {
  /// Runs `body` in a graph of a form.
  private func inGraph<R>(_ form: String, _ body: () throws -> R) throws -> R {
    var behavior = Behavior.v1
    behavior.controlFlowV2 = form == "v2"
    return try withBehavior(behavior) { try Graph().asDefault(body) }
  }

  private func run(_ tensors: [Tensor], _ feeds: FeedDict = [:]) throws -> [[Double]] {
    let session = try Session(graph: tensors[0].graph)
    return try session.run(tensors, feedDict: feeds).map { try $0.doubles() }
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch let error as TFError {
      return error.message
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: ["v1", "v2"])
  func conditionalsTakeOneBranchAndHaveItsGradient(form: String) throws {
    try inGraph(form) {
      let x = try tf.placeholder(.float32, shape: [], name: "x")
      let y = try tf.cond(tf.less(x, 2.0), { try x * x }, { try 3.0 * x })
      let dy = try #require(try tf.gradients(y, [x])[0])
      let ddy = try #require(try tf.gradients(dy, [x], unconnectedGradients: .zero)[0])
      #expect(try run([y, dy, ddy], [x: 1.5]) == [[2.25], [3], [2]])
      #expect(try run([y, dy, ddy], [x: 4.0]) == [[12], [3], [0]])
    }
  }

  @Test(arguments: ["v1", "v2"])
  func loopsHaveFirstAndSecondDerivatives(form: String) throws {
    try inGraph(form) {
      let (x, n) = (
        try tf.placeholder(.float32, shape: [], name: "x"),
        try tf.placeholder(.int32, shape: [], name: "n")
      )
      let (_, y) = try tf.whileLoop(
        { i, a in try tf.less(i, n) }, { i, a in (try i + 1, try a * x) }, (tf.constant(0), x))
      let dy = try #require(try tf.gradients(y, [x])[0])
      let ddy = try #require(try tf.gradients(dy, [x])[0])
      #expect(try run([y, dy, ddy], [x: 2.0, n: 3]) == [[16], [32], [48]])
    }
  }

  @Test(arguments: ["v1", "v2"])
  func nestedFlowHasGradients(form: String) throws {
    try inGraph(form) {
      let x = try tf.placeholder(.float32, shape: [], name: "x")
      func sum(_ a: Tensor) throws -> Tensor {
        try tf.whileLoop(
          { j, b in try tf.less(j, 2) }, { j, b in (try j + 1, try b + x) }, (tf.constant(0), a)
        ).1
      }
      func next(_ i: Tensor, _ a: Tensor) throws -> (Tensor, Tensor) {
        (try i + 1, try tf.cond(tf.less(i, 2), { try a * x }, { try sum(a) }))
      }
      let (_, y) = try tf.whileLoop(
        { i, _ in try tf.less(i, 4) }, next, (tf.constant(0), tf.constant(1.0)))
      let dy = try #require(try tf.gradients(y, [x])[0])
      // x² + 4 x
      #expect(try run([y, dy], [x: 3.0]) == [[21], [10]])
    }
  }

  @Test(arguments: ["v1", "v2"])
  func tensorArraysInLoopsHaveGradients(form: String) throws {
    try inGraph(form) {
      let x = try tf.placeholder(.float32, shape: [3], name: "x")
      let input = try tf.TensorArray(.float32, size: 3).unstack(x)
      let (_, output) = try tf.whileLoop(
        { i, _ in try tf.less(i, 3) },
        { i, array in
          let value = try input.read(i)
          return (try i + 1, try array.write(i, value * value))
        }, (tf.constant(0), try tf.TensorArray(.float32, size: 3)))
      let y = try output.stack()
      let dy = try #require(try tf.gradients(y, [x])[0])
      #expect(try run([y, dy], [x: [1.0, 2.0, 3.0]]) == [[1, 4, 9], [2, 4, 6]])
    }
  }

  @Test(arguments: ["v1", "v2", "eager"])
  func mapsScansAndFoldsGiveTheSame(form: String) throws {
    func program() throws -> [Tensor] {
      let x = try tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype: .float32)
      return [
        try tf.mapFn({ (a: Tensor) in try a * 2.0 }, x),
        try tf.mapFn({ (a: Tensor) in try tf.cast(tf.reduceSum(a), .int32) }, x, dtype: .int32),
        try tf.scan({ (a: Tensor, b: Tensor) in try a + b }, x),
        try tf.scan({ (a: Tensor, b: Tensor) in try a + b }, x, reverse: true),
        try tf.foldl({ (a: Tensor, b: Tensor) in try a - b }, x),
        try tf.foldr({ (a: Tensor, b: Tensor) in try a - b }, x, initializer: tf.zeros([2])),
      ]
    }
    let expected: [[Double]] = [
      [2, 4, 6, 8, 10, 12], [3, 7, 11], [1, 2, 4, 6, 9, 12], [9, 12, 8, 10, 5, 6], [-7, -8],
      [-9, -12],
    ]
    if form == "eager" {
      let made = try withBehavior(.v2) { try program().map { try $0.doubles() } }
      #expect(made == expected)
    } else {
      let made = try inGraph(form) { try run(program()) }
      #expect(made == expected)
    }
  }

  @Test(arguments: ["v1", "v2", "eager"])
  func structuresOfAllKindsGoThroughLoops(form: String) throws {
    func program() throws -> [Tensor] {
      let start = ["a": [try tf.constant(1.0)], "b": [try tf.constant(2.0), try tf.constant(3.0)]]
      let (count, end) = try tf.whileLoop(
        { i, _ in try tf.less(i, 2) },
        { i, s in
          (try i + 1, ["a": [try s["a"]![0] + s["b"]![1]], "b": [s["b"]![1], s["b"]![0]]])
        }, (tf.constant(0), start))
      let bounded = try tf.whileLoop(
        { _ in try tf.constant(true) }, { try $0 + 1 }, tf.constant(0), maximumIterations: 5)
      return [count] + (end["a"] ?? []) + (end["b"] ?? []) + [bounded]
    }
    let expected: [[Double]] = [[2], [6], [2], [3], [5]]
    if form == "eager" {
      let made = try withBehavior(.v2) { try program().map { try $0.doubles() } }
      #expect(made == expected)
    } else {
      let made = try inGraph(form) { try run(program()) }
      #expect(made == expected)
    }
  }

  @Test(arguments: ["v1", "v2"])
  func casesTakeTheFirstThatHolds(form: String) throws {
    try inGraph(form) {
      let n = try tf.placeholder(.int32, shape: [], name: "n")
      let y = try tf.case(
        [
          (tf.less(n, 1), { try tf.constant(1.0) }), (tf.less(n, 3), { try tf.constant(2.0) }),
        ], default: { try tf.constant(3.0) })
      let z = try tf.switchCase(n, [{ try tf.constant(10) }, { try tf.constant(11) }])
      #expect(try run([y, z], [n: 0]) == [[1], [10]])
      #expect(try run([y, z], [n: 2]) == [[2], [11]])
      #expect(try run([y, z], [n: 7]) == [[3], [11]])
      let exclusive = try tf.case(
        [
          (tf.less(n, 1), { try tf.constant(1.0) }), (tf.less(n, 3), { try tf.constant(2.0) }),
        ], default: { try tf.constant(3.0) }, exclusive: true)
      #expect(message { _ = try run([exclusive], [n: 0]) }.contains("exclusive=True"))
      #expect(try run([exclusive], [n: 2]) == [[2]])
    }
  }

  @Test func wrongProgramsAreRefusedInTensorFlowsWords() throws {
    try inGraph("v1") {
      let x = try tf.placeholder(.float32, shape: [2], name: "x")
      #expect(
        message { _ = try tf.cond(true, { x }, { x }) } == "'pred' must not be a Python bool.")
      let p = try tf.placeholder(.bool, shape: [], name: "p")
      #expect(
        message { _ = try tf.cond(p, { try tf.constant(1) }, { try tf.constant(1.0) }) }
          == """
          Outputs of 'true_fn' and 'false_fn' must have the same type(s). Received int32 from \
          'true_fn' and float32 from 'false_fn'.
          """)
      #expect(
        message { _ = try tf.cond(p, { [x, x] }, { [x] }) }.hasPrefix(
          "Incompatible return values of 'true_fn' and 'false_fn': The two structures don't have"))
      #expect(
        message {
          _ = try tf.whileLoop(
            { _ in try tf.constant(true) }, { try tf.concat([$0, $0], axis: 0) }, x)
        } == """
          Input tensor 'x:0' enters the loop with shape (2,), but has shape (4,) after one \
          iteration. To allow the shape to vary across iterations, use the `shape_invariants` \
          argument of tf.while_loop to specify a less-specific shape.
          """)
      var inside: Tensor?
      _ = try tf.cond(
        p,
        {
          inside = try tf.exp(x)
          return x
        }, { x })
      let leaked = try #require(inside)
      let session = try Session(graph: x.graph)
      #expect(
        message { _ = try session.run(leaked, feedDict: [x: [1, 2], p: true]) } == """
          Operation \(try leaked.op.name) has been marked as not fetchable. Typically this \
          happens when it is defined in another function or code block. Use return values, \
          explicit Python locals or TensorFlow collections to access it.
          """)
      var looped: Tensor?
      _ = try tf.whileLoop(
        { try tf.less(tf.reduceSum($0), 9.0) },
        {
          looped = try $0 * 2.0
          return try $0 + 1.0
        }, x)
      let escaped = try #require(looped)
      #expect(
        message { _ = try escaped + 1.0 }.contains(
          "' because '\(try escaped.op.name)' is in a while loop. See info log for more details."))
    }
  }

  @Test func variablesChangeInBranchesOfOperations() throws {
    for form in ["v1", "v2"] {
      try inGraph(form) {
        let p = try tf.placeholder(.bool, shape: [], name: "p")
        let v = try tf.Variable(1.0, name: "v", useResource: true)
        let step = try #require(
          try tf.cond(
            p, { try tf.group(v.assignAdd(2.0)) }, { try tf.group(v.assignSub(3.0)) }))
        let session = try Session(graph: p.graph)
        try session.run(tf.globalVariablesInitializer())
        try session.run(step, feedDict: [p: true])
        #expect(try session.run(v.value()).doubles() == [3])
        try session.run(step, feedDict: [p: false])
        #expect(try session.run(v.value()).doubles() == [0])
      }
    }
  }

  @Test func functionsHaveConditionalsAndLoopsWithGradients() throws {
    let f = Compat.tf.function { (x: Tensor) throws -> Tensor in
      func next(_ i: Tensor, _ a: Tensor) throws -> (Tensor, Tensor) {
        (try i + 1, try tf.cond(tf.less(i, 2), { try a * x }, { try a + x }))
      }
      return try tf.whileLoop({ i, _ in try tf.less(i, 3) }, next, (tf.constant(0), x)).1
    }
    try withBehavior(.v2) {
      let x = try Tensor(3.0, dtype: .float32)
      let tape = GradientTape()
      let y = try tape.record {
        tape.watch(x)
        return try f(x)
      }
      #expect(try y.doubles() == [30])
      // x³ + x
      #expect(try tape.gradient(y, x)?.doubles() == [28])
    }
  }
}
