extension SharedAPI {
  /// The beginning of each sequence backwards. Follows `tf.reverse_sequence`.
  ///
  /// - Parameters:
  ///   - input: of any dtype.
  ///   - seqLengths: for each batch entry, how many elements.
  ///   - seqAxis, batchAxis: the dimension of the sequence and of the batch.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for lengths or dimensions out of range.
  public static func reverseSequence(
    _ input: some TensorConvertible, _ seqLengths: some TensorConvertible, seqAxis: Int,
    batchAxis: Int = 0, name: String? = nil
  ) throws -> Tensor {
    try ArrayOps.family.reverseSequence(
      [input.asTensor(), seqLengths.asTensor()],
      Attrs().with("seq_dim", .int(seqAxis)).with(
        "batch_dim", .int(batchAxis), unless: batchAxis == 0),
      name: name)
  }

  /// The same with its arguments by position.
  public static func reverseSequence(
    _ input: some TensorConvertible, _ seqLengths: some TensorConvertible, _ seqAxis: Int,
    batchAxis: Int = 0, name: String? = nil
  ) throws -> Tensor {
    try reverseSequence(input, seqLengths, seqAxis: seqAxis, batchAxis: batchAxis, name: name)
  }

  /// The same with its arguments by label.
  public static func reverseSequence(
    _ input: some TensorConvertible, seqLengths: some TensorConvertible, seqAxis: Int,
    batchAxis: Int = 0, name: String? = nil
  ) throws -> Tensor {
    try reverseSequence(input, seqLengths, seqAxis: seqAxis, batchAxis: batchAxis, name: name)
  }

  /// The slices that go to each partition. Follows `tf.dynamic_partition`.
  ///
  /// - Parameters:
  ///   - data: its shape starts with that of `partitions`.
  ///   - partitions: int32, for each slice the number of its partition.
  ///   - numPartitions: how many partitions there are.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a partition out of range.
  public static func dynamicPartition(
    _ data: some TensorConvertible, _ partitions: some TensorConvertible, _ numPartitions: Int,
    name: String? = nil
  ) throws -> [Tensor] {
    try apply(
      ArrayOps.family.dynamicPartition, [data.asTensor(), partitions.asTensor()],
      ["num_partitions": .int(numPartitions)], name: name)
  }

  /// The same with its arguments by label.
  public static func dynamicPartition(
    _ data: some TensorConvertible, partitions: some TensorConvertible, numPartitions: Int,
    name: String? = nil
  ) throws -> [Tensor] {
    try dynamicPartition(data, partitions, numPartitions, name: name)
  }

  /// Slices put where indices say; of several for one place the last counts. Follows
  /// `tf.dynamic_stitch`.
  ///
  /// - Parameters:
  ///   - indices: int32 tensors.
  ///   - data: tensors whose shapes start with those of `indices`.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for negative indices or shapes that do not fit.
  public static func dynamicStitch(
    _ indices: [any TensorConvertible], _ data: [any TensorConvertible], name: String? = nil
  ) throws -> Tensor {
    try ArrayOps.family.dynamicStitch(
      indices.map { try $0.asTensor(preferring: .int32) }
        + JoinOps.operands(data, "tf.dynamicStitch"), name: name)
  }

  /// The same with its arguments by label.
  public static func dynamicStitch(
    _ indices: [any TensorConvertible], data: [any TensorConvertible], name: String? = nil
  ) throws -> Tensor {
    try dynamicStitch(indices, data, name: name)
  }

  /// The slices where a mask is true. Follows `tf.boolean_mask`.
  ///
  /// - Parameters:
  ///   - tensor: of any dtype.
  ///   - mask: bool, of known rank; its shape is that of the masked dimensions.
  ///   - axis: the first masked dimension.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not fit or a mask of unknown rank.
  public static func booleanMask(
    _ tensor: some TensorConvertible, _ mask: some TensorConvertible, axis: Int = 0,
    name: String? = nil
  ) throws -> Tensor {
    let (tensor, mask) = (try tensor.asTensor(), try mask.asTensor(preferring: .bool))
    guard let maskRank = mask.rank else {
      throw TFError.invalidArgument(
        "Number of mask dimensions must be specified, even if some dimensions are None.")
    }
    try require(maskRank > 0, "mask cannot be scalar.")
    var axis = axis
    if axis < 0 {
      guard let rank = tensor.rank else {
        throw TFError.invalidArgument("a negative axis needs a tensor of known rank")
      }
      axis += rank
    }
    if let dims = tensor.shape.dims {
      guard axis >= 0, axis + maskRank <= dims.count,
        PartialShape(Array(dims[axis..<axis + maskRank])).isCompatible(with: mask.shape)
      else {
        throw TFError.invalidArgument("Shapes \(tensor.shape) and \(mask.shape) are incompatible")
      }
    }
    let shape = try ShapeOps.shapeTensor(of: tensor)
    let before = try ShapeOps.part(shape, from: 0, to: axis)
    let behind = try SliceOps.family.slice([
      shape, ShapeOps.vector([axis + maskRank]), ShapeOps.vector([-1]),
    ])
    let flat = try ShapeOps.family.reshape([
      tensor, JoinOps.family.concatV2([before, ShapeOps.vector([-1]), behind, ShapeOps.scalar(0)]),
    ])
    let kept = try ShapeOps.family.squeeze(
      [`where`(reshape(mask, [-1]))], ["squeeze_dims": .ints([1])])
    return try gather(flat, kept, axis: axis, name: name ?? "boolean_mask")
  }

  /// The same with its arguments by label.
  public static func booleanMask(
    _ tensor: some TensorConvertible, mask: some TensorConvertible, axis: Int = 0,
    name: String? = nil
  ) throws -> Tensor {
    try booleanMask(tensor, mask, axis: axis, name: name)
  }

  /// Coordinates for every combination of the inputs' elements. Follows `tf.meshgrid`.
  ///
  /// - Parameters:
  ///   - args: vectors.
  ///   - indexing: `xy` (the first two dimensions are exchanged) or `ij`.
  /// - Throws: `INVALID_ARGUMENT` for another indexing.
  public static func meshgrid(_ args: [any TensorConvertible], indexing: String = "xy") throws
    -> [Tensor]
  {
    guard indexing == "xy" || indexing == "ij" else {
      throw TFError.invalidArgument(
        "Argument `indexing` must be either 'xy' or 'ij', got '\(indexing)'")
    }
    let vectors = try args.map { try $0.asTensor() }
    let count = vectors.count
    let isSwapped = indexing == "xy" && count > 1
    func axis(_ position: Int) -> Int { isSwapped && position < 2 ? 1 - position : position }
    var sizes = try vectors.map {
      try ShapeOps.family.reshape([ShapeOps.family.size([$0]), ShapeOps.vector([1])])
    }
    if isSwapped { sizes.swapAt(0, 1) }
    guard count > 0 else { return [] }
    let shape = count == 1 ? sizes[0] : try JoinOps.family.concatV2(sizes + [ShapeOps.scalar(0)])
    return try vectors.enumerated().map { position, vector in
      var dims = [Int](repeating: 1, count: count)
      dims[axis(position)] = -1
      return try ShapeOps.family.broadcastTo([reshape(vector, dims), shape])
    }
  }
}
