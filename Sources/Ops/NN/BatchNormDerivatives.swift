import CoreOps

/// Derivatives of batch normalisation's gradient, in public ops.
///
/// With h the normalised x, r = 1/√(variance + ε) and means over all but the channels, the gradient
/// op gives for g, the gradient of y: scale·r·(g - mean(g) - h·mean(g·h)), Σ g·h and Σ g. Here u, p
/// and q are the gradients of these three.
enum BatchNormDerivatives {
  private enum Ops: SharedAPI {}

  static let gradient: Gradient = .rule { context in
    let dtype = context.inputs[1].dtype
    let x = try CastOps.cast(context.inputs[1], .float32)
    let g = try CastOps.cast(context.inputs[0], .float32)
    guard let rank = x.rank else {
      throw TFError.invalidArgument(
        "the derivative of \(context.op.name) needs to know the rank of x")
    }
    let channelsFirst = try NormalizationRules.channelsFirst(context)
    let axes = (0..<rank).filter { $0 != (channelsFirst ? 1 : rank - 1) }
    let layout = channelsFirst ? [-1] + [Int](repeating: 1, count: rank - 2) : [-1]
    func vector(_ tensor: Tensor) throws -> Tensor {
      channelsFirst ? try Ops.reshape(tensor, layout) : tensor
    }
    func mean(_ tensor: Tensor) throws -> Tensor {
      try Ops.reduceMean(tensor, axis: axes, keepdims: true)
    }
    func sum(_ tensor: Tensor) throws -> Tensor { try Ops.reduceSum(tensor, axis: axes) }

    let scale = try vector(context.inputs[2])
    let u = try CastOps.cast(context.gradient(0), .float32)
    let (p, q) = (try vector(context.gradient(1)), try vector(context.gradient(2)))
    let epsilon = try context.float("epsilon")
    let training = try context.bool("is_training")
    // In training the statistics are x's own, whatever was handed over; they are computed anew to
    // be differentiable.
    let average = training ? try mean(x) : try vector(context.inputs[3])
    let centred = try x - average
    let variance = training ? try mean(Ops.square(centred)) : try vector(context.inputs[4])
    let r = try Ops.rsqrt(variance + epsilon)
    let h = try centred * r
    let (dg, dx, dscale): (Tensor, Tensor, Tensor)
    if training {
      let (u0, u1) = (try mean(u), try mean(u * h))
      let (a, b) = (try mean(g), try mean(g * h))
      let s = try mean(u * g) - a * u0 - b * u1
      let e = try p * g - scale * r * (g * u1 + u * b)
      let shape = try e - mean(e) - h * mean(e * h)
      dg = try scale * r * (u - u0 - h * u1) + p * h + q
      dx = try r * shape - scale * s * r * r * h
      dscale = try sum(r * (u * g - a * u0 - b * u1))
    } else {
      dg = try scale * r * u + p * h + q
      dx = try p * g * r
      dscale = try sum(r * u * g)
    }
    let results: [Tensor?] = [try CastOps.cast(dg, dtype), try CastOps.cast(dx, dtype), dscale]
    return results + [Tensor?](repeating: nil, count: context.inputs.count - 3)
  }
}
