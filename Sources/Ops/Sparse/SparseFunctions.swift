public import CoreOps

extension SharedAPI {
  public typealias SparseTensor = OpsSparse.SparseTensor
  public typealias sparse = SparseAPI
}

/// `tf.sparse`. Each function throws `INVALID_ARGUMENT` where indices, values and shapes do not fit
/// each other; `name` is the node's name in a graph.
public enum SparseAPI {
  /// The elements that are not zero. Follows `tf.sparse.from_dense`.
  public static func fromDense(_ tensor: some TensorConvertible) throws -> SparseTensor {
    let tensor = try tensor.asTensor()
    let isThere = try ComparisonOps.family.notEqual(tensor, BasicOps.zerosLike(tensor))
    let indices = try SearchOps.family.where([isThere])
    let shape = try ShapeOps.shapeTensor(of: tensor, .int64)
    return try SparseTensor(
      indices: indices, values: GatherOps.family.gatherNd([tensor, indices]), denseShape: shape)
  }

  /// The whole tensor. Follows `tf.sparse.to_dense`.
  ///
  /// - Parameters:
  ///   - defaultValue: what stands where no element is stored; zero by default.
  ///   - validateIndices: whether to check that indices are in order and not repeated.
  public static func toDense(
    _ spInput: SparseTensor, defaultValue: (any TensorConvertible)? = nil,
    validateIndices: Bool = true,
    name: String? = nil
  ) throws -> Tensor {
    let filler =
      try defaultValue?.asTensor(preferring: spInput.dtype) ?? Tensor.zeros(spInput.dtype, Shape())
    return try SparseOps.family.toDense(
      [spInput.indices, spInput.denseShape, spInput.values, filler],
      Attrs().with("validate_indices", .bool(validateIndices), unless: validateIndices), name: name)
  }

  /// The elements in row-major order. Follows `tf.sparse.reorder`.
  public static func reorder(_ spInput: SparseTensor, name: String? = nil) throws -> SparseTensor {
    let outputs = try apply(SparseOps.family.reorder, spInput.parts, name: name)
    return try SparseTensor(outputs + [spInput.denseShape])
  }

  /// Under another shape of as many elements, one of whose dimensions may be -1. Follows
  /// `tf.sparse.reshape`.
  public static func reshape(
    _ spInput: SparseTensor, _ shape: some TensorConvertible, name: String? = nil
  ) throws -> SparseTensor {
    let outputs = try apply(
      SparseOps.family.reshape,
      [spInput.indices, spInput.denseShape, shape.asTensor(preferring: .int64)], name: name)
    return try SparseTensor([outputs[0], spInput.values, outputs[1]])
  }

  /// The same with its arguments by label.
  public static func reshape(
    _ spInput: SparseTensor, shape: some TensorConvertible, name: String? = nil
  ) throws -> SparseTensor {
    try reshape(spInput, shape, name: name)
  }

  /// The same with its arguments by label.
  public static func reshape(
    spInput: SparseTensor, shape: some TensorConvertible, name: String? = nil
  ) throws -> SparseTensor {
    try reshape(spInput, shape, name: name)
  }

  /// The elements in a box. Follows `tf.sparse.slice`.
  public static func slice(
    _ spInput: SparseTensor, _ start: some TensorConvertible, _ size: some TensorConvertible,
    name: String? = nil
  ) throws -> SparseTensor {
    try SparseTensor(
      apply(
        SparseOps.family.slice,
        spInput.parts + [start.asTensor(preferring: .int64), size.asTensor(preferring: .int64)],
        name: name))
  }

  /// The same with its arguments by label.
  public static func slice(
    _ spInput: SparseTensor, start: some TensorConvertible, size: some TensorConvertible,
    name: String? = nil
  ) throws -> SparseTensor {
    try slice(spInput, start, size, name: name)
  }

