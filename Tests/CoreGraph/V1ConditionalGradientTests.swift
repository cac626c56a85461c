import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// `tf.gradients` through TF-1 conditionals. First orders are TensorFlow's; it has no second ones,
/// which are compared with derivatives by hand.
@Suite struct V1ConditionalGradientTests {
  private enum V1: V1API {}

  private func placeholder(_ dtype: DType, _ shape: PartialShape, name: String? = nil) throws
    -> Tensor
  {
    try BasicOps.family.placeholder(
      [], ["dtype": .type(dtype), "shape": .shape(shape)], name: name)
  }

  private func run(_ fetches: [Tensor?], _ feeds: FeedDict) throws -> [[Float]] {
    let fetches = try fetches.map { try #require($0) }
    return try Session(graph: fetches[0].graph).run(fetches, feedDict: feeds).map(\.floats)
  }

  @Test(arguments: [true, false]) func bothSidesHaveGradientsAndTheseAgain(side: Bool) throws {
    try Graph().asDefault {
      let x = try placeholder(.float32, [])
      let c = try placeholder(.bool, [])
      let y = try V1Flow.cond(c, [x]) {
        [try $0[0] * $0[0] * $0[0]]
      } else: {
        [try $0[0] * 5]
      }[0]
      let first = try #require(try V1.gradients([y], [x])[0])
      let second = try V1.gradients([first], [x])[0]
      let values = try run([y, first, second], [x: 2.0, c: side])
      #expect(values == (side ? [[8], [12], [12]] : [[10], [5], [0]]))
    }
  }

  @Test(arguments: [true, false]) func aSourceThatOnlyOneSideTakesHasZerosOnTheOther(side: Bool)
    throws
  {
    try Graph().asDefault {
      let (x, w) = (try placeholder(.float32, [2]), try placeholder(.float32, [2]))
      let c = try placeholder(.bool, [])
      let y = try V1Flow.cond(c, [x, w]) {
        [try $0[0] * $0[1]]
      } else: {
        [try $0[0] + 1]
      }[0]
      let gradients = try V1.gradients([y], [x, w])
      let values = try run(gradients, [x: [2, 3] as [Float], w: [5, 7] as [Float], c: side])
      #expect(values == (side ? [[5, 7], [2, 3]] : [[1, 1], [0, 0]]))
    }
  }

  @Test(arguments: [(true, true), (true, false), (false, true)])
  func conditionalsInsideConditionalsHaveGradients(outer: Bool, inner: Bool) throws {
    try Graph().asDefault {
      let x = try placeholder(.float32, [])
      let (a, b) = (try placeholder(.bool, []), try placeholder(.bool, []))
      let y = try V1Flow.cond(a, [x, b]) { outside in
        try V1Flow.cond(outside[1], [outside[0]]) {
          [try $0[0] * $0[0]]
        } else: {
          [try applyOp("Exp", [$0[0]])[0]]
        }
      } else: {
        [try $0[0] * 3]
      }[0]
      let first = try #require(try V1.gradients([y], [x])[0])
      let second = try V1.gradients([first], [x])[0]
      let values = try run([first, second], [x: 0.0, a: outer, b: inner])
      #expect(values == (outer ? inner ? [[0], [2]] : [[1], [1]] : [[3], [0]]))
    }
  }

  @Test func aConditionalInsideALoopHasGradients() throws {
    try Graph().asDefault {
      let x = try placeholder(.float32, [])
      let start = try applyOp("Identity", [t(.int32, 0)])[0]
      // x → x² → 3x² → 9x⁴ → 27x⁴
      let outputs = try V1Flow.loop(
        "w", [start, x],
        cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 4)])[0] },
        body: { vars, _ in
          let isEven = try applyOp(
            "Equal", [applyOp("FloorMod", [vars[0], t(.int32, 2)])[0], t(.int32, 0)])[0]
          let next = try V1Flow.cond(isEven, [vars[1]]) {
            [try $0[0] * $0[0]]
          } else: {
            [try $0[0] * 3]
          }[0]
          return [try vars[0] + 1, next]
        })
      let first = try #require(try V1.gradients([outputs[1]], [x])[0])
      let second = try V1.gradients([first], [x])[0]
      #expect(try run([outputs[1], first, second], [x: 1.0]) == [[27], [108], [324]])
    }
  }

  @Test(arguments: [true, false]) func aLoopInsideAConditionalHasGradients(side: Bool) throws {
    try Graph().asDefault {
      let x = try placeholder(.float32, [])
      let c = try placeholder(.bool, [])
      let y = try V1Flow.cond(c, [x]) { inputs in
        let start = try applyOp("Identity", [t(.int32, 0)])[0]
        return [
          try V1Flow.loop(
            "w", [start, inputs[0]],
            cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 2)])[0] },
            body: { vars, _ in [try vars[0] + 1, try vars[1] * vars[1]] })[1]
        ]
      } else: {
        [try $0[0] * 3]
      }[0]
      let first = try #require(try V1.gradients([y], [x])[0])
      let second = try V1.gradients([first], [x])[0]
      let values = try run([y, first, second], [x: 2.0, c: side])
      #expect(values == (side ? [[16], [32], [48]] : [[6], [3], [0]]))
    }
  }

  @Test(arguments: [true, false]) func whoAsksWhichSideWasTakenIsStillTold(side: Bool) throws {
    try Graph().asDefault {
      let x = try placeholder(.float32, [])
      let c = try placeholder(.bool, [])
      let sides = try applyOp("Switch", [x, c])
      let merge = try applyOp("Merge", [sides[0] * 2, sides[1] * 3])
      let gradient = try V1.gradients([merge[0]], [x])[0]
      let graph = try x.graph
      let values = try Session(graph: graph).run(
        [merge[0], merge[1], try #require(gradient)], feedDict: [x: 1.0, c: side])
      #expect(values[0].floats == [side ? 3 : 2])
      #expect(values[1].ints == [side ? 1 : 0])
      #expect(values[2].floats == [side ? 3 : 2])
    }
  }
}
