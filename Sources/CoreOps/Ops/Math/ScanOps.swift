import CKernels

/// Cumulative ops, and the greatest elements of rows.
package struct ScanOps: OpFamily {
  package static let family: Self = define(Self())

  package let cumsum: OpDef = scan(
    "Cumsum", JK_SCAN_SUM, types: numbers, kernel: [.numbers], needs: .inputs(1)
  ) { context in
    try family.cumsum(
      [context.gradient(), context.inputs[1]], try options(context, reverse: true))
  }

  package let cumprod: OpDef = scan(
    "Cumprod", JK_SCAN_PROD, types: numbers, kernel: [.numbers], needs: .inputs
  ) { context in
    // As TensorFlow's, it is right where no element is 0: the sum of gradient times product from
    // the element on, divided by the element.
    let (x, axis) = (conjugated(context.inputs[0]), context.inputs[1])
    let products = try family.cumprod([x(), axis], try options(context))
    let sums = try family.cumsum(
      [products * context.gradient(), axis], try options(context, reverse: true))
    return try sums / x()
  }

  package let cumulativeLogsumexp: OpDef = scan(
    "CumulativeLogsumexp", JK_SCAN_LOGSUMEXP, types: "bfloat16, half, float, double",
    kernel: [.floats]
  ) { context in
    // Positive and negative gradients are summed separately, each as exponentials of logarithms, so
    // that nothing overflows.
    let (x, axis, y) = (context.inputs[0], context.inputs[1], context.outputs[0])
    let gradient = try context.gradient()
    let lowest = try Tensor.lowest(x.dtype)
    func part(_ gradient: Tensor) throws -> Tensor {
      let zero = try BasicOps.zerosLike(gradient)
      let positive = try ComparisonOps.family.greater(gradient, zero)
      let logarithm = try UnaryOps.family.log(SelectOps.where(positive, gradient, zero + 1.0))
      let logs = try SelectOps.where(positive, logarithm - y, zero + lowest)
      let sums = try family.cumulativeLogsumexp(
        [logs, axis], try options(context, reverse: true))
      return try UnaryOps.family.exp(sums + x)
    }
    return try part(gradient) - part(-gradient)
  }

  package let topK: OpDef = top(
    "TopK", inputs: "input: T", attributes: "k: int >= 0\n", indices: "int32"
  ) {
    try $0.int("k")
  }

  package let topKV2: OpDef = OpDef(
    "TopKV2",
    """
    input: T, k: Tk -> values: T, indices: index_type
    sorted: bool = true
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    Tk: {int16, int32, int64} = int32
    index_type: {int16, int32, int64} = int32
    """,
    shape: { context in
      try require(
        context.shapes[1].rank ?? 0 == 0, "k must be scalar, got shape \(context.shapes[1])")
      return try topShape(context.shapes[0], try context.size(1))
    },
    kernel: .raw(["T": [.reals]]) { context in
      let type = try context.type("T")
      let index = try context.type("index_type")
      let sorted = try context.bool("sorted")
      return { try topKernel($0, type, index, sorted, inputs: 2) }
    }, gradient: .rule(needs: topNeeds) { [try topGradient($0), nil] })

  package let nthElement: OpDef = OpDef(
    "NthElement",
    """
    input: T, n: int32 -> values: T
    reverse: bool = false
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    """,
    shape: { context in
      try require(
        context.shapes[1].rank ?? 0 == 0,
        "N must be scalar but has rank \(context.shapes[1].rank ?? 0)")
      guard let dims = context.shapes[0].dims else { return [.unknown] }
      try require(!dims.isEmpty, "Input must be at least rank 1 but is rank 0")
      if let n = try context.integers(1)?.first {
        try require(n >= 0, "n must be non-negative but is \(n)")
        if let last = dims[dims.count - 1] {
          try require(last > n, "Input must have last dimension > n = \(n)")
        }
      }
      return [PartialShape(Array(dims.dropLast()))]
    },
    kernel: .raw(["T": [.reals]]) { context in
      let type = try context.type("T")
      let dtype = Int32(type.rawValue)
      let reverse = try context.bool("reverse")
      return { shapes in
        let n = try shapes.integers(1)[0]
        let dims = shapes.inputs[0]
        let (rows, length) = (shapes.outputs[0].elementCount, dims[dims.rank - 1])
        return .run(scratch: rows * length * type.byteSize) {
          jk_nth_element(dtype, $0[0], $0[2], $0[3], rows, length, n, reverse)
        }
      }
    },
    gradient: .rule(needs: .init(inputs: [0], outputs: [0])) { context in
      // Elements that equal the result share its gradient.
      let x = context.inputs[0]
      let last = try [-1].asTensor()
      let expand = ShapeOps.family.expandDims
      let chosen = try CastOps.cast(
        ComparisonOps.family.equal(expand([context.outputs[0], last]), x), x.dtype)
      let count = try ReductionOps.family.sum([chosen, last], ["keep_dims": .bool(true)])
      return [try chosen / count * expand([context.gradient(), last]), nil]
    })

  package let inTopK: OpDef = OpDef(
    "InTopK",
    """
    predictions: float, targets: T -> precision: bool
    k: int
    T: {int32, int64} = int32
    """,
    shape: inTopShape,
    kernel: .raw { context in
      let k = try context.int("k")
      let is64 = try context.type("T") == .int64
      return { shapes in
        let (rows, count) = (shapes.inputs[0][0], shapes.inputs[0][1])
        return .run { inTop($0, k, is64, rows, count, output: 2) }
      }
    }, gradient: .zero)

  package let inTopKV2: OpDef = OpDef(
    "InTopKV2",
    """
    predictions: float, targets: T, k: T -> precision: bool
    T: {int32, int64} = int32
    """,
    shape: { context in
      try require(
        context.shapes[2].rank ?? 0 == 0, "k must be 0-D, got shape \(context.shapes[2])")
      return try inTopShape(context)
    },
    kernel: .raw { context in
      let is64 = try context.type("T") == .int64
      return { shapes in
        let (rows, count) = (shapes.inputs[0][0], shapes.inputs[0][1])
        return .run {
          let k = is64 ? $0[2].load(as: Int.self) : Int($0[2].load(as: Int32.self))
          inTop($0, k, is64, rows, count, output: 3)
        }
      }
    }, gradient: .zero)

  private static func inTop(
    _ pointers: Pointers, _ k: Int, _ is64: Bool, _ rows: Int, _ count: Int, output: Int
  ) {
    jk_in_top_k(
      pointers[0].assumingMemoryBound(to: Float.self), pointers[1], is64,
      pointers[output].assumingMemoryBound(to: Bool.self), rows, count, Int64(k))
  }

  private static let inTopShape: ShapeRule = { context in
    let (predictions, targets) = (context.shapes[0], context.shapes[1])
    try require(predictions.rank ?? 2 == 2, "predictions must be 2-dimensional")
    try require(targets.rank ?? 1 == 1, "targets must be 1-dimensional")
    if let rows = predictions[0], let count = targets[0], rows != count {
      throw TFError.invalidArgument(
        "First dimension of predictions \(rows) must match length of targets \(count)")
    }
    return [.of(predictions[0] ?? targets[0])]
  }

  private static let numbers =
    """
    float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, \
    qint16, quint16, uint16, complex128, half, uint32, uint64
    """

  private static func scan(
    _ name: String, _ operation: some BinaryInteger, types: String, kernel: DTypeSet,
    needs: GradientNeeds = .all,
    gradient: @escaping @Sendable (GradientContext) throws -> Tensor
  ) -> OpDef {
    let operation = Int32(operation)
    return OpDef(
      name,
      """
      x: T, axis: Tidx -> out: T
      exclusive: bool = false
      reverse: bool = false
      T: {\(types)}
      Tidx: {int32, int64} = int32
      """,
      shape: { context in
        try require(
          context.shapes[1].rank ?? 0 == 0,
          "ScanOp: axis must be a scalar, not \(context.shapes[1])")
        return [context.shapes[0]]
      },
      kernel: .raw(["T": kernel]) { context in
        let dtype = Int32(try context.type("T").rawValue)
        let exclusive = try context.bool("exclusive")
        let reverse = try context.bool("reverse")
        return { shapes in
          let dims = shapes.inputs[0].dims
          let axis = try shapes.integers(1)[0]
          guard axis >= -dims.count, axis < dims.count else {
            throw TFError.invalidArgument(
              """
              ScanOp: Expected scan axis in the range [\(-dims.count), \(dims.count)), but got \
              \(axis)
              """
            )
          }
          let index = axis < 0 ? axis + dims.count : axis
          let outer = dims[..<index].reduce(1, *)
          let inner = dims[(index + 1)...].reduce(1, *)
          let count = dims[index]
          return .run(overwrites: 0) {
            jk_scan(operation, dtype, $0[0], $0[2], outer, count, inner, exclusive, reverse)
          }
        }
      }, gradient: .rule(needs: needs) { [try gradient($0), nil] })
  }

  /// The scan's own attributes, or those of the scan the other way round.
  private static func options(_ context: GradientContext, reverse: Bool = false) throws -> Attrs {
    [
      "exclusive": .bool(try context.bool("exclusive")),
      "reverse": .bool(try context.bool("reverse") != reverse),
    ]
  }

  private static func conjugated(_ x: Tensor) -> () throws -> Tensor { { try conjugate(x) } }

  private static func top(
    _ name: String, inputs: String, attributes: String, indices: String,
    count: @escaping @Sendable (any AttrAccess) throws -> Int
  ) -> OpDef {
    OpDef(
      name,
      """
      \(inputs) -> values: T, indices: \(indices)
      \(attributes)sorted: bool = true
      T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
      """,
      shape: { try topShape($0.shapes[0], Dimension(try count($0))) },
      kernel: .raw(["T": [.reals]]) { context in
        let type = try context.type("T")
        let sorted = try context.bool("sorted")
        return { try topKernel($0, type, .int32, sorted, inputs: 1) }
      }, gradient: .rule(needs: topNeeds) { [try topGradient($0)] })
  }

  /// The positions alone.
  private static let topNeeds = GradientNeeds(inputs: [], outputs: [1])

  private static func topShape(_ input: PartialShape, _ count: Dimension?) throws -> [PartialShape]
  {
    if let count { try require(count >= 0, "Need k >= 0, got \(count)") }
    guard var dims = input.dims else { return [.unknown, .unknown] }
    try require(!dims.isEmpty, "input must be >= 1-D, got shape []")
    if let count, let last = dims[dims.count - 1], last < count {
      throw TFError.invalidArgument(
        "input must have at least k columns. Had \(last), needed \(count)")
    }
    dims[dims.count - 1] = count
    return [PartialShape(dims), PartialShape(dims)]
  }

  private static func topKernel(
    _ context: SpecialiseContext, _ type: DType, _ index: DType, _ sorted: Bool, inputs: Int
  ) throws -> Specialised {
    let dims = context.inputs[0]
    let (length, count) = (dims[dims.rank - 1], context.outputs[0][dims.rank - 1])
    let limit = index == .int16 ? Int(Int16.max) : Int(Int32.max)
    try require(
      length <= limit, "Second dimension of flattened input must be <= \(limit), got \(length)")
    let outputs = context.outputs[0].elementCount
    let rows = count == 0 ? 0 : outputs / count
    let dtype = Int32(type.rawValue)
    return .run(scratch: (outputs + rows) * 4) {
      jk_top_k(
        dtype, $0[0], $0[inputs], $0[inputs + 1], index.byteSize, $0[inputs + 2], rows, length,
        count, sorted)
    }
  }

  /// Each gradient goes where its value came from.
  private static func topGradient(_ context: GradientContext) throws -> Tensor {
    let x = context.inputs[0]
    // Positions in the flat input: the row's number times its length, plus the index.
    let index = try CastOps.cast(context.outputs[1], .int64)
    let minusOne = try [-1].asTensor()
    let shape = try ShapeOps.shapeTensor(of: x, .int64)
    let length = try ShapeOps.family.reshape([
      ShapeOps.part(shape, from: -1, to: nil), ShapeOps.vector([]),
    ])
    let table = try ShapeOps.family.reshape([
      index,
      JoinOps.family.concatV2([minusOne, ShapeOps.lastDimension(of: index), 0.asTensor()]),
    ])
    // Row numbers: how many rows come before, as an exclusive running count of ones.
    let ones = try BasicOps.family.onesLike([table])
    let rows = try family.cumsum([ones, 0.asTensor()], ["exclusive": .bool(true)])
    let flat = try ShapeOps.flat(table + rows * length)
    let sums = try SegmentOps.family.unsortedSum([
      ShapeOps.flat(context.gradient()), flat,
      ReductionOps.family.prod([shape, [0].asTensor()]),
    ])
    return try ShapeOps.family.reshape([sums, shape])
  }
}

