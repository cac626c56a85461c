import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// `tf.gradients` through TF-1 loops, and what it takes beside tensors.
@Suite struct V1GradientTests {
  private enum V1: V1API {}

  private func run(_ fetches: [Tensor], _ feeds: FeedDict = [:]) throws -> [Tensor] {
    let graph = try #require(Environment.current.graph)
    return try Session(graph: graph).run(fetches, feedDict: feeds)
  }

  private func placeholder(_ dtype: DType, _ shape: PartialShape, name: String? = nil) throws
    -> Tensor
  {
    try BasicOps.family.placeholder(
      [], ["dtype": .type(dtype), "shape": .shape(shape)], name: name)
  }

  @Test(arguments: [0, 1, 3]) func loopsHaveGradientsAndTheseAgain(count: Int) throws {
    try Graph().asDefault {
      let x = try placeholder(.float32, [])
      let limit = try placeholder(.int32, [])
      let outputs = try V1Flow.loop(
        "w", [applyOp("Identity", [t(.int32, 0)])[0], x], invariants: [limit],
        cond: { vars, constants in try applyOp("Less", [vars[0], constants[0]])[0] },
        body: { vars, _ in [try vars[0] + 1, try vars[1] * vars[1]] })
      let first = try #require(try V1.gradients([outputs[1]], [x])[0])
      let second = try #require(try V1.gradients([first], [x])[0])
      let values = try run(
        [outputs[1], first, second], [x: t(.float32, 1.5), limit: t(.int32, count)])
      let n = Double(1 << count)
      func power(_ exponent: Double) -> Double {
        (0..<Int(exponent)).reduce(1) { value, _ in value * 1.5 }
      }
      let expected = [power(n), n * power(n - 1), n < 2 ? 0 : n * (n - 1) * power(n - 2)]
      for (value, number) in zip(values, expected) {
        #expect(difference(value, t(.float32, number), tolerance: 1e-5) == nil)
      }
    }
  }

