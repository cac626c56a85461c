import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// Gradients through ops that call functions, against values worked out by hand.
@Suite struct FunctionGradientTests {
  private typealias Flow = FunctionalFlow

  /// y, dy/dx and d²y/dx² of the sum of what `body` gives for one input.
  private func derivatives(
    _ x: Tensor, _ body: (Graph, Tensor) throws -> Tensor
  ) throws -> (y: Tensor, first: Tensor, second: Tensor) {
    let graph = Graph()
    let (placeholder, results) = try graph.asDefault {
      let placeholder = try applyOp(
        "Placeholder", [], ["dtype": .type(x.dtype), "shape": .shape(x.shape)])[0]
      let y = try body(graph, placeholder)
      let first = try graph.gradients([y], [placeholder])[0]!.tensor()
      let second = try graph.gradients([first], [placeholder])[0]?.tensor()
      return (placeholder, [y, first, try second ?? BasicOps.zerosLike(placeholder)])
    }
    let session = Session(graph: graph)
    let values = try session.run(results, feedDict: [placeholder: x])
    // The nodes that were there are the same as before in another plan.
    let again = try session.run([results[0]], feedDict: [placeholder: x])
    #expect(again[0].floats == values[0].floats)
    return (values[0], values[1], values[2])
  }

  @Test func callsHaveGradients() throws {
    let (y, first, second) = try derivatives(t(.float32, [2, 3])) { graph, x in
      try Flow.call(graph, [x]) { [try $0[0] * $0[0] * $0[0]] }[0]
    }
    #expect(y.floats == [8, 27])
    #expect(first.floats == [12, 27])
    #expect(second.floats == [12, 18])
  }

  @Test(arguments: [2.0, -2.0]) func branchesHaveGradients(value: Double) throws {
    let (y, first, second) = try derivatives(t(.float32, value)) { graph, x in
      let isPositive = try applyOp("Greater", [x, t(.float32, 0)])[0]
      return try Flow.cond(
        graph, isPositive, [x], { [try $0[0] * $0[0] * $0[0]] },
        { [try applyOp("Exp", [$0[0] * $0[0]])[0]] })[0]
    }
    if value > 0 {
      #expect([y, first, second].map { $0.floats[0] } == [8, 12, 12])
    } else {
      let e = Float(54.59815)
      for (got, expected) in zip([y, first, second], [e, -4 * e, 18 * e]) {
        #expect(difference(got, t(.float32, Double(expected)), tolerance: 1e-5) == nil)
      }
    }
  }

  @Test(arguments: [0, 1, 2, 7]) func casesHaveGradients(index: Int) throws {
    let (_, first, second) = try derivatives(t(.float32, 3)) { graph, x in
      try Flow.choose(
        graph, t(.int32, index), [x],
        [{ [$0[0]] }, { [try $0[0] * $0[0]] }, { [try $0[0] * $0[0] * $0[0]] }])[0]
    }
    let branch = min(index, 2)
    #expect(first.floats == [[1, 6, 27][branch]])
    #expect(second.floats == [[0, 2, 18][branch]])
  }

  @Test(arguments: [0, 1, 4]) func loopsHaveGradients(count: Int) throws {
    // x to the power of 2 to the power of count.
    let (y, first, second) = try derivatives(t(.float32, 1.5)) { graph, x in
      try Flow.loop(
        graph, [t(.int32, 0), x], { try applyOp("Less", [$0[0], t(.int32, count)])[0] },
        { [try $0[0] + 1, try $0[1] * $0[1]] })[1]
    }
    let n = Double(1 << count)
    func power(_ exponent: Double) -> Double {
      (0..<Int(exponent)).reduce(1) { value, _ in value * 1.5 }
    }
    #expect(difference(y, t(.float32, power(n)), tolerance: 1e-5) == nil)
    #expect(difference(first, t(.float32, n * power(n - 1)), tolerance: 1e-5) == nil)
    #expect(
      difference(second, t(.float32, n < 2 ? 0 : n * (n - 1) * power(n - 2)), tolerance: 1e-5)
        == nil)
  }

  @Test func whatStaysTheSameGathersAllIterations() throws {
    // y = w³ x with w handed through the loop.
    let (y, first, second) = try derivatives(t(.float32, 2)) { graph, w in
      try Flow.loop(
        graph, [t(.int32, 0), t(.float32, 5), w],
        { try applyOp("Less", [$0[0], t(.int32, 3)])[0] },
        { [try $0[0] + 1, try $0[1] * $0[2], $0[2]] })[1]
    }
    #expect([y, first, second].map { $0.floats[0] } == [40, 60, 60])
  }

  @Test func loopsNest() throws {
    // Each outer iteration multiplies by x twice: x⁶.
    let (y, first, second) = try derivatives(t(.float32, 2)) { graph, x in
      try Flow.loop(
        graph, [t(.int32, 0), t(.float32, 1), x],
        { try applyOp("Less", [$0[0], t(.int32, 3)])[0] },
        { outer in
          let inner = try applyOp("Identity", [outer[1]])[0]
          let graph = try #require(Environment.current.graph)
          let product = try Flow.loop(
            graph, [t(.int32, 0), inner, outer[2]],
            { try applyOp("Less", [$0[0], t(.int32, 2)])[0] },
            { [try $0[0] + 1, try $0[1] * $0[2], $0[2]] })[1]
          return [try outer[0] + 1, product, outer[2]]
        })[1]
    }
    #expect([y, first, second].map { $0.floats[0] } == [64, 192, 480])
  }

  @Test func branchesInsideLoops() throws {
    // Doubles while below 10, then squares: from 3: 6, 12, 144.
    let (y, first, second) = try derivatives(t(.float32, 3)) { graph, x in
      try Flow.loop(
        graph, [t(.int32, 0), x], { try applyOp("Less", [$0[0], t(.int32, 3)])[0] },
        { outer in
          let graph = try #require(Environment.current.graph)
          let isSmall = try applyOp("Less", [outer[1], t(.float32, 10)])[0]
          let next = try Flow.cond(
            graph, isSmall, [outer[1]], { [try $0[0] * 2] }, { [try $0[0] * $0[0]] })
          return [try outer[0] + 1, next[0]]
        })[1]
    }
    #expect([y, first, second].map { $0.floats[0] } == [144, 96, 32])
  }

  @Test func listsOfLoopsHaveGradients() throws {
    // Σ iᵗʰ power: x + x² + x³, gathered in a list and stacked.
    let (y, first, second) = try derivatives(t(.float32, 2)) { graph, x in
      let list = try applyOp(
        "TensorListReserve", [t(.int32, Tensor.noDims), t(.int32, 3)],
        ["element_dtype": .type(.float32)])[0]
      let outputs = try Flow.loop(
        graph, [t(.int32, 0), x, list, x], { try applyOp("Less", [$0[0], t(.int32, 3)])[0] },
        {
          [
            try $0[0] + 1, try $0[1] * $0[3],
            try applyOp("TensorListSetItem", [$0[2], $0[0], $0[1]])[0], $0[3],
          ]
        })
      let stacked = try applyOp(
        "TensorListStack", [outputs[2], t(.int32, Tensor.noDims)],
        ["element_dtype": .type(.float32)])[0]
      return try applyOp("Sum", [stacked, t(.int32, 0)])[0]
    }
    #expect([y, first, second].map { $0.floats[0] } == [14, 17, 14])
  }
}

extension Tensor {
  fileprivate static var noDims: [Int] { [] }
}