extension SharedAPI {
  /// Running sums along `axis`. Follows `tf.cumsum`.
  ///
  /// - Parameters:
  ///   - x: numbers of at least one dimension.
  ///   - axis: negative ones count from the end.
  ///   - exclusive: whether a sum leaves out the element at its own position.
  ///   - reverse: whether sums run from the end.
  /// - Throws: `INVALID_ARGUMENT` when the axis is out of range.
  @_disfavoredOverload
  public static func cumsum(
    _ x: some TensorConvertible, axis: any TensorConvertible = 0, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try scan(ScanOps.family.cumsum, x, axis, exclusive, reverse, name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func cumsum(
    _ x: some TensorConvertible, _ axis: any TensorConvertible, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try cumsum(x, axis: axis, exclusive: exclusive, reverse: reverse, name: name)
  }

  /// The same of a literal.
  public static func cumsum(
    _ x: TensorLiteral, _ axis: any TensorConvertible, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try cumsum(x.asTensor(), axis: axis, exclusive: exclusive, reverse: reverse, name: name)
  }

  /// The same of a literal.
  public static func cumsum(
    _ x: TensorLiteral, axis: any TensorConvertible = 0, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try cumsum(x.asTensor(), axis: axis, exclusive: exclusive, reverse: reverse, name: name)
  }

  /// Running products along `axis`. Follows `tf.math.cumprod`.
  ///
  /// - Parameters and errors: as `cumsum`.
  @_disfavoredOverload
  public static func cumprod(
    _ x: some TensorConvertible, axis: any TensorConvertible = 0, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try scan(ScanOps.family.cumprod, x, axis, exclusive, reverse, name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func cumprod(
    _ x: some TensorConvertible, _ axis: any TensorConvertible, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try cumprod(x, axis: axis, exclusive: exclusive, reverse: reverse, name: name)
  }

  /// The same of a literal.
  public static func cumprod(
    _ x: TensorLiteral, _ axis: any TensorConvertible, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try cumprod(x.asTensor(), axis: axis, exclusive: exclusive, reverse: reverse, name: name)
  }

  /// The same of a literal.
  public static func cumprod(
    _ x: TensorLiteral, axis: any TensorConvertible = 0, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try cumprod(x.asTensor(), axis: axis, exclusive: exclusive, reverse: reverse, name: name)
  }

  /// Running logarithms of sums of exponentials along `axis`. Follows
  /// `tf.math.cumulative_logsumexp`.
  ///
  /// - Parameters and errors: as `cumsum`, of floating point numbers.
  @_disfavoredOverload
  public static func cumulativeLogsumexp(
    _ x: some TensorConvertible, axis: any TensorConvertible = 0, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try scan(ScanOps.family.cumulativeLogsumexp, x, axis, exclusive, reverse, name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func cumulativeLogsumexp(
    _ x: some TensorConvertible, _ axis: any TensorConvertible, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try cumulativeLogsumexp(x, axis: axis, exclusive: exclusive, reverse: reverse, name: name)
  }

  /// The same of a literal.
  public static func cumulativeLogsumexp(
    _ x: TensorLiteral, _ axis: any TensorConvertible, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try cumulativeLogsumexp(
      x.asTensor(), axis: axis, exclusive: exclusive, reverse: reverse, name: name)
  }

  /// The same of a literal.
  public static func cumulativeLogsumexp(
    _ x: TensorLiteral, axis: any TensorConvertible = 0, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try cumulativeLogsumexp(
      x.asTensor(), axis: axis, exclusive: exclusive, reverse: reverse, name: name)
  }

  private static func scan(
    _ op: OpDef, _ x: some TensorConvertible, _ axis: any TensorConvertible, _ exclusive: Bool,
    _ reverse: Bool, _ name: String?
  ) throws -> Tensor {
    let attrs = Attrs().with("exclusive", .bool(exclusive), unless: !exclusive)
      .with("reverse", .bool(reverse), unless: !reverse)
    return try op([x.asTensor(), axis.asTensor()], attrs, name: name)
  }
}

extension MathAPI {
  /// The `k` greatest elements along the last dimension, and where they are. Follows
  /// `tf.math.top_k`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the last dimension has fewer than `k` elements.
  @_disfavoredOverload
  public static func topK(
    _ input: some TensorConvertible, k: any TensorConvertible = 1, sorted: Bool = true,
    name: String? = nil
  ) throws -> (values: Tensor, indices: Tensor) {
    let outputs = try apply(
      ScanOps.family.topKV2, [input.asTensor(), k.asTensor()],
      Attrs().with("sorted", .bool(sorted), unless: sorted), name: name)
    return (outputs[0], outputs[1])
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func topK(
    _ input: some TensorConvertible, _ k: any TensorConvertible, sorted: Bool = true,
    name: String? = nil
  ) throws -> (values: Tensor, indices: Tensor) {
    try topK(input, k: k, sorted: sorted, name: name)
  }

  /// The same of a literal.
  public static func topK(
    _ input: TensorLiteral, _ k: any TensorConvertible, sorted: Bool = true,
    name: String? = nil
  ) throws -> (values: Tensor, indices: Tensor) {
    try topK(input.asTensor(), k: k, sorted: sorted, name: name)
  }

  /// The same of a literal.
  public static func topK(
    _ input: TensorLiteral, k: any TensorConvertible = 1, sorted: Bool = true, name: String? = nil
  ) throws -> (values: Tensor, indices: Tensor) {
    try topK(input.asTensor(), k: k, sorted: sorted, name: name)
  }

  /// Whether each target is among the `k` highest predictions of its row. Follows
  /// `tf.math.in_top_k`.
  ///
  /// - Parameters:
  ///   - targets: a class number per row.
  ///   - predictions: float32, rows of classes.
  /// - Throws: `INVALID_ARGUMENT` when the shapes do not fit.
  public static func inTopK(
    targets: some TensorConvertible, predictions: some TensorConvertible, k: any TensorConvertible,
    name: String? = nil
  ) throws -> Tensor {
    let targets = try targets.asTensor()
    return try ScanOps.family.inTopKV2(
      [predictions.asTensor(), targets, k.asTensor(preferring: targets.dtype)], name: name)
  }

  /// The same with its arguments by position.
  public static func inTopK(
    _ targets: some TensorConvertible, _ predictions: some TensorConvertible,
    _ k: any TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try inTopK(targets: targets, predictions: predictions, k: k, name: name)
  }
}