  @Test func loopsInsideLoopsHaveGradients() throws {
    try Graph().asDefault {
      let x = try placeholder(.float32, [])
      let start = try applyOp("Identity", [t(.int32, 0)])[0]
      let outputs = try V1Flow.loop(
        "outer", [start, x], invariants: [x],
        cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 3)])[0] },
        body: { vars, constants in
          let inner = try V1Flow.loop(
            "inner", [vars[0] * 0, vars[1]], invariants: [constants[0]],
            cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 2)])[0] },
            body: { vars, constants in [try vars[0] + 1, try vars[1] * constants[0]] })
          return [try vars[0] + 1, inner[1]]
        })
      // x⁷
      let first = try #require(try V1.gradients([outputs[1]], [x])[0])
      let values = try run([outputs[1], first], [x: t(.float32, 2)])
      #expect(values.map { $0.floats[0] } == [128, 448])
    }
  }

  /// Σ xᵏ for k = 1, 2, 3, by a tensor array that a loop writes.
  private func powers(_ x: Tensor) throws -> Tensor {
    let array = try applyOp(
      "TensorArrayV3", [t(.int32, 3)],
      ["dtype": .type(.float32), "clear_after_read": .bool(false)])
    let start = try applyOp("Identity", [t(.int32, 0)])[0]
    let outputs = try V1Flow.loop(
      "w", [start, x, array[1]], invariants: [x, array[0]],
      cond: { vars, _ in try applyOp("Less", [vars[0], t(.int32, 3)])[0] },
      body: { vars, constants in
        [
          try vars[0] + 1, try vars[1] * constants[0],
          try applyOp("TensorArrayWriteV3", [constants[1], vars[0], vars[1], vars[2]])[0],
        ]
      })
    let all = try applyOp(
      "TensorArrayGatherV3", [array[0], t(.int32, [0, 1, 2]), outputs[2]],
      ["dtype": .type(.float32)])[0]
    return try applyOp("Sum", [all, t(.int32, 0)])[0]
  }

  @Test func tensorArraysOfLoopsHaveGradients() throws {
    try Graph().asDefault {
      let x = try placeholder(.float32, [])
      let y = try powers(x)
      let first = try #require(try V1.gradients([y], [x])[0])
      let values = try run([y, first], [x: t(.float32, 2)])
      #expect(values.map { $0.floats[0] } == [14, 17])
    }
  }

  @Test func twoCallsForGradientsDoNotAddUp() throws {
    try Graph().asDefault {
      let x = try placeholder(.float32, [])
      let y = try powers(x)
      let one = try #require(try V1.gradients([y], [x])[0])
      let other = try #require(try V1.gradients([y], [x])[0])
      let values = try run([one, other], [x: t(.float32, 2)])
      #expect(values.map { $0.floats[0] } == [17, 17])
    }
  }

  @Test func nodesHaveTensorFlowsNames() throws {
    let graph = Graph()
    try graph.asDefault {
      let x = try placeholder(.float32, [2], name: "x")
      let w = try placeholder(.float32, [2], name: "w")
      let m = try apply(OpCase.definition("Mul"), [x, w], name: "m")[0]
      let a = try apply(OpCase.definition("AddV2"), [m, x], name: "a")[0]
      let u = try apply(OpCase.definition("Tanh"), [a], name: "t")[0]
      _ = try V1.gradients([u], [x, w])
      _ = try V1.gradients([u], [x], gradYs: [m])
    }
    let names = Set(graph.nodes.map(\.name))
    for name in [
      "gradients/grad_ys_0/Const", "gradients/grad_ys_0", "gradients/t_grad/TanhGrad",
      "gradients/m_grad/Mul", "gradients/m_grad/Mul_1", "gradients/AddN",
      "gradients_1/grad_ys_0", "gradients_1/t_grad/TanhGrad", "gradients_1/AddN",
    ] {
      #expect(names.contains(name), "\(name) is not in the graph")
    }
  }

  @Test func stoppedTensorsAreConstants() throws {
    try Graph().asDefault {
      let a = try placeholder(.float32, [])
      let b = try a * 2
      let y = try a + b
      let whole = try V1.gradients([y], [a, b])
      let parts = try V1.gradients([y], [a, b], stopGradients: [a, b])
      let values = try run((whole + parts).map { try #require($0) }, [a: t(.float32, 1)])
      #expect(values.map { $0.floats[0] } == [3, 1, 1, 1])
    }
  }

  @Test func unconnectedTensorsMayHaveZeros() throws {
    try Graph().asDefault {
      let x = try placeholder(.float32, [2])
      let other = try placeholder(.float32, [2])
      #expect(try V1.gradients([x * x], [other])[0] == nil)
      let zeros = try #require(
        try V1.gradients([x * x], [other], unconnectedGradients: .zero)[0])
      #expect(try run([zeros], [other: t(.float32, [1, 2])])[0].floats == [0, 0])
    }
  }

  @Test func errorsNameTheNode() throws {
    try Graph().asDefault {
      let x = try placeholder(.float32, [2], name: "x")
      let y = try apply(OpCase.definition("NextAfter"), [x, x], name: "near")[0]
      let z = try apply(OpCase.definition("Mod"), [y, y], name: "rest")[0]
      let error = #expect(throws: TFError.self) { try V1.gradients([z], [x]) }
      #expect(error?.code == .unimplemented)
      #expect(error?.message.contains("'rest' (op type: Mod)") == true)
    }
  }

  @Test(arguments: [AggregationMethod.addN, .experimentalTree, .experimentalAccumulateN])
  func gradientsAreSummedInEveryWay(method: AggregationMethod) throws {
    try Graph().asDefault {
      let x = try placeholder(.float32, [])
      let y = try x * x + x * 3 + x
      let gradient = try #require(try V1.gradients([y], [x], aggregationMethod: method)[0])
      #expect(try run([gradient], [x: t(.float32, 2)])[0].floats == [8])
    }
  }
}