  /// One behind the other along an axis. Follows `tf.sparse.concat`.
  public static func concat(_ axis: Int, _ spInputs: [SparseTensor], name: String? = nil) throws
    -> SparseTensor
  {
    try SparseTensor(
      apply(
        SparseJoinOps.family.concat,
        spInputs.map(\.indices) + spInputs.map(\.values) + spInputs.map(\.denseShape),
        ["concat_dim": .int(axis), "N": .int(spInputs.count)], name: name))
  }

  /// The same with its arguments by label.
  public static func concat(_ axis: Int, spInputs: [SparseTensor], name: String? = nil) throws
    -> SparseTensor
  {
    try concat(axis, spInputs, name: name)
  }

  /// The same with its arguments by label.
  public static func concat(axis: Int, spInputs: [SparseTensor], name: String? = nil) throws
    -> SparseTensor
  {
    try concat(axis, spInputs, name: name)
  }

  /// In parts along an axis. Follows `tf.sparse.split`.
  public static func split(
    _ spInput: SparseTensor, numSplit: Int, axis: Int, name: String? = nil
  ) throws -> [SparseTensor] {
    let outputs = try apply(
      SparseJoinOps.family.split, [Tensor(scalar: axis)] + spInput.parts,
      ["num_split": .int(numSplit)], name: name)
    return try (0..<numSplit).map {
      try SparseTensor([outputs[$0], outputs[numSplit + $0], outputs[2 * numSplit + $0]])
    }
  }

  /// The same with its arguments by position.
  public static func split(
    _ spInput: SparseTensor, _ numSplit: Int, _ axis: Int, name: String? = nil
  ) throws -> [SparseTensor] {
    try split(spInput, numSplit: numSplit, axis: axis, name: name)
  }

  /// With an element in each row. Follows `tf.sparse.fill_empty_rows`.
  ///
  /// - Returns: the tensor, and for each row whether it was empty.
  public static func fillEmptyRows(
    _ spInput: SparseTensor, _ defaultValue: some TensorConvertible, name: String? = nil
  ) throws -> (SparseTensor, emptyRowIndicator: Tensor) {
    let outputs = try apply(
      SparseRowOps.family.fillEmptyRows,
      spInput.parts + [defaultValue.asTensor(preferring: spInput.dtype)], name: name)
    return (try SparseTensor([outputs[0], outputs[1], spInput.denseShape]), outputs[2])
  }

  /// The same with its arguments by label.
  public static func fillEmptyRows(
    _ spInput: SparseTensor, defaultValue: some TensorConvertible, name: String? = nil
  ) throws -> (SparseTensor, emptyRowIndicator: Tensor) {
    try fillEmptyRows(spInput, defaultValue, name: name)
  }

  /// The sum. Follows `tf.sparse.add`.
  ///
  /// - Parameter threshold: sums of two elements that are smaller are left out.
  public static func add(
    _ a: SparseTensor, _ b: SparseTensor, threshold: some TensorConvertible = 0, name: String? = nil
  ) throws -> SparseTensor {
    try SparseTensor(
      apply(
        SparseMathOps.family.add,
        a.parts + b.parts + [threshold.asTensor(preferring: a.dtype.realDType)], name: name))
  }

  /// The same with its arguments by label.
  public static func add(
    _ a: SparseTensor, b: SparseTensor, threshold: some TensorConvertible = 0, name: String? = nil
  ) throws -> SparseTensor {
    try add(a, b, threshold: threshold, name: name)
  }

  /// The dense sum with a dense tensor of the same shape. Follows `tf.sparse.add`.
  public static func add(_ a: SparseTensor, _ b: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try SparseMathOps.family.tensorDenseAdd(a.parts + [b.asTensor(preferring: a.dtype)], name: name)
  }

  /// The same with its arguments by label.
  public static func add(_ a: SparseTensor, b: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try add(a, b, name: name)
  }

