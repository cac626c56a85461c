import CoreGraph
import CoreOps
import Foundation
import TestSupport
import Testing
import V1Graph
import V2Eager

/// Gradients that a program gives: by `tf.customGradient`, `tf.registerGradient` and
/// `Graph.gradientOverrideMap`.
@Suite struct CustomGradientTests {
  private enum V1: V1API {}
  private enum V2: V2API {}

  /// log(1 + eˣ), whose gradient by its ops is NaN for large x.
  private let log1pexp = V2.customGradient { (x: Tensor) in
    let e = try applyOp("Exp", [x])[0]
    return (try applyOp("Log", [e + 1])[0], { upstream in try upstream * (1 - 1 / (e + 1)) })
  }

  private func placeholder() throws -> Tensor {
    try BasicOps.family.placeholder(
      [], ["dtype": .type(.float32), "shape": .shape(.scalar)], name: "x")
  }

  private func run(_ tensors: [Tensor?], _ feeds: FeedDict) throws -> [Float] {
    let tensors = try tensors.map { try #require($0) }
    return try Session(graph: tensors[0].graph).run(tensors, feedDict: feeds).flatMap(\.floats)
  }

  /// The first and second derivative by tapes.
  private func derivatives(at x: Tensor, _ f: (Tensor) throws -> Tensor) throws -> [Float] {
    let outer = GradientTape()
    let first = try outer.record {
      outer.watch(x)
      let inner = GradientTape()
      let y = try inner.record {
        inner.watch(x)
        return try f(x)
      }
      return try #require(try inner.gradient(y, x))
    }
    return try first.floats + #require(try outer.gradient(first, x)).floats
  }

  @Test func aTapeTakesTheFunctionsOwnGradient() throws {
    let x = t(.float32, 100)
    #expect(try log1pexp(x).floats == [.infinity])
    let tape = GradientTape()
    let y = try tape.record {
      tape.watch(x)
      return try log1pexp(x) * 2
    }
    #expect(try tape.gradient(y, x)?.floats == [2])
  }

  @Test func gradientsOfHigherOrdersAreThoseOfTheGradient() throws {
    let values = try derivatives(at: t(.float32, 0.5)) { try log1pexp($0) }
    // σ(x) and σ(x)·(1 − σ(x)).
    #expect(abs(values[0] - 0.62245935) < 1e-6)
    #expect(abs(values[1] - 0.23500371) < 1e-6)
  }

  @Test func aTracedFunctionTakesItToo() throws {
    let log1pexp = log1pexp
    let traced = Function { (x: Tensor) in try log1pexp(x) * 2 }
    #expect(try traced(t(.float32, 0)).floats == [1.3862944])
    let values = try derivatives(at: t(.float32, 80)) { try traced($0) }
    #expect(values == [2, 0])
    // A tape inside the function.
    let slope = Function { (x: Tensor) in
      let tape = GradientTape()
      let y = try tape.record {
        tape.watch(x)
        return try log1pexp(x)
      }
      return try #require(try tape.gradient(y, x))
    }
    #expect(try slope(t(.float32, 100)).floats == [1])
  }

  @Test func aGraphTakesItToo() throws {
    try Graph().asDefault {
      let x = try placeholder()
      let y = try log1pexp(x)
      let first = try #require(try V1.gradients([y], [x])[0])
      let second = try V1.gradients([first], [x])[0]
      #expect(try run([first], [x: 100.0]) == [1])
      let values = try run([first, second], [x: 0.5])
      #expect(abs(values[0] - 0.62245935) < 1e-6)
      #expect(abs(values[1] - 0.23500371) < 1e-6)
      #expect(try x.graph.nodes.contains { $0.opName == "IdentityN" })
    }
  }

  @Test func severalArgumentsAndResults() throws {
    let both = V2.customGradient { (x: Tensor, others: [Tensor]) in
      (
        value: [try x * others[0], try x + others[1]],
        gradient: { (upstream: [Tensor]) in
          [try upstream[0] * 10, nil, try upstream[1] * 100] as [Tensor?]
        }
      )
    }
    func gradients(_ inputs: [Tensor], _ take: ([Tensor], [Tensor]) throws -> [Tensor?]) throws
      -> [Tensor?]
    {
      let results = try both(inputs[0], [inputs[1], inputs[2]])
      #expect(results.count == 2)
      return try take([results[0] * 2], inputs)
    }
    let inputs = [1, 2, 3].map { t(.float32, Float($0)) }
    let tape = GradientTape()
    let results = try tape.record {
      inputs.forEach(tape.watch)
      return try both(inputs[0], [inputs[1], inputs[2]]).map { try $0 * 2 }
    }
    #expect(results.map(\.floats) == [[4], [8]])
    let found = try tape.gradient(results, inputs)
    #expect(found.map { $0?.floats } == [[20], nil, [200]])
  }

  @Test func whatOnlyOneResultIsUsedForHasZerosForTheOther() throws {
    let pair = V2.customGradient { (x: Tensor) in
      (
        value: [try x * 1, try x * 2],
        gradient: { (upstream: [Tensor]) in [try upstream[0] + upstream[1]] as [Tensor?] }
      )
    }
    let x = t(.float32, [1, 2])
    let tape = GradientTape()
    let y = try tape.record {
      tape.watch(x)
      return try pair(x)[1] * 3
    }
    #expect(try tape.gradient(y, x)?.floats == [3, 3])
  }

  @Test func oneInsideAnother() throws {
    let inner = V2.customGradient { (x: Tensor) in (try x * x, { try $0 * 100 }) }
    let outer = V2.customGradient { (x: Tensor) in
      let tape = GradientTape()
      let y = try tape.record {
        tape.watch(x)
        return try inner(x)
      }
      let slope = try #require(try tape.gradient(y, x))
      return (y, { try $0 * slope * 10 })
    }
    let x = t(.float32, 3)
    let tape = GradientTape()
    let y = try tape.record {
      tape.watch(x)
      return try outer(x)
    }
    #expect(y.floats == [9])
    #expect(try tape.gradient(y, x)?.floats == [1000])
  }

  @Test func tooFewGradientsAreRefused() throws {
    let wrong = V2.customGradient { (x: Tensor, y: Tensor) in
      (value: try x * y, gradient: { (upstream: Tensor) in [upstream] as [Tensor?] })
    }
    let x = t(.float32, 3)
    let tape = GradientTape()
    let y = try tape.record {
      tape.watch(x)
      return try wrong(x, x)
    }
    let error = #expect(throws: TFError.self) { try tape.gradient(y, x) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("expected to return 2 gradients, but returned 1") == true)
  }

  @Test func nothingButArgumentsIsKeptForWhatIsComputedAgain() throws {
    let calls = Lock(0)
    let body = V2.recomputeGrad { (x: Tensor) in
      calls.withLock { $0 += 1 }
      return try applyOp("Tanh", [applyOp("Exp", [x])[0]])[0]
    }
    let x = t(.float64, 0.25)
    let tape = GradientTape()
    let y = try tape.record {
      tape.watch(x)
      return try body(x)
    }
    #expect(calls.withLock { $0 } == 1)
    let gradient = try #require(try tape.gradient(y, x))
    #expect(calls.withLock { $0 } == 2)
    let e = exp(0.25)
    #expect(abs(asDoubles(gradient)[0].0 - e / (cosh(e) * cosh(e))) < 1e-12)
  }

  // MARK: - By name

  @Test func anOpMayHaveTheGradientOfAnother() throws {
    let graph = Graph()
    try graph.asDefault {
      let x = try placeholder()
      let y = try graph.gradientOverrideMap(["Round": "Identity", "Sign": "Tanh"]) {
        try graph.gradientOverrideMap(["Sign": "Identity"]) {
          try applyOp("Round", [x])[0] + applyOp("Sign", [x])[0] * 2
        } + applyOp("Sign", [x])[0]
      }
      let plain = try applyOp("Round", [x])[0]
      let gradients = try V1.gradients([y], [x])
      #expect(try V1.gradients([plain], [x])[0] == nil)
      // Round: 1, the inner Sign: 2, the outer: 1 − sign(x)².
      #expect(try run([y, gradients[0]], [x: 1.6]) == [5, 3])
    }
  }

  @Test func aRegisteredGradientIsTaken() throws {
    try V1.registerGradient("CustomGradientTests.Double") { operation, gradients in
      #expect(operation.type == "Tanh")
      return [try gradients[0] * operation.inputs[0] * 2]
    }
    let graph = Graph()
    try graph.asDefault {
      let x = try placeholder()
      let y = try graph.gradientOverrideMap(["Tanh": "CustomGradientTests.Double"]) {
        try applyOp("Tanh", [x])[0]
      }
      let first = try #require(try V1.gradients([y], [x])[0])
      let second = try V1.gradients([first], [x])[0]
      #expect(try run([first, second], [x: 3.0]) == [6, 2])
    }
    for name in ["CustomGradientTests.Double", "Tanh", "Round"] {
      let error = #expect(throws: TFError.self) {
        try V1.registerGradient(name) { _, gradients in gradients }
      }
      #expect(error?.code == .alreadyExists)
    }
  }

  @Test func anOpWithoutAGradientMayBeGivenOne() throws {
    try V1.registerGradient("TruncateMod") { _, gradients in [gradients[0], nil] }
    try Graph().asDefault {
      let x = try placeholder()
      let y = try applyOp("TruncateMod", [x, t(.float32, 2)])[0]
      #expect(try run([V1.gradients([y], [x])[0]], [x: 3.0]) == [1])
    }
  }

  @Test func aLoadedNodeMayAskForARegisteredGradient() throws {
    try V1.registerGradient("CustomGradientTests.Loaded") { _, gradients in
      [try gradients[0] * 7]
    }
    var relu = typed("y", "Relu", ["x"])
    relu.attrs["_gradient_op_type"] = .string("CustomGradientTests.Loaded")
    let graph = try Graph(importing: graphDef([placeholderNode("x", .float32, .scalar), relu]))
    try graph.asDefault {
      let x = try graph.getTensorByName("x:0")
      let gradient = try V1.gradients([graph.getTensorByName("y:0")], [x])[0]
      #expect(try run([gradient], [x: -1.0]) == [7])
    }
  }
}
