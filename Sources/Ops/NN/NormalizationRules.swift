import CKernels
import CoreOps
import OpsLinalg

/// Shape rules and kernels that bias and batch normalisation share.
enum NormalizationRules {
  /// [outer, channels, inner] of a tensor whose channels lie at `axis`.
  static func split(_ shape: Shape, channelsFirst: Bool) -> (
    outer: Int64, channels: Int64, inner: Int64
  ) {
    let axis = channelsFirst ? 1 : shape.rank - 1
    let dims = shape.dims
    return (
      Int64(dims[..<axis].reduce(1, *)), Int64(dims[axis]), Int64(dims[(axis + 1)...].reduce(1, *))
    )
  }

  static func channelsFirst(_ context: some AttrAccess) throws -> Bool {
    try context.signature.attr("data_format") != nil
      && context.string("data_format").hasPrefix("NC")
  }

  static let biasShape: ShapeRule = { context in
    let value = context.shapes[0]
    let bias = try context.shape(1, rank: 1, "bias")
    guard let dims = value.dims else { return [value] }
    guard dims.count >= 2 else {
      throw TFError.invalidArgument("Input tensor must be at least 2D: \(value)")
    }
    let axis = try channelsFirst(context) ? 1 : dims.count - 1
    if let channels = dims[axis], let count = bias[0], channels != count {
      throw TFError.invalidArgument(
        """
        Must provide as many biases as the \(axis == 1 ? "channel" : "last") dimension of the \
        input tensor: \(bias) vs. \(value)
        """
      )
    }
    return [value]
  }

  static let biasTypes: DTypeSet = .numbers

  static func biasKernel() -> Kernel {
    .raw(["T": biasTypes]) { context in
      let dtype = try context.type("T")
      let type = Int32(dtype.rawValue)
      let channelsFirst = try channelsFirst(context)
      return { specialise in
        let (outer, channels, inner) = split(specialise.inputs[0], channelsFirst: channelsFirst)
        let row = Int(channels) * dtype.byteSize
        let rows = RowForm(count: Int(outer), shared: [1], work: Int(channels)) { pointers, range in
          let start = range.lowerBound * row
          jk_bias_add(
            type, Int64(range.count), channels, 1, pointers[0] + start, pointers[1],
            pointers[2] + start)
        }
        return .run(
          RunSpec(
            run: { jk_bias_add(type, outer, channels, inner, $0[0], $0[1], $0[2]) },
            overwrites: [0],
            rows: inner == 1 ? rows : nil))
      }
    }
  }

  static func biasGradient() -> Gradient {
    .rule(needs: .nothing) { context in
      let gradient = try context.gradient()
      let attrs = PoolingRules.attrs(context, ["data_format"])
      return [gradient, try NormalizationOps.family.biasAddGrad([gradient], attrs)]
    }
  }

  /// The rank that batch normalisation takes, and the channels' axis.
  static func checkRank(_ context: ShapeContext, _ shape: PartialShape) throws -> Int? {
    guard let rank = shape.rank else { return nil }
    let format = try context.string("data_format")
    let allowsFive =
      context.signature.attr("data_format")?.allowedStrings?.contains("NDHWC") == true
    guard rank == 4 || (rank == 5 && allowsFive), !(format.count == 5 && rank == 4) else {
      throw TFError.invalidArgument(
        allowsFive
          ? "input must be 4 or 5-dimensional\(shape)" : "input must be 4-dimensional\(shape)")
    }
    return format.hasPrefix("NC") ? 1 : rank - 1
  }

  static func checkVector(
    _ context: ShapeContext, _ index: Int, _ name: String, _ channels: Dimension?,
    _ why: String = ""
  )
    throws -> Dimension?
  {
    let vector = try context.shape(index, rank: 1, name)
    if let channels, let count = vector[0], count != channels {
      throw TFError.invalidArgument(
        """
        \(why)\(name) must have the same number of elements as the channels of x, got \(count) and \
        \(channels)
        """
      )
    }
    return channels ?? vector[0]
  }

  /// - Parameter reserved: how many scalars follow the statistics.
  static func batchNormShape(extra: Int) -> ShapeRule {
    { context in
      let x = context.shapes[0]
      let axis = try checkRank(context, x)
      var channels = axis.flatMap { x[$0] }
      channels = try checkVector(context, 1, "scale", channels)
      channels = try checkVector(context, 2, "offset", channels)
      let training = try context.bool("is_training")
      let needsStatistics = try !training || context.float("exponential_avg_factor") != 1
      for (index, name) in [(3, "mean"), (4, "variance")] {
        if needsStatistics {
          channels = try checkVector(
            context, index, name, channels,
            training
              ? "When exponential_avg_factor != 1, " : "When is_training=false, ")
        } else {
          _ = try context.shape(index, rank: 1, name)
        }
      }
      let vector = PartialShape([channels])
      return [x] + [PartialShape](repeating: vector, count: 4)
        + [PartialShape](repeating: .scalar, count: extra)
    }
  }

