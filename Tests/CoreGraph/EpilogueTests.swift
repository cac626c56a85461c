import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// What a convolution or product does to its result before it is written gives the same as the
/// ops by themselves, also for what is no ordinary number.
@Suite struct EpilogueTests {
  /// A form of product or convolution: which loop or library runs it depends on its size.
  struct Form: Sendable, CustomTestStringConvertible {
    let op: String
    let x: [Int]
    let w: [Int]
    var attrs: Attrs = [:]
    var layout = "NHWC"
    var constant = true
    var testDescription: String { "\(op) \(x) \(w) \(layout) \(constant)" }
    var channels: Int {
      if op == "MatMul" { return attrs["transpose_b"] == .bool(true) ? w[0] : w[1] }
      return op == "Conv2D" ? w[3] : w[2] * w[3]
    }
  }

  private static func window(_ padding: String, _ layout: String = "NHWC") -> Attrs {
    [
      "strides": .ints([1, 1, 1, 1]), "padding": .string(padding), "data_format": .string(layout),
    ]
  }

  static let forms: [Form] = [
    Form(op: "MatMul", x: [12, 3], w: [3, 2]),
    Form(op: "MatMul", x: [12, 40], w: [40, 7]),
    Form(op: "MatMul", x: [64, 64], w: [64, 64]),
    Form(op: "MatMul", x: [64, 64], w: [64, 64], constant: false),
    Form(op: "MatMul", x: [64, 64], w: [70, 64], attrs: ["transpose_b": .bool(true)]),
    Form(
      op: "MatMul", x: [64, 64], w: [70, 64], attrs: ["transpose_b": .bool(true)], constant: false),
    Form(op: "MatMul", x: [12, 2100], w: [2100, 40]),
    Form(op: "Conv2D", x: [1, 4, 3, 1], w: [1, 1, 1, 2], attrs: window("VALID")),
    Form(op: "Conv2D", x: [1, 8, 8, 16], w: [1, 1, 16, 16], attrs: window("SAME")),
    Form(op: "Conv2D", x: [2, 12, 9, 8], w: [3, 3, 8, 24], attrs: window("SAME")),
    Form(op: "Conv2D", x: [2, 12, 9, 3], w: [3, 3, 3, 8], attrs: window("VALID")),
    Form(op: "Conv2D", x: [2, 12, 9, 3], w: [3, 3, 3, 8], attrs: window("SAME"), constant: false),
    Form(
      op: "Conv2D", x: [1, 8, 12, 9], w: [3, 3, 8, 16], attrs: window("SAME", "NCHW"),
      layout: "NCHW"),
    Form(op: "DepthwiseConv2dNative", x: [1, 4, 3, 2], w: [1, 1, 2, 1], attrs: window("VALID")),
    Form(op: "DepthwiseConv2dNative", x: [2, 12, 9, 16], w: [3, 3, 16, 1], attrs: window("SAME")),
    Form(op: "DepthwiseConv2dNative", x: [2, 12, 9, 5], w: [3, 3, 5, 2], attrs: window("SAME")),
  ]

  static let activations: [(op: String, alpha: Float?)] = [
    ("Relu", nil), ("Relu6", nil), ("Elu", nil), ("Tanh", nil), ("Sigmoid", nil),
    ("LeakyRelu", 0.2), ("LeakyRelu", 0), ("LeakyRelu", 2), ("LeakyRelu", -1), ("swish", nil),
    ("none", nil),
  ]

  private static let specials: [Float] = [
    .nan, -.infinity, .infinity, -0.0, 0, -1, 1, -7, 7, -100, 1e30, -1e30,
  ]

  /// Row or pixel i has special i in its first channel, and zeros in the others.
  private func input(_ form: Form) throws -> Tensor {
    var elements = [Float](repeating: 0, count: form.x.reduce(1, *))
    let channelsLast = form.layout == "NHWC"
    let step = channelsLast ? form.x[form.x.count - 1] : 1
    for (index, special) in Self.specials.enumerated() where index * step < elements.count {
      elements[index * step] = special
    }
    return try Tensor(elements, dims: Shape(form.x))
  }

  @Test(arguments: forms) func specialValuesPassThroughEveryEpilogue(form: Form) throws {
    let weights = try Tensor([Float](repeating: 1, count: form.w.reduce(1, *)), dims: Shape(form.w))
    let bias = try Tensor(
      [Float](repeating: 0, count: form.channels), dims: [form.channels])
    var attrs = form.attrs
    attrs["T"] = .type(.float32)
    let layout: Attrs = ["T": .type(.float32), "data_format": .string(form.layout)]
    for (op, alpha) in Self.activations {
      var nodes = [
        placeholderNode("x"),
        form.constant ? constantNode("w", .float32, weights) : placeholderNode("w"),
        constantNode("b", .float32, bias), node("c", form.op, ["x", "w"], attrs),
        node("biased", "BiasAdd", ["c", "b"], layout),
      ]
      switch op {
      case "none": nodes.append(typed("y", "Identity", ["biased"]))
      case "swish":
        nodes += [typed("gate", "Sigmoid", ["biased"]), typed("y", "Mul", ["biased", "gate"])]
      default:
        var own: Attrs = ["T": .type(.float32)]
        if let alpha { own["alpha"] = .float(alpha) }
        nodes.append(node("y", op, ["biased"], own))
      }
      let graph = try Graph(importing: graphDef(nodes))
      var feeds = ["x": try input(form)]
      if !form.constant { feeds["w"] = weights }
      let metadata = RunMetadata()
      let fused = try Session(graph: graph).run(
        fetches: ["y"], feeds: feeds, options: RunOptions(traceLevel: .fullTrace),
        runMetadata: metadata)[0]
      let plain = try Session(graph: graph, stepwise: true).run(fetches: ["y"], feeds: feeds)[0]
      let ops = metadata.stepStats.events.filter { $0.kind == .step }.map(\.op)
      #expect(ops.contains { $0.contains("_Fused") }, "\(op): \(ops)")
      #expect(fused.dims == plain.dims)
      for (index, (a, b)) in zip(fused.floats, plain.floats).enumerated() {
        let same =
          a.isNaN && b.isNaN || a == b && (a != 0 || a.sign == b.sign)
          || abs(a - b) <= 1e-5 * max(1, abs(b))
        #expect(same, "\(op) \(alpha ?? 1), element \(index): \(a) fused, \(b) by itself")
      }
    }
  }

