/// Constants, placeholders and ops that pass their input on.
package struct BasicOps: OpFamily {
  package static let family: Self = define(Self())

  package let const: OpDef = OpDef(
    "Const",
    """
    -> output: dtype
    value: tensor
    dtype: type
    """,
    shape: { [PartialShape(try $0.tensor("value").dims)] },
    kernel: .raw { context in
      let value = try context.tensor("value")
      guard value.dtype == (try context.type("dtype")) else {
        throw TFError.invalidArgument(
          "attr 'value' is a \(value.dtype) tensor, attr 'dtype' is \(try context.type("dtype"))")
      }
      return { _ in .constant([value]) }
    }, gradient: .zero)

  package let placeholder: OpDef = OpDef(
    "Placeholder",
    """
    -> output: dtype
    dtype: type
    shape: shape = {'unknown_rank'}
    """,
    shape: { context in
      let shape = try context.shape("shape")
      // Graphs of that time have an empty shape where none was declared.
      return [context.producer <= 21 && shape.rank == 0 ? .unknown : shape]
    }, kernel: unfed, gradient: .none("a placeholder has no inputs"))

  package let placeholderV2: OpDef = OpDef(
    "PlaceholderV2",
    """
    -> output: dtype
    dtype: type
    shape: shape
    """,
    shape: { [try $0.shape("shape")] }, kernel: unfed,
    gradient: .none("a placeholder has no inputs"))

  private static let unfed = Kernel.dynamic { context in
    let dtype = try context.type("dtype")
    let shape = try context.shape("shape")
    return { run in
      throw TFError.invalidArgument(
        """
        You must feed a value for placeholder tensor '\(run.node)' with dtype \
        \(dtype.signatureName) and shape \(shape)
        """
      )
    }
  }

  /// What is fed may have another shape than the default, so only the attribute counts.
  package let placeholderWithDefault: OpDef = OpDef(
    "PlaceholderWithDefault",
    """
    input: dtype -> output: dtype
    dtype: type
    shape: shape
    """,
    shape: { context in
      let shape = try context.shape("shape")
      _ = try context.shapes[0].merged(with: shape)
      return [shape]
    }, kernel: .run { $0.inputs }, gradient: .rule(needs: .nothing) { [try $0.gradient()] })

  /// Stands in a branch for a value that the branch does not have.
  package let fakeParam: OpDef = OpDef(
    "FakeParam",
    """
    -> output: dtype
    dtype: type
    shape: shape
    """,
    shape: { [try $0.shape("shape")] },
    kernel: .dynamic { context in
      let dtype = try context.type("dtype")
      let dims = try context.shape("shape").known ?? [0]
      return { _ in [try Tensor.zeros(dtype, dims)] }
    }, gradient: .zero)

  package let noOp: OpDef = OpDef(
    "NoOp", "->", shape: { _ in [] }, kernel: .executor(.noOp), gradient: .zero)

  package let identity: OpDef = passing(
    "Identity", "input", "output", list: ListRole(.forward, list: 0))
  package let stopGradient: OpDef = passing("StopGradient", "input", "output", gradient: .zero)
  package let snapshot: OpDef = passing(
    "Snapshot", "input", "output", copies: true, gradient: .none("Snapshot has no gradient"))
  package let preventGradient: OpDef = passing(
    "PreventGradient", "input", "output", extra: "\nmessage: string = ''",
    gradient: .rule(needs: .nothing) { context in
      throw TFError(
        .invalidArgument, "Gradient explicitly disabled. Reason: \(try context.string("message"))")
    })
  package let guaranteeConst: OpDef = passing(
    "GuaranteeConst", "input", "output", stateful: true,
    gradient: .none("GuaranteeConst has no gradient"))
  package let deepCopy: OpDef = passing(
    "DeepCopy", "x", "y", stateful: true, copies: true,
    gradient: .none("DeepCopy has no gradient"))
  package let copy: OpDef = passing(
    "Copy", "input", "output",
    extra: "\ntensor_name: string = ''\ndebug_ops_spec: list(string) = []",
    gradient: .none("Copy has no gradient"))
  package let copyHost: OpDef = passing(
    "CopyHost", "input", "output",
    extra: "\ntensor_name: string = ''\ndebug_ops_spec: list(string) = []",
    gradient: .none("CopyHost has no gradient"))

  package let debugGradientIdentity: OpDef = passing("DebugGradientIdentity", "input", "output")

  /// An op whose output is its input.
  ///
  /// - Parameter copies: whether it has memory of its own, and so stays what it is when the input
  ///   is the memory of a reference variable.
  private static func passing(
    _ name: String, _ input: String, _ output: String, stateful: Bool = false,
    copies: Bool = false, extra: String = "",
    gradient: Gradient = .slices(needs: .nothing) { [try $0.value()] }, list: ListRole? = nil
  ) -> OpDef {
    OpDef(
      name, "\(input): T -> \(output): T\nT: type\(extra)", stateful: stateful,
      shape: ShapeRules.passing,
      kernel: .raw { context in
        let dtype = context.inputTypes[0]
        guard copies, dtype.isNumeric else { return { _ in .alias(of: 0) } }
        return { specialise in
          let count = specialise.inputs[0].elementCount * dtype.byteSize
          return .run(
            RunSpec(run: { $0[1].copyMemory(from: $0[0], byteCount: count) }, overwrites: [0]))
        }
      }, gradient: gradient, list: list)
  }

  package let identityN: OpDef = OpDef(
    "IdentityN",
    """
    input: T -> output: T
    T: list(type) >= 1
    """,
    shape: { context in
      for index in 0..<context.inputCount { context.passHandle(index, to: index) }
      return context.shapes
    }, kernel: .run { $0.inputs },
    gradient: .rule(needs: .inputs) { context in
      try context.inputs.indices.map { try context.gradient($0) }
    })

  package let ensureShape: OpDef = OpDef(
    "EnsureShape",
    """
    input: T -> output: T
    shape: shape
    T: type
    """,
    shape: { context in
      let expected = try context.shape("shape")
      guard context.shapes[0].isCompatible(with: expected) else {
        throw TFError.invalidArgument(
          """
          Shape of tensor [\(context.shapes[0])] is not compatible with expected shape \(expected).
          """
        )
      }
      return [try context.shapes[0].merged(with: expected)]
    }, kernel: .raw { _ in { _ in .alias(of: 0) } },
    gradient: .rule(needs: .nothing) { [try $0.gradient()] })

  package let zerosLike: OpDef = OpDef(
    "ZerosLike",
    """
    x: T -> y: T
    T: type
    """,
    shape: ShapeRules.same,
    kernel: .choose { context in
      guard try context.type("T").isNumeric else {
        return .run { [try Stacking.zeros(like: $0.inputs[0])] }
      }
      return .copies { specialise, _, copies in
        try copies.zero(1, Region([specialise.outputs[0].elementCount]))
      }
    }, gradient: .zero)

  package let onesLike: OpDef = OpDef(
    "OnesLike",
    """
    x: T -> y: T
    T: {bfloat16, half, float, double, int8, uint8, int16, uint16, int32, uint32, int64, uint64, \
      complex64, complex128, bool}
    """,
    shape: ShapeRules.same,
    kernel: .raw { context in
      let one = try Tensor.one(try context.type("T"))
      return { specialise in
        var copies = Copies(one.dtype)
        let count = specialise.outputs[0].elementCount
        try copies.add(2, Region(dims: [count], strides: [0]), to: 1, Region([count]))
        let fill = copies
        return .run(scratch: one.dtype.byteSize) { pointers in
          pointers[2].copyMemory(from: one.pointer, byteCount: one.dtype.byteSize)
          fill.run(pointers)
        }
      }
    }, gradient: .zero)

  package let empty: OpDef = OpDef(
    "Empty",
    """
    shape: int32 -> output: dtype
    dtype: type
    init: bool = false
    """,
    stateful: true,
    shape: { context in
      let shape = try context.shape(0, rank: 1, "shape")
      guard let dims = try context.integers(0) else {
        return [try .unknown(rank: shape[0])]
      }
      for dim in dims { try require(dim >= 0, "Dimension \(dim) must be >= 0") }
      return [PartialShape(dims)]
    },
    kernel: .copies([:], "dtype") { specialise, _, copies in
      try copies.zero(1, Region([specialise.outputs[0].elementCount]))
    }, gradient: .none("Empty has no gradient"))

  package static func zerosLike(_ x: Tensor) throws -> Tensor {
    if x.hasLostItsValue, let dims = x.shape.known { return try Tensor.zeros(x.dtype, dims) }
    return try family.zerosLike([x])
  }
}