  /// - Parameters:
  ///   - types: the dtypes of x.
  ///   - extra: how many scalars follow the statistics among the outputs.
  static func batchNorm(_ types: [String: DTypeSet], extra: Int) -> Kernel {
    .raw(types) { context in
      let dtype = try context.type("T")
      let type = Int32(dtype.rawValue)
      let channelsFirst = try channelsFirst(context)
      let epsilon = try context.float("epsilon")
      let factor = try context.float("exponential_avg_factor")
      let training = try context.bool("is_training")
      let activation = try fusedActivation(context)
      // The outputs come after the inputs. A sixth input is added to y before the activation.
      let out = context.inputTypes.count
      return { specialise in
        let (outer, channels, inner) = split(specialise.inputs[0], channelsFirst: channelsFirst)
        let count = Int(channels)
        @Sendable func normalise(
          _ pointers: Pointers, _ mean: UnsafeMutablePointer<Float>,
          _ variance: UnsafeMutablePointer<Float>
        ) {
          jk_batch_norm(
            type, outer, channels, inner, pointers[0], floats(pointers[1]), floats(pointers[2]),
            mean, variance,
            epsilon, out > 5 ? pointers[5] : nil, activation, pointers[out])
        }
        @Sendable func reserve(_ pointers: Pointers) {
          if extra == 1 { floats(pointers[out + 5]).pointee = 0 }
        }
        if !training {
          return .run(overwrites: 0) { pointers in
            let (mean, variance) = (floats(pointers[3]), floats(pointers[4]))
            normalise(pointers, mean, variance)
            for (target, source) in [(1, mean), (2, variance), (3, mean), (4, variance)] {
              floats(pointers[out + target]).update(from: source, count: count)
            }
            reserve(pointers)
          }
        }
        let rest = Double(outer * inner)
        let correction = rest > 1 ? Float(rest / (rest - 1)) : 1
        return .run(overwrites: 0) { pointers in
          let (mean, variance) = (floats(pointers[out + 3]), floats(pointers[out + 4]))
          let (runningMean, runningVariance) = (
            floats(pointers[out + 1]), floats(pointers[out + 2])
          )
          if rest == 0 {
            for channel in 0..<count {
              (mean[channel], variance[channel]) = (0, 0)
              (runningMean[channel], runningVariance[channel]) = (.nan, .nan)
            }
            reserve(pointers)
            return
          }
          jk_moments(type, outer, channels, inner, pointers[0], mean, variance)
          normalise(pointers, mean, variance)
          let (oldMean, oldVariance) = (floats(pointers[3]), floats(pointers[4]))
          for channel in 0..<count {
            let unbiased = variance[channel] * correction
            if factor == 1 {
              (runningMean[channel], runningVariance[channel]) = (mean[channel], unbiased)
            } else {
              runningMean[channel] = (1 - factor) * oldMean[channel] + factor * mean[channel]
              runningVariance[channel] = (1 - factor) * oldVariance[channel] + factor * unbiased
            }
          }
          reserve(pointers)
        }
      }
    }
  }

  /// The number of the activation that `activation_mode` names.
  private static func fusedActivation(_ context: KernelContext) throws -> Int32 {
    guard context.signature.attr("activation_mode") != nil else {
      return FusedActivation.none.number
    }
    switch try context.string("activation_mode") {
    case "Identity": return FusedActivation.none.number
    case "Relu": return FusedActivation.relu.number
    case let mode: throw TFError.invalidArgument("Unsupported activation mode: \(mode)")
    }
  }

  static func floats(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
    pointer.assumingMemoryBound(to: Float.self)
  }

  static let batchNormGradShape: ShapeRule = { context in
    let (dy, x) = (context.shapes[0], context.shapes[1])
    let axis = try checkRank(context, x)
    guard dy.isCompatible(with: x) else {
      throw TFError.invalidArgument(
        "x and y_backprop must have same shape, but x has shape \(x) and y_backprop has shape \(dy)"
      )
    }
    var channels = axis.flatMap { x[$0] }
    channels = try checkVector(context, 2, "scale", channels)
    channels = try checkVector(context, 3, "reserve_space_1", channels)
    channels = try checkVector(context, 4, "reserve_space_2", channels)
    let vector = PartialShape([channels])
    return [x, vector, vector, [0], [0]]
  }

  static func batchNormGrad(_ types: [String: DTypeSet], inputs: Int) -> Kernel {
    .raw(types) { context in
      let type = Int32(try context.type("T").rawValue)
      let channelsFirst = try channelsFirst(context)
      let epsilon = try context.float("epsilon")
      let training: Int32 = try context.bool("is_training") ? 1 : 0
      return { specialise in
        let (outer, channels, inner) = split(specialise.inputs[1], channelsFirst: channelsFirst)
        return .run { pointers in
          jk_batch_norm_gradient(
            type, outer, channels, inner, training, pointers[0], pointers[1], floats(pointers[2]),
            floats(pointers[3]), floats(pointers[4]), epsilon, pointers[inputs],
            floats(pointers[inputs + 1]),
            floats(pointers[inputs + 2]))
        }
      }
    }
  }

  /// - Parameter reserved: how many reserved spaces the gradient op takes.
  static func batchNormGradient(
    by op: @autoclosure @escaping @Sendable () -> OpDef, reserved: Int
  ) -> Gradient {
    // All but what is normalised, which is the largest.
    .rule(needs: .init(inputs: [0, 1, 3, 4], outputs: [3, 4, 5])) { context in
      let training = try context.bool("is_training")
      // Without training the statistics are inputs.
      let statistics =
        training
        ? [context.outputs[3], context.outputs[4]] : [context.inputs[3], context.inputs[4]]
      let rest = reserved == 3 ? [context.outputs[5]] : []
      let results = try apply(
        op(),
        [try context.gradient(0), context.inputs[0], context.inputs[1]] + statistics + rest,
        PoolingRules.attrs(context, ["epsilon", "data_format", "is_training"]))
      return [results[0], results[1], results[2], nil, nil]
    }
  }
}
