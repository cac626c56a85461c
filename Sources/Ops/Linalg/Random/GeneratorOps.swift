import CKernels
package import CoreOps

/// Random numbers from a generator whose state is a variable: `tf.random.Generator`.
package struct GeneratorOps: OpFamily {
  package static let family: Self = define(Self())

  package let uniform: OpDef = GeneratorOps.filled("StatefulUniform", .uniform, "float", .floats)
  package let standardNormalV2: OpDef = GeneratorOps.filled(
    "StatefulStandardNormalV2", .normal, "float", .floats)
  package let truncatedNormal: OpDef = GeneratorOps.filled(
    "StatefulTruncatedNormal", .truncatedNormal, "float", .floats)
  package let uniformFullInt: OpDef = GeneratorOps.filled(
    "StatefulUniformFullInt", .fullInt, "uint64", DTypeSet(.int32, .int64, .uint32, .uint64))

  /// The form without an algorithm, from before there was a choice.
  package let standardNormal: OpDef = OpDef(
    "StatefulStandardNormal",
    """
    resource: resource, shape: shape_dtype -> output: dtype
    dtype: type = float
    shape_dtype: type = int64
    """, stateful: true,
    shape: { [try RandomRules.shape($0, 1)] },
    kernel: .dynamic(["dtype": .floats, "shape_dtype": RandomRules.indices]) { prepared in
      let dtype = try prepared.type("dtype")
      return { [try GeneratorOps.fill(.normal, dtype, $0.inputs[0], $0.inputs[1])] }
    }, gradient: .zero)

  package let uniformInt: OpDef = OpDef(
    "StatefulUniformInt",
    """
    resource: resource, algorithm: int64, shape: shape_dtype, minval: dtype, maxval: dtype \
      -> output: dtype
    dtype: type = int64
    shape_dtype: type = int64
    """, stateful: true,
    shape: { context in
      try RandomRules.checkScalar(context.shapes[1], "algorithm")
      try RandomRules.checkScalar(context.shapes[3], "minval")
      try RandomRules.checkScalar(context.shapes[4], "maxval")
      return [try RandomRules.shape(context, 2)]
    },
    kernel: .dynamic([
      "dtype": DTypeSet(.int32, .int64), "shape_dtype": RandomRules.indices,
    ]) { prepared in
      let dtype = try prepared.type("dtype")
      return { context in
        let (low, high) = (context.inputs[3], context.inputs[4])
        try GeneratorOps.checkAlgorithm(context.inputs[1])
        try require(low.dims.rank == 0, "minval must be 0-D, got shape \(low.dims)")
        try require(high.dims.rank == 0, "maxval must be 0-D, got shape \(high.dims)")
        let (first, width) = try RandomRules.range(dtype, low.pointer, high.pointer)
        return [
          try GeneratorOps.fill(
            .range, dtype, context.inputs[0], context.inputs[2], low: first, width: width)
        ]
      }
    }, gradient: .zero)

  package let binomial: OpDef = OpDef(
    "StatefulRandomBinomial",
    """
    resource: resource, algorithm: int64, shape: S, counts: T, probs: T -> output: dtype
    S: {int32, int64}
    T: {half, float, double, int32, int64} = double
    dtype: {half, float, double, int32, int64} = int64
    """, stateful: true,
    shape: { [try RandomRules.shape($0, 2)] },
    kernel: .dynamic { prepared in
      let dtype = try prepared.type("dtype")
      return { context in
        try GeneratorOps.checkAlgorithm(context.inputs[1])
        let count = try RandomRules.shape(context.inputs[2]).elementCount
        let sets = max(try GeneratorOps.sets(context.inputs[3], context.inputs[4]), 1)
        // TensorFlow reserves 200 steps a sample, with the number of samples rounded up to a
        // multiple of 4.
        let steps = UInt64(sets) &* 200 &* (UInt64(count / sets) &+ 3) / 4
        let generator = try GeneratorOps.advance(context.inputs[0], by: steps &* 256)
        return [
          try StatelessRandomOps.sampled(
            context.inputs[2], generator, Array(context.inputs[3...]), dtype
          ) { dtype, generator, parameters, sets, samples, out in
            jk_random_binomial(dtype, generator, parameters[0], parameters[1], sets, samples, out)
          }
        ]
      }
    }, gradient: .zero)

  package let readAndSkip: OpDef = OpDef(
    "RngReadAndSkip", "resource: resource, alg: int32, delta: uint64 -> value: int64",
    stateful: true,
    shape: { context in
      try RandomRules.checkScalar(context.shapes[1], "alg")
      try RandomRules.checkScalar(context.shapes[2], "delta")
      return [[3]]
    },
    kernel: .run { context in
      try GeneratorOps.checkAlgorithm(context.inputs[1])
      try require(
        context.inputs[2].dims.rank == 0, "delta must be of shape [], not \(context.inputs[2].dims)"
      )
      let delta: UInt64 = context.inputs[2].pointer.load(as: UInt64.self)
      let generator = try GeneratorOps.advance(context.inputs[0], by: delta &* 256)
      return [try GeneratorOps.state(of: generator)]
    }, gradient: .zero)

  package let skip: OpDef = OpDef(
    "RngSkip", "resource: resource, algorithm: int64, delta: int64 ->", stateful: true,
    shape: { context in
      try RandomRules.checkScalar(context.shapes[1], "algorithm")
      try RandomRules.checkScalar(context.shapes[2], "delta")
      return []
    },
    kernel: .run { context in
      try GeneratorOps.checkAlgorithm(context.inputs[1])
      try require(
        context.inputs[2].dims.rank == 0, "delta must be of shape [], not \(context.inputs[2].dims)"
      )
      let delta: UInt64 = context.inputs[2].pointer.load(as: UInt64.self)
      _ = try GeneratorOps.advance(context.inputs[0], by: delta &* 256)
      return []
    }, gradient: .zero)

  package let nonDeterministicInts: OpDef = OpDef(
    "NonDeterministicInts",
    """
    shape: shape_dtype -> output: dtype
    dtype: type = int64
    shape_dtype: type = int64
    """, stateful: true,
    shape: { [try RandomRules.shape($0, 0)] },
    kernel: .dynamic([
      "dtype": DTypeSet(.int32, .int64, .uint32, .uint64), "shape_dtype": RandomRules.indices,
    ]) { prepared in
      let dtype = try prepared.type("dtype")
      return { context in
        let output = try Tensor.uninitialized(dtype, try RandomRules.shape(context.inputs[0]))
        var random = SystemRandomNumberGenerator()
        let bytes = output.bytes
        for index in 0..<bytes.count / 4 {
          bytes.storeBytes(of: random.next() as UInt32, toByteOffset: index * 4, as: UInt32.self)
        }
        return [output]
      }
    }, gradient: .zero)
}