extension BasicOps {
  /// A constant of the elements of `value`.
  ///
  /// - Parameter shape: the shape to give them; a single one fills it.
  fileprivate static func constant(_ value: Tensor, _ shape: [Int]?, _ name: String?) throws
    -> Tensor
  {
    guard !value.isSymbolic else {
      throw TFError.invalidArgument("tf.constant takes values, not a symbolic tensor")
    }
    var tensor = value
    if let shape {
      let dims = Shape(shape)
      guard let count = dims.checkedElementCount else {
        throw TFError.invalidArgument("Shape \(dims) has a negative dimension or too many elements")
      }
      if tensor.dims.elementCount == count {
        tensor = tensor.reshaped(dims)
      } else if tensor.dims.elementCount == 1 {
        tensor = try EagerInterpreter.apply(
          ShapeOps.family.fill, [Tensor(shape, dims: [shape.count]), tensor.reshaped(Shape())],
          Attrs(), .plain)[0]
      } else {
        throw TFError.invalidArgument(
          "Eager tensor of \(tensor.dims.elementCount) elements cannot fill shape \(dims)")
      }
    }
    return try family.const(
      [], ["value": .tensor(tensor), "dtype": .type(tensor.dtype)], name: name)
  }
}

extension Tensor {
  /// The scalar 1 of a plain dtype that is not quantised.
  package static func one(_ dtype: DType) throws -> Tensor {
    if dtype == .bool { return try Tensor(scalar: true) }
    return try 1.asTensor(preferring: dtype)
  }
}

