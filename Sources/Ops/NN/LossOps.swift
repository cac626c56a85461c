import CKernels
package import CoreOps

/// Softmax and cross-entropies.
package struct LossOps: OpFamily {
  package static let family: Self = define(Self())

  package let softmax: OpDef = rows("Softmax", output: "softmax", logarithm: false) { gradient, y in
    let sum = try ReductionOps.family.sum(
      [gradient * y, [-1].asTensor()], ["keep_dims": .bool(true)])
    return try (gradient - sum) * y
  }

  package let logSoftmax: OpDef = rows("LogSoftmax", output: "logsoftmax", logarithm: true) {
    gradient, y in
    let sum = try ReductionOps.family.sum([gradient, [-1].asTensor()], ["keep_dims": .bool(true)])
    return try gradient - sum * UnaryOps.family.exp(y)
  }

  package let crossEntropy: OpDef = OpDef(
    "SoftmaxCrossEntropyWithLogits",
    """
    features: T, labels: T -> loss: T, backprop: T
    T: {half, bfloat16, float, double}
    """,
    shape: { context in
      let (logits, labels) = (context.shapes[0], context.shapes[1])
      let shape: PartialShape
      do { shape = try ShapeRules.broadcast(logits, labels) } catch {
        throw TFError.invalidArgument(
          "logits and labels must be broadcastable: logits_size=\(logits) labels_size=\(labels)")
      }
      guard let rank = shape.rank else { return [.unknown(rank: 1), .unknown(rank: 2)] }
      guard rank == 2 else {
        throw TFError.invalidArgument(
          "logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional")
      }
      return [.of(shape[0]), shape]
    },
    kernel: .raw(["T": .floats]) { context in
      let dtype = Int32(try context.type("T").rawValue)
      return { shapes in
        let (rows, count) = (shapes.outputs[1][0], shapes.outputs[1][1])
        // The strides of rows and columns, 0 along a dimension that broadcasts.
        func strides(_ shape: Shape) -> (Int, Int) {
          let columns = shape.rank > 0 ? shape[shape.rank - 1] : 1
          return (shape.rank == 2 && shape[0] != 1 ? columns : 0, columns == 1 ? 0 : 1)
        }
        let (logits, labels) = (strides(shapes.inputs[0]), strides(shapes.inputs[1]))
        return .run { pointers in
          jk_softmax_xent(
            dtype, pointers[0], pointers[1], pointers[2], pointers[3], rows, count, logits.0,
            logits.1, labels.0, labels.1)
        }
      }
    },
    gradient: .rule(needs: .init(inputs: [0, 1], outputs: [1])) { context in
      let (logits, labels, backprop) = (context.inputs[0], context.inputs[1], context.outputs[1])
      let loss = try column(context.gradient())
      var gradient = try loss * backprop
      if let second = context.outputGradients[1] {
        // The second output is softmax minus labels: its gradient goes through softmax.
        let probabilities = try family.softmax([broadcast(logits, like: backprop)])
        let weight = try ReductionOps.family.sum(
          [second * probabilities, [1].asTensor()], ["keep_dims": .bool(true)])
        gradient = try gradient + (second - weight) * probabilities
      }
      var labelGradient = try loss * -family.logSoftmax([broadcast(logits, like: backprop)])
      if let second = context.outputGradients[1] { labelGradient = try labelGradient - second }
      return [
        try reduceToShape(gradient, of: logits, other: labels),
        try reduceToShape(labelGradient, of: labels, other: logits),
      ]
    })

  package let sparseCrossEntropy: OpDef = OpDef(
    "SparseSoftmaxCrossEntropyWithLogits",
    """
    features: T, labels: Tlabels -> loss: T, backprop: T
    T: {half, bfloat16, float, double}
    Tlabels: {int32, int64} = int64
    """,
    shape: { context in
      let (logits, labels) = (context.shapes[0], context.shapes[1])
      if let rank = logits.rank, rank != 2 {
        throw TFError.invalidArgument("logits must be 2-D, but got shape \(logits)")
      }
      if let rank = labels.rank, rank != 1 {
        throw TFError.invalidArgument("labels must be 1-D, but got shape \(labels)")
      }
      if let rows = logits[0], let count = labels[0], rows != count {
        throw TFError.invalidArgument(
          """
          logits and labels must have the same first dimension, got logits shape \(logits) and \
          labels shape \(labels)
          """
        )
      }
      let rows = logits[0] ?? labels[0]
      return [.of(rows), .of(rows, logits[1])]
    },
    kernel: .raw(["T": .floats]) { context in
      let dtype = Int32(try context.type("T").rawValue)
      let is64 = try context.type("Tlabels") == .int64
      return { shapes in
        let (rows, count) = (shapes.inputs[0][0], shapes.inputs[0][1])
        guard count > 0 else {
          throw TFError.invalidArgument(
            "Must have at least one class, but got logits shape \(shapes.inputs[0])")
        }
        return .run { pointers in
          let labels = pointers[1]
          func label(_ row: Int) -> Int {
            is64
              ? labels.load(fromByteOffset: row &* 8, as: Int.self)
              : Int(labels.load(fromByteOffset: row &* 4, as: Int32.self))
          }
          for row in 0..<rows where label(row) < 0 || label(row) >= count {
            let all = (0..<min(rows, 64)).map { String(label($0)) }.joined(separator: " ")
            throw TFError.invalidArgument(
              """
              Received a label value of \(label(row)) which is outside the valid range of [0, \
              \(count)).  Label values: \(all)
              """
            )
          }
          jk_sparse_softmax_xent(
            dtype, pointers[0], labels, is64, pointers[2], pointers[3], rows, count)
        }
      }
    },
    gradient: .rule(needs: .init(inputs: [0], outputs: [1])) { context in
      var gradient = try column(context.gradient()) * context.outputs[1]
      if let second = context.outputGradients[1] {
        let probabilities = try family.softmax([context.inputs[0]])
        let weight = try ReductionOps.family.sum(
          [second * probabilities, [1].asTensor()], ["keep_dims": .bool(true)])
        gradient = try gradient + (second - weight) * probabilities
      }
      return [gradient, nil]
    })

  /// The gradient of each row's loss as a column, to multiply rows with.
  private static func column(_ gradient: Tensor) throws -> Tensor {
    try ShapeOps.family.reshape([gradient, [-1, 1].asTensor(preferring: .int32)])
  }

  private static func broadcast(_ logits: Tensor, like backprop: Tensor) throws -> Tensor {
    if let a = logits.shape.known, a == backprop.shape.known { return logits }
    return try ReductionGradients.broadcast(logits, like: backprop)
  }

  private static func rows(
    _ name: String, output: String, logarithm: Bool,
    gradient: @escaping @Sendable (_ gradient: Tensor, _ y: Tensor) throws -> Tensor
  ) -> OpDef {
    OpDef(
      name,
      """
      logits: T -> \(output): T
      T: {half, bfloat16, float, double}
      """,
      shape: { context in
        if context.shapes[0].rank == 0 {
          throw TFError.invalidArgument("Shape must be at least rank 1 but is rank 0")
        }
        return [context.shapes[0]]
      },
      kernel: .raw(["T": .floats]) { context in
        let dtype = Int32(try context.type("T").rawValue)
        return { shapes in
          let shape = shapes.inputs[0]
          let count = shape[shape.rank - 1]
          let rows = count == 0 ? 0 : shape.elementCount / count
          return .run(overwrites: 0) { jk_softmax(dtype, logarithm, $0[0], $0[1], rows, count) }
        }
      }, gradient: .rule(needs: .outputs) { [try gradient($0.gradient(), $0.outputs[0])] })
  }
}