  /// A constant with more dimensions gives the result more; factors that may change a zero's sign
  /// and a second sum stay by themselves.
  @Test(arguments: [
    ("AddV2", [1, 1, 3], [1, 2, 3], false), ("Sub", [1, 1, 1], [1, 2, 3], false),
    ("Mul", [1, 1, 1, 1], [1, 1, 2, 3], false), ("AddV2", [1, 3], [2, 3], true),
    ("AddV2", [], [2, 3], true), ("Mul", [3], [2, 3], true), ("Mul", [1, 1], [2, 3], true),
  ])
  func constantsJoinWhereTheShapeStays(
    op: String, constant: [Int], expected: [Int], isFused: Bool
  ) throws {
    let count = constant.reduce(1, *)
    let session = try session([
      placeholderNode("x"), constantNode("w", .float32, [[1, 2, 3], [4, 5, 6]]),
      typed("c", "MatMul", ["x", "w"]),
      constantNode(
        "k", .float32, Tensor([Float](repeating: 2, count: count), dims: Shape(constant))),
      typed("y", op, ["c", "k"]),
    ])
    let metadata = RunMetadata()
    let y = try session.run(
      fetches: ["y"], feeds: ["x": t(.float32, [[1, 0], [0, 1]])],
      options: RunOptions(traceLevel: .fullTrace), runMetadata: metadata)[0]
    #expect(y.dims == Shape(expected))
    let change: (Float) -> Float = { op == "Mul" ? $0 * 2 : op == "Sub" ? $0 - 2 : $0 + 2 }
    #expect(y.floats == [1, 2, 3, 4, 5, 6].map(change))
    let ops = metadata.stepStats.events.filter { $0.kind == .step }.map(\.op)
    #expect((ops == ["_FusedMatMul"]) == isFused, "\(ops)")
  }

  /// Adding 2²³ and taking it away again rounds to whole numbers.
  @Test func twoSumsRoundTwice() throws {
    let session = try session([
      placeholderNode("x"), constantNode("w", .float32, [[1]]), typed("c", "MatMul", ["x", "w"]),
      constantNode("k", .float32, [8_388_608]), typed("up", "AddV2", ["c", "k"]),
      typed("down", "Sub", ["up", "k"]),
    ])
    let y = try session.run(fetches: ["down"], feeds: ["x": t(.float32, [[1.4], [2.6]])])[0]
    #expect(y.floats == [1, 3])
  }

  /// Constants that wait for something still wait for it when they are part of a fused node.
  @Test func absorbedConstantsKeepTheirControlInputs() throws {
    let dtype: Attrs = ["dtype": .type(.float32)]
    var bias = typed("late", "Identity", ["b"])
    bias.inputs.append("^write")
    let session = try session([
      placeholderNode("x"), constantNode("w", .float32, [[1, 1]]),
      constantNode("b", .float32, [1, 2]),
      node(
        "v", "VarHandleOp", [],
        ["dtype": .type(.float32), "shape": .shape([2]), "shared_name": .string("v")]),
      node("write", "AssignVariableOp", ["v", "b"], dtype), bias,
      typed("c", "MatMul", ["x", "w"]), typed("y", "BiasAdd", ["c", "late"]),
      node("read", "ReadVariableOp", ["v"], dtype),
    ])
    #expect(try session.run(fetches: ["y"], feeds: ["x": t(.float32, [[1]])])[0].floats == [2, 3])
    #expect(try session.run(fetches: ["read"])[0].floats == [1, 2])
  }

  /// Outputs of a normalisation beside the first are fetched.
  @Test func otherOutputsOfANormalisationAreFetched() throws {
    let session = try session([
      placeholderNode("x"), constantNode("w", .float32, [[[[2]]]]),
      constantNode("one", .float32, [1]), constantNode("mean", .float32, [3]),
      node(
        "c", "Conv2D", ["x", "w"],
        ["T": .type(.float32), "strides": .ints([1, 1, 1, 1]), "padding": .string("SAME")]),
      node(
        "n", "FusedBatchNormV3", ["c", "one", "one", "mean", "one"],
        [
          "T": .type(.float32), "U": .type(.float32), "is_training": .bool(false),
          "epsilon": .float(0),
        ]),
    ])
    let values = try session.run(
      fetches: ["n:0", "n:1"], feeds: ["x": t(.float32, [[[[4]]]])])
    #expect(values.map(\.floats) == [[6], [3]])
  }
}