extension SharedAPI {
  /// A constant. Follows `tf.constant`.
  ///
  /// - Parameters:
  ///   - value: a scalar, a nested array, or a tensor that has a value.
  ///   - dtype: the dtype; by default the value's own.
  ///   - shape: the shape to give the values; a single value fills it.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the values fit neither dtype nor shape.
  public static func constant(
    _ value: TensorLiteral, dtype: DType? = nil, shape: [Int]? = nil, name: String? = nil
  ) throws -> Tensor {
    try BasicOps.constant(Tensor(value, dtype: dtype), shape, name)
  }

  /// A constant of a Swift value, of which `[Double]` gives float64. Follows `tf.constant`.
  @_disfavoredOverload
  public static func constant(
    _ value: some TensorConvertible, dtype: DType? = nil, shape: [Int]? = nil, name: String? = nil
  ) throws -> Tensor {
    try BasicOps.constant(Tensor(value, dtype: dtype), shape, name)
  }

  /// The input itself. Follows `tf.identity`.
  ///
  /// - Parameters:
  ///   - input: of any dtype and shape.
  ///   - name: the node's name in a graph.
  @_disfavoredOverload
  public static func identity(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor
  {
    try BasicOps.family.identity([input.asTensor()], name: name)
  }

  /// The same of a literal.
  public static func identity(_ input: TensorLiteral, name: String? = nil) throws -> Tensor {
    try identity(input.asTensor(), name: name)
  }

  /// The inputs themselves. Follows `tf.identity_n`.
  ///
  /// - Parameters:
  ///   - input: tensors of any dtypes and shapes.
  ///   - name: the node's name in a graph.
  public static func identityN(_ input: [Tensor], name: String? = nil) throws -> [Tensor] {
    try apply(BasicOps.family.identityN, input, name: name)
  }

  /// The input, through which no gradient flows. Follows `tf.stop_gradient`.
  ///
  /// - Parameters:
  ///   - input: of any dtype and shape.
  ///   - name: the node's name in a graph.
  public static func stopGradient(_ input: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try BasicOps.family.stopGradient([input.asTensor()], name: name)
  }

  /// The input, once its shape is seen to fit. Follows `tf.ensure_shape`.
  ///
  /// - Parameters:
  ///   - x: of any dtype.
  ///   - shape: the shape it must have, where known.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the shape does not fit.
  public static func ensureShape(
    _ x: some TensorConvertible, _ shape: PartialShape, name: String? = nil
  ) throws -> Tensor {
    try BasicOps.family.ensureShape([x.asTensor()], ["shape": .shape(shape)], name: name)
  }

  /// The same with its arguments by label.
  public static func ensureShape(
    _ x: some TensorConvertible, shape: PartialShape, name: String? = nil
  ) throws -> Tensor {
    try ensureShape(x, shape, name: name)
  }

  /// Zeros of another tensor's shape. Follows `tf.zeros_like`.
  ///
  /// - Parameters:
  ///   - input: the tensor whose shape counts.
  ///   - dtype: the zeros' dtype; by default the input's.
  ///   - name: the node's name in a graph.
  @_disfavoredOverload
  public static func zerosLike(
    _ input: some TensorConvertible, dtype: DType? = nil, name: String? = nil
  ) throws -> Tensor {
    let input = try input.asTensor()
    if let dtype, dtype != input.dtype {
      return try zeros(ShapeOps.shapeTensor(of: input), dtype: dtype, name: name ?? "zeros_like")
    }
    if input.isSymbolic, let dims = input.shape.known?.dims {
      return try zeros(dims, dtype: input.dtype, name: name ?? "zeros_like")
    }
    return try BasicOps.family.zerosLike([input], name: name ?? "zeros_like")
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func zerosLike(_ input: some TensorConvertible, _ dtype: DType, name: String? = nil)
    throws -> Tensor
  {
    try zerosLike(input, dtype: dtype, name: name)
  }

  /// The same of a literal.
  public static func zerosLike(_ input: TensorLiteral, _ dtype: DType, name: String? = nil)
    throws -> Tensor
  {
    try zerosLike(input.asTensor(), dtype: dtype, name: name)
  }

  /// The same of a literal.
  public static func zerosLike(_ input: TensorLiteral, dtype: DType? = nil, name: String? = nil)
    throws -> Tensor
  {
    try zerosLike(input.asTensor(), dtype: dtype, name: name)
  }

  /// Ones of another tensor's shape. Follows `tf.ones_like`.
  ///
  /// - Parameters:
  ///   - input: the tensor whose shape counts.
  ///   - dtype: the ones' dtype; by default the input's.
  ///   - name: the node's name in a graph.
  @_disfavoredOverload
  public static func onesLike(
    _ input: some TensorConvertible, dtype: DType? = nil, name: String? = nil
  ) throws -> Tensor {
    let input = try input.asTensor()
    if input.isSymbolic, input.shape.known == nil, dtype ?? input.dtype == input.dtype {
      return try BasicOps.family.onesLike([input], name: name ?? "ones_like")
    }
    return try ones(
      ShapeOps.shapeTensor(of: input), dtype: dtype ?? input.dtype, name: name ?? "ones_like")
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func onesLike(_ input: some TensorConvertible, _ dtype: DType, name: String? = nil)
    throws -> Tensor
  {
    try onesLike(input, dtype: dtype, name: name)
  }

  /// The same of a literal.
  public static func onesLike(_ input: TensorLiteral, _ dtype: DType, name: String? = nil)
    throws -> Tensor
  {
    try onesLike(input.asTensor(), dtype: dtype, name: name)
  }

  /// The same of a literal.
  public static func onesLike(_ input: TensorLiteral, dtype: DType? = nil, name: String? = nil)
    throws -> Tensor
  {
    try onesLike(input.asTensor(), dtype: dtype, name: name)
  }

  /// Zeros. Follows `tf.zeros`.
  ///
  /// - Parameters:
  ///   - shape: a vector of integers.
  ///   - dtype: any dtype; strings are empty, booleans false.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for negative dimensions.
  public static func zeros(
    _ shape: some TensorConvertible, dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try filled(shape.asTensor(), Tensor.zeros(dtype, Shape()), name ?? "zeros")
  }

  /// The same with its arguments by position.
  public static func zeros(_ shape: some TensorConvertible, _ dtype: DType, name: String? = nil)
    throws -> Tensor
  {
    try zeros(shape, dtype: dtype, name: name)
  }

  /// The same with its arguments by label.
  public static func zeros(
    shape: some TensorConvertible, dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try zeros(shape, dtype: dtype, name: name)
  }

  /// Zeros. Follows `tf.zeros`.
  public static func zeros(_ shape: [Int], dtype: DType = .float32, name: String? = nil) throws
    -> Tensor
  {
    try zeros(ShapeOps.vector(shape), dtype: dtype, name: name)
  }

  /// The same with its arguments by position.
  public static func zeros(_ shape: [Int], _ dtype: DType, name: String? = nil) throws -> Tensor {
    try zeros(shape, dtype: dtype, name: name)
  }

  /// The same with its arguments by label.
  public static func zeros(shape: [Int], dtype: DType = .float32, name: String? = nil) throws
    -> Tensor
  {
    try zeros(shape, dtype: dtype, name: name)
  }

  /// Ones. Follows `tf.ones`.
  ///
  /// - Parameters:
  ///   - shape: a vector of integers.
  ///   - dtype: a numeric dtype or bool.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for negative dimensions.
  public static func ones(
    _ shape: some TensorConvertible, dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try filled(shape.asTensor(), Tensor.one(dtype), name ?? "ones")
  }

  /// The same with its arguments by position.
  public static func ones(_ shape: some TensorConvertible, _ dtype: DType, name: String? = nil)
    throws -> Tensor
  {
    try ones(shape, dtype: dtype, name: name)
  }

  /// The same with its arguments by label.
  public static func ones(
    shape: some TensorConvertible, dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try ones(shape, dtype: dtype, name: name)
  }

  /// Ones. Follows `tf.ones`.
  public static func ones(_ shape: [Int], dtype: DType = .float32, name: String? = nil) throws
    -> Tensor
  {
    try ones(ShapeOps.vector(shape), dtype: dtype, name: name)
  }

  /// The same with its arguments by position.
  public static func ones(_ shape: [Int], _ dtype: DType, name: String? = nil) throws -> Tensor {
    try ones(shape, dtype: dtype, name: name)
  }

  /// The same with its arguments by label.
  public static func ones(shape: [Int], dtype: DType = .float32, name: String? = nil) throws
    -> Tensor
  {
    try ones(shape, dtype: dtype, name: name)
  }

  /// Small known shapes give a constant, as TensorFlow does it.
  private static func filled(_ shape: Tensor, _ value: Tensor, _ name: String) throws -> Tensor {
    if !shape.isSymbolic, let dims = try? shape.integers(), shape.dims.rank == 1,
      let count = Shape(dims).checkedElementCount, count < 1000
    {
      return try constant(value, shape: dims, name: name)
    }
    return try inScope(name, name) { scope in
      try ShapeOps.family.fill([shape, value.asConstant()], name: scope ?? name)
    }
  }
}