  /// The product of a sparse and a dense matrix. Follows `tf.sparse.sparse_dense_matmul`.
  public static func sparseDenseMatmul(
    _ spA: SparseTensor, _ b: some TensorConvertible, adjointA: Bool = false,
    adjointB: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try SparseMathOps.family.tensorDenseMatMul(
      spA.parts + [b.asTensor(preferring: spA.dtype)],
      Attrs().with("adjoint_a", .bool(adjointA), unless: !adjointA)
        .with("adjoint_b", .bool(adjointB), unless: !adjointB), name: name)
  }

  /// The same with its arguments by label.
  public static func sparseDenseMatmul(
    _ spA: SparseTensor, b: some TensorConvertible, adjointA: Bool = false, adjointB: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try sparseDenseMatmul(spA, b, adjointA: adjointA, adjointB: adjointB, name: name)
  }

  /// Element by element, zero standing for what is not stored. Follows `tf.sparse.maximum`.
  public static func maximum(_ spA: SparseTensor, _ spB: SparseTensor, name: String? = nil) throws
    -> SparseTensor
  {
    let outputs = try apply(SparseMathOps.family.maximum, spA.parts + spB.parts, name: name)
    return try SparseTensor(outputs + [spA.denseShape])
  }

  /// The same with its arguments by label.
  public static func maximum(_ spA: SparseTensor, spB: SparseTensor, name: String? = nil) throws
    -> SparseTensor
  {
    try maximum(spA, spB, name: name)
  }

  /// Element by element, zero standing for what is not stored. Follows `tf.sparse.minimum`.
  public static func minimum(_ spA: SparseTensor, _ spB: SparseTensor, name: String? = nil) throws
    -> SparseTensor
  {
    let outputs = try apply(SparseMathOps.family.minimum, spA.parts + spB.parts, name: name)
    return try SparseTensor(outputs + [spA.denseShape])
  }

  /// The same with its arguments by label.
  public static func minimum(_ spA: SparseTensor, spB: SparseTensor, name: String? = nil) throws
    -> SparseTensor
  {
    try minimum(spA, spB, name: name)
  }

  /// The softmax of the stored elements of each row. Follows `tf.sparse.softmax`.
  public static func softmax(_ spInput: SparseTensor, name: String? = nil) throws -> SparseTensor {
    let values = try SparseReductionOps.family.softmax(spInput.parts, name: name)
    return try SparseTensor([spInput.indices, values, spInput.denseShape])
  }

  /// The same with its arguments by label.
  public static func softmax(spInput: SparseTensor, name: String? = nil) throws -> SparseTensor {
    try softmax(spInput, name: name)
  }

  /// The sums over axes, all by default. Follows `tf.sparse.reduce_sum`.
  public static func reduceSum(
    _ spInput: SparseTensor, axis: [Int]? = nil, keepdims: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try reduce(SparseReductionOps.family.sum, spInput, axis, keepdims, name)
  }

  /// The same with its arguments by position.
  public static func reduceSum(
    _ spInput: SparseTensor, _ axis: [Int], keepdims: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try reduceSum(spInput, axis: axis, keepdims: keepdims, name: name)
  }

  /// The largest stored elements along axes, all by default. Follows `tf.sparse.reduce_max`.
  public static func reduceMax(
    _ spInput: SparseTensor, axis: [Int]? = nil, keepdims: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try reduce(SparseReductionOps.family.max, spInput, axis, keepdims, name)
  }

  /// The same with its arguments by position.
  public static func reduceMax(
    _ spInput: SparseTensor, _ axis: [Int], keepdims: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try reduceMax(spInput, axis: axis, keepdims: keepdims, name: name)
  }

  private static func reduce(
    _ op: OpDef, _ spInput: SparseTensor, _ axis: [Int]?, _ keepdims: Bool, _ name: String?
  ) throws -> Tensor {
    let axes =
      try axis.map { try ShapeOps.vector($0) }
      ?? SearchOps.family.range([
        0.asTensor(), ShapeOps.sizeTensor(of: spInput.denseShape), 1.asTensor(),
      ])
    return try op(
      spInput.parts + [axes], Attrs().with("keep_dims", .bool(keepdims), unless: !keepdims),
      name: name)
  }
}
