import CoreGraph
import CoreOps
import Ops
import TestSupport
import Testing
import V1Graph

/// A plan that has met many shapes makes little for each further one; its results are those of
/// plans made for one shape.
@Suite struct NewShapeTests {
  private func random(_ dims: [Int], _ seed: UInt64) throws -> Tensor {
    var numbers = Numbers(state: seed)
    return try Tensor(
      (0..<dims.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &numbers) },
      dims: Shape(dims))
  }

  /// A convolution with kernel, strides, padding and dilation, and what follows it.
  struct Form: Sendable, CustomTestStringConvertible {
    let filter: [Int]
    let stride: Int
    let padding: String
    var dilation = 1
    var activation = "Relu"
    var testDescription: String { "\(filter) \(stride) \(padding) \(dilation) \(activation)" }
  }

  static let forms = [
    Form(filter: [3, 3, 3, 8], stride: 1, padding: "SAME"),
    Form(filter: [3, 3, 3, 40], stride: 2, padding: "SAME", activation: "Relu6"),
    Form(filter: [5, 2, 3, 17], stride: 1, padding: "VALID", activation: "Tanh"),
    Form(filter: [3, 3, 3, 8], stride: 1, padding: "SAME", dilation: 2),
    Form(filter: [2, 3, 3, 9], stride: 1, padding: "VALID", dilation: 3, activation: "Elu"),
    Form(filter: [1, 1, 3, 33], stride: 1, padding: "VALID"),
    Form(filter: [1, 1, 3, 33], stride: 2, padding: "SAME"),
    Form(filter: [3, 3, 1, 16], stride: 1, padding: "SAME", activation: "LeakyRelu"),
  ]

  private func graph(_ form: Form) throws -> Graph {
    let channels = form.filter[2] == 1 ? 3 : form.filter[2]
    let first = channels == form.filter[2] ? "x" : "gray"
    let across: (Int) -> AttrValue = { .ints([1, $0, $0, 1]) }
    return try Graph(
      importing: graphDef([
        placeholderNode("x"), constantNode("axis", .int32, [3]),
        node(
          "gray", "Mean", ["x", "axis"],
          ["T": .type(.float32), "Tidx": .type(.int32), "keep_dims": .bool(true)]),
        constantNode("w", .float32, random(form.filter, 1)),
        constantNode("b", .float32, random([form.filter[3]], 2)),
        node(
          "c", "Conv2D", [first, "w"],
          [
            "T": .type(.float32), "strides": across(form.stride),
            "dilations": across(form.dilation),
            "padding": .string(form.padding),
          ]),
        typed("biased", "BiasAdd", ["c", "b"]), typed("y", form.activation, ["biased"]),
        constantNode("space", .int32, [1, 2]),
        node("mean", "Mean", ["y", "space"], ["T": .type(.float32), "Tidx": .type(.int32)]),
        constantNode("m", .float32, random([form.filter[3], 70], 3)),
        typed("z", "MatMul", ["mean", "m"]),
      ]))
  }

  @Test(arguments: forms) func manyShapesGiveTheSame(form: Form) throws {
    let graph = try graph(form)
    let session = Session(graph: graph)
    let plain = Session(graph: graph, stepwise: true)
    for index in 0..<40 {
      let x = try random([1 + index % 3, 9 + index, 50 - index, 3], UInt64(index))
      let got = try session.run(fetches: ["y", "z"], feeds: ["x": x])
      let expected = try plain.run(fetches: ["y", "z"], feeds: ["x": x])
      for (a, b) in zip(got, expected) {
        let difference = difference(a, b, tolerance: 1e-4)
        #expect(difference == nil, "\(x.dims): \(difference ?? "")")
      }
    }
  }

  /// A shape that stays is planned again for many runs, without its results changing by more than
  /// rounding.
  @Test func aShapeThatStaysIsPlannedForManyRuns() throws {
    let session = Session(graph: try graph(Self.forms[0]))
    for index in 0..<20 {
      _ = try session.run(fetches: ["z"], feeds: ["x": random([1, 8 + index, 9, 3], 1)])
    }
    let x = try random([1, 30, 31, 3], 2)
    let first = try session.run(fetches: ["z"], feeds: ["x": x])[0]
    for _ in 0..<80 {
      let z = try session.run(fetches: ["z"], feeds: ["x": x])[0]
      #expect(difference(z, first, tolerance: 1e-5) == nil)
    }
  }
}
