import CoreOps
import Ops
import TestSupport

/// The ops of one of the first versions, whose arrays are found by name.
private struct Version {
  let suffix: String

  func create(_ size: Int, _ attrs: Attrs = [:]) throws -> Tensor {
    try applyOp(
      "TensorArray" + suffix, [t(.int32, size)], attrs.with("dtype", .type(.float32)))[0]
  }

  func write(_ array: Tensor, _ index: Int, _ value: Tensor, _ flow: Tensor) throws -> Tensor {
    try applyOp("TensorArrayWrite" + suffix, [array, t(.int32, index), value, flow])[0]
  }

  func read(_ array: Tensor, _ index: Int, _ flow: Tensor) throws -> Tensor {
    try applyOp(
      "TensorArrayRead" + suffix, [array, t(.int32, index), flow], ["dtype": .type(.float32)])[0]
  }

  func gather(_ array: Tensor, _ indices: [Int], _ flow: Tensor) throws -> Tensor {
    try applyOp(
      "TensorArrayGather" + suffix, [array, t(.int32, indices), flow],
      ["dtype": .type(.float32)])[0]
  }

  private var start: Tensor { t(.float32, 0) }

  var cases: [OpCase] {
    [
      OpCase("TensorArray\(suffix) of negative size", error: .invalidArgument) { _ in
        try applyOp("TensorArraySize\(suffix)", [create(-1), start])
      },
      OpCase(
        "TensorArrayWrite\(suffix)", [[1.0, 2.0]], expect: [[1.0, 2.0]], gradient: true
      ) { inputs in
        let array = try create(2)
        return [try read(array, 1, write(array, 1, inputs[0], start))]
      },
      OpCase("TensorArrayWrite\(suffix) beyond the end", error: .invalidArgument) { _ in
        let array = try create(2)
        return [try read(array, 0, write(array, 2, start, start))]
      },
      OpCase("TensorArrayRead\(suffix) of what was not written", error: .invalidArgument) { _ in
        try [read(create(2), 1, start)]
      },
      OpCase("TensorArrayRead\(suffix) of no array", error: .notFound) { _ in
        try [read(["_tensor_arrays", "no such array"].asTensor(), 0, start)]
      },
      OpCase(
        "TensorArrayGather\(suffix)", [[1.0], [2.0]], expect: [[[2.0], [1.0]]], gradient: true
      ) { inputs in
        let array = try create(2)
        let flow = try write(array, 0, inputs[0], write(array, 1, inputs[1], start))
        return [try gather(array, [1, 0], flow)]
      },
      OpCase(
        "TensorArrayScatter\(suffix)", [[[1.0], [2.0]]], expect: [[2.0]], gradient: true
      ) { inputs in
        let array = try create(2)
        let flow = try applyOp(
          "TensorArrayScatter\(suffix)", [array, t(.int32, [1, 0]), inputs[0], start])[0]
        return [try read(array, 0, flow)]
      },
      OpCase(
        "TensorArrayConcat\(suffix)", expect: [[1.0, 2.0, 3.0], t(.int64, [1, 2])]
      ) { _ in
        let array = try create(2)
        let flow = try write(
          array, 1, t(.float32, [2, 3]), write(array, 0, t(.float32, [1]), start))
        return try applyOp(
          "TensorArrayConcat\(suffix)", [array, flow], ["dtype": .type(.float32)])
      },
      OpCase(
        "TensorArraySplit\(suffix)", [[1.0, 2.0, 3.0]], expect: [[2.0, 3.0]]
      ) { inputs in
        let array = try create(2)
        let flow = try applyOp(
          "TensorArraySplit\(suffix)", [array, inputs[0], t(.int64, [1, 2]), start])[0]
        return [try read(array, 1, flow)]
      },
      OpCase(
        gradientOf: ["TensorArraySplit\(suffix)", "TensorArrayConcat\(suffix)"], [[1.0, 2.0, 3.0]]
      ) { inputs in
        let array = try create(2)
        let filled = try applyOp(
          "TensorArraySplit\(suffix)",
          [array, inputs[0] * inputs[0], t(.int64, [1, 2]), start])[0]
        return [
          try applyOp(
            "TensorArrayConcat\(suffix)", [array, filled], ["dtype": .type(.float32)])[0]
        ]
      },
      OpCase(
        gradientOf: ["TensorArrayWrite\(suffix)", "TensorArrayRead\(suffix)"], [[1.0, 2.0]]
      ) { inputs in
        let array = try create(2)
        return [try read(array, 1, write(array, 1, inputs[0] * inputs[0], start))]
      },
      OpCase("TensorArraySize\(suffix)", expect: [3]) { _ in
        try applyOp("TensorArraySize\(suffix)", [create(3), start])
      },
      OpCase("TensorArrayGrad\(suffix) adds up", expect: [[3.0, 4.0]]) { _ in
        let array = try create(2)
        let gradient = try applyOp(
          "TensorArrayGrad\(suffix)", [array, start], ["source": .string("gradients")])[0]
        let flow = try write(
          gradient, 0, t(.float32, [2, 3]), write(gradient, 0, t(.float32, [1, 1]), start))
        return [try read(gradient, 0, flow)]
      },
    ]
  }
}

private let first = Version(suffix: "")

let oldTensorArrayCases: [OpCase] =
  first.cases + Version(suffix: "V2").cases + [
    OpCase("TensorArrayClose", error: .invalidArgument) { _ in
      let array = try first.create(3)
      _ = try applyOp("TensorArrayClose", [array])
      return try applyOp("TensorArraySize", [array, t(.float32, 0)])
    },
    // In a graph nothing says that it is to run: its handle is a plain value.
    OpCase("TensorArrayCloseV2", expect: [3]) { _ in
      let array = try Version(suffix: "V2").create(3)
      let size = try applyOp("TensorArraySizeV2", [array, t(.float32, 0)])
      _ = try applyOp("TensorArrayCloseV2", [array])
      return size
    },
    OpCase("TensorArrayPack", expect: [[[1.0], [2.0]]]) { _ in
      let array = try first.create(2)
      let flow = try first.write(
        array, 1, t(.float32, [2]), first.write(array, 0, t(.float32, [1]), t(.float32, 0)))
      return try applyOp("TensorArrayPack", [array, flow], ["dtype": .type(.float32)])
    },
    OpCase("TensorArrayPack of two shapes", error: .invalidArgument) { _ in
      let array = try first.create(2)
      let flow = try first.write(
        array, 1, t(.float32, [2]), first.write(array, 0, t(.float32, 1), t(.float32, 0)))
      return try applyOp("TensorArrayPack", [array, flow], ["dtype": .type(.float32)])
    },
    OpCase("TensorArrayUnpack", [[[1.0], [2.0]]], expect: [[2.0]]) { inputs in
      let array = try first.create(2)
      let flow = try applyOp("TensorArrayUnpack", [array, inputs[0], t(.float32, 0)])[0]
      return [try first.read(array, 1, flow)]
    },
    OpCase("TensorArrayUnpack of another length", error: .invalidArgument) { _ in
      let array = try first.create(2)
      return try applyOp(
        "TensorArrayUnpack", [array, t(.float32, [1, 2, 3]), t(.float32, 0)])
    },
  ]