extension GeneratorOps {
  fileprivate static func checkAlgorithm(_ tensor: Tensor) throws {
    try require(tensor.dims.rank == 0, "algorithm must be of shape [], not \(tensor.dims)")
    try RandomRules.checkAlgorithm(try tensor.integers()[0])
  }

  fileprivate static func filled(
    _ name: String, _ distribution: RandomRules.Distribution, _ defaultType: String,
    _ types: DTypeSet
  ) -> OpDef {
    OpDef(
      name,
      """
      resource: resource, algorithm: int64, shape: shape_dtype -> output: dtype
      dtype: type = \(defaultType)
      shape_dtype: type = int64
      """, stateful: true,
      shape: { context in
        try RandomRules.checkScalar(context.shapes[1], "algorithm")
        return [try RandomRules.shape(context, 2)]
      },
      kernel: .dynamic(["dtype": types, "shape_dtype": RandomRules.indices]) { prepared in
        let dtype = try prepared.type("dtype")
        return { context in
          try checkAlgorithm(context.inputs[1])
          return [try fill(distribution, dtype, context.inputs[0], context.inputs[2])]
        }
      }, gradient: .zero)
  }

  fileprivate static func fill(
    _ distribution: RandomRules.Distribution, _ dtype: DType, _ resource: Tensor, _ shape: Tensor,
    low: Int64 = 0, width: UInt64 = 1
  ) throws -> Tensor {
    let dims = try RandomRules.shape(shape)
    let output = try Tensor.uninitialized(dtype, dims)
    let count = dims.elementCount
    let generator = try advance(resource, by: UInt64(count) &* 256)
    RandomRules.fill(distribution, dtype, generator, output.pointer, count, low: low, width: width)
    return output
  }

  /// How many sets of parameters two tensors make.
  fileprivate static func sets(_ a: Tensor, _ b: Tensor) throws -> Int {
    try ShapeRules.broadcast(PartialShape(a.dims), PartialShape(b.dims)).known?.elementCount ?? 1
  }

  /// The generator in a variable, which then leaves out `steps` steps.
  fileprivate static func advance(_ resource: Tensor, by steps: UInt64) throws -> jk_philox {
    guard case .objects(let buffer) = resource.payload,
      let variable = buffer.values.first as? VariableObject
    else {
      throw TFError.invalidArgument("the resource is not a variable that holds a generator's state")
    }
    var result = jk_philox()
    _ = try variable.update { value in
      guard let value else {
        throw TFError.failedPrecondition("Attempting to use uninitialized value \(variable.name)")
      }
      try require(
        value.dtype == .int64, "dtype of RNG state variable must be int64, not \(value.dtype.name)")
      try require(
        value.dims.rank == 1,
        "RNG state must have one and only one dimension, not \(value.dims.rank)")
      try require(
        value.dims[0] >= 3,
        "For the Philox algorithm, the size of state must be at least 3; got \(value.dims[0])")
      let words = value.elements(Int64.self)
      result = jk_philox_from_key(
        UInt64(bitPattern: words[2]), UInt64(bitPattern: words[0]), UInt64(bitPattern: words[1]))
      var next = result
      jk_philox_skip(&next, steps)
      let state = try state(of: next)
      if value.dims[0] == 3 { return state }
      return try Tensor(
        Array(state.elements(Int64.self)) + Array(words.dropFirst(3)), dims: value.dims)
    }
    return result
  }

  /// The three numbers that a state variable holds.
  fileprivate static func state(of generator: jk_philox) throws -> Tensor {
    let state = try Tensor.uninitialized(.int64, [3])
    withUnsafeBytes(of: generator) {
      state.pointer.copyMemory(from: $0.baseAddress!, byteCount: 24)
    }
    return state
  }
}
