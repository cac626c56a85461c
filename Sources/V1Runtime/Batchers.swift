import CoreGraph
public import CoreOps
import OpsState
public import V1Graph

/// Tensors by position or by name, which are batched together.
public protocol BatchedTensors {
  /// In the order of their names, where they have some.
  var batchedTensors: [any TensorConvertible] { get }
  var batchedNames: [String]? { get }
  associatedtype Batch
  func batch(of tensors: [Tensor]) -> Batch
}

extension Array: BatchedTensors where Element: TensorConvertible {
  public var batchedTensors: [any TensorConvertible] { self }
  public var batchedNames: [String]? { nil }
  public func batch(of tensors: [Tensor]) -> [Tensor] { tensors }
}

extension Dictionary: BatchedTensors where Key == String, Value: TensorConvertible {
  public var batchedTensors: [any TensorConvertible] { keys.sorted().map { self[$0]! } }
  public var batchedNames: [String]? { keys.sorted() }
  public func batch(of tensors: [Tensor]) -> [String: Tensor] {
    [String: Tensor](uniqueKeysWithValues: zip(keys.sorted(), tensors))
  }
}

/// What the queues of batches have in common.
private struct Batcher {
  var batchSize: any TensorConvertible
  var capacity: Int
  var enqueueMany: Bool
  var shapes: [[Int?]]?
  var dynamicPad = false
  var allowSmallerFinalBatch: Bool
  var sharedName: String?
  var name: String?
  var standardName: String
  /// The least number that stays in the queue and the seed; nil where the order stays.
  var shuffle: (minAfterDequeue: Int, seed: Int?)?

  /// - Parameters:
  ///   - lists: of tensors; each list is put in by threads of its own.
  ///   - threads: how many threads put in each list.
  ///   - keepInput: a scalar that says whether what comes is put in, or a vector of that for each
  ///     row.
  func batch(
    _ lists: [[any TensorConvertible]], threads: Int, keepInput: any TensorConvertible
  ) throws -> [Tensor] {
    try checkQueuesCanBeUsed("Input pipelines")
    return try inScope(name, standardName) { scope in
      let lists = try lists.map { try $0.map { try $0.asTensor().asConstant() } }
      let known = keepInput as? Bool
      let keep = try keepInput.asTensor(preferring: .bool).asConstant()
      try check(keep)
      let types = lists[0].map(\.dtype)
      for other in lists.dropFirst() where other.map(\.dtype) != types {
        throw TFError.invalidArgument(
          """
          Expected types to be consistent: \(types.map(\.name).joined(separator: ", ")) vs. \
          \(other.map(\.dtype.name).joined(separator: ", ")).
          """)
      }
      let queue = try queue(types, elementShapes(lists))
      let operations = try lists.map { try enqueue(queue, $0, keep, known) }
      V1Train.addQueueRunner(
        try QueueRunner(
          queue,
          enqueueOps: operations.flatMap { [Operation?](repeating: $0, count: threads) }))
      try summarize(queue)
      let n = try batchSize.asTensor(preferring: .int32).asConstant(named: "n")
      return try allowSmallerFinalBatch
        ? queue.dequeueUpTo(n, name: scope) : queue.dequeueMany(n, name: scope)
    }
  }

  private func check(_ keep: Tensor) throws {
    guard let rank = keep.shape.rank else {
      throw TFError.invalidArgument(
        "`keep_input` dimensions must be known at graph construction.")
    }
    try require(
      enqueueMany || rank != 1, "`keep_input` cannot be a vector when `enqueue_many=False`.")
    try require(rank <= 1, "`keep_input` must be 0 or 1 dimensions.")
  }

  private func elementShapes(_ lists: [[Tensor]]) throws -> [PartialShape] {
    if let shapes { return shapes.map { PartialShape($0) } }
    return try lists[0].indices.map { index in
      var merged: PartialShape?
      for list in lists {
        try require(
          list.indices.contains(index), "All lists of tensors must have the same length")
        guard let dims = list[index].shape.dims else {
          throw TFError.invalidArgument("Cannot infer Tensor's rank: \(list[index])")
        }
        try require(
          !enqueueMany || !dims.isEmpty, "Shape () must have rank at least 1")
        let own = PartialShape(enqueueMany ? Array(dims.dropFirst()) : dims)
        merged = try merged?.merged(with: own) ?? own
      }
      return merged ?? .unknown
    }
  }

  private func queue(_ types: [DType], _ shapes: [PartialShape]) throws -> any TensorQueue {
    if let shuffle {
      return try QueueAPI.RandomShuffleQueue(
        capacity, shuffle.minAfterDequeue, types, shapes: shapes, seed: shuffle.seed,
        sharedName: sharedName)
    }
    return dynamicPad
      ? try QueueAPI.PaddingFIFOQueue(capacity, types, shapes, sharedName: sharedName)
      : try QueueAPI.FIFOQueue(capacity, types, shapes: shapes, sharedName: sharedName)
  }

  private func enqueue(
    _ queue: any TensorQueue, _ tensors: [Tensor], _ keep: Tensor, _ known: Bool?
  ) throws -> Operation? {
    if known == true {
      return try enqueueMany
        ? queue.enqueueMany(tensors as [any TensorConvertible])
        : queue.enqueue(tensors as [any TensorConvertible])
    }
    if known == false { return try API.noOp() }
    var rows = tensors
    var flags = keep
    if keep.shape.rank == 0 {
      // One row, or none: what comes together is kept together.
      rows = try enqueueMany ? tensors : tensors.map { try API.expandDims($0, axis: 0) }
      flags = try API.fill([API.shape(rows[0])[0]], keep)
    }
    let which = try API.cast(flags, .int32)
    let kept = try rows.map { try API.dynamicPartition($0, partitions: which, numPartitions: 2)[1] }
    return try queue.enqueueMany(kept as [any TensorConvertible])
  }

  private func summarize(_ queue: any TensorQueue) throws {
    guard let shuffle else {
      _ = try V1Summary.scalar(
        "fraction_of_\(capacity)_full",
        API.cast(queue.size(), .float32) * Float(1 / Double(capacity)))
      return
    }
    let least = shuffle.minAfterDequeue
    let room = capacity - least
    let full = try API.maximum(0, queue.size() - least)
    _ = try V1Summary.scalar(
      "fraction_over_\(least)_of_\(room)_full",
      API.cast(full, .float32) * Float(1 / Double(room)))
  }
}

extension V1Train {
  /// Batches of what `tensors` gives, from a queue that threads fill. Follows
  /// `tf.compat.v1.train.batch`.
  ///
  /// - Parameters:
  ///   - tensors: an array, or a dictionary by names.
  ///   - batchSize: how many are in a batch.
  ///   - numThreads: how many threads fill the queue.
  ///   - capacity: how many the queue holds.
  ///   - enqueueMany: whether each tensor is itself a batch.
  ///   - shapes: of the elements; nil for what is known of them.
  ///   - dynamicPad: whether elements may have different sizes, and are padded with zeros.
  ///   - allowSmallerFinalBatch: whether what is left at the end is a batch too.
  ///   - sharedName: by which runs of a session find the queue.
  ///   - name: of the scope.
  /// - Returns: the batches in the structure of `tensors`.
  /// - Throws: `INVALID_ARGUMENT` for no tensor, or one of unknown rank; `FAILED_PRECONDITION`
  ///   where calls run at once.
  public static func batch<T: BatchedTensors>(
    _ tensors: T, batchSize: some TensorConvertible, numThreads: Int = 1, capacity: Int = 32,
    enqueueMany: Bool = false, shapes: [[Int?]]? = nil, dynamicPad: Bool = false,
    allowSmallerFinalBatch: Bool = false, sharedName: String? = nil, name: String? = nil
  ) throws -> T.Batch {
    try maybe(
      tensors, keepInput: true, threads: numThreads,
      Batcher(
        batchSize: batchSize, capacity: capacity, enqueueMany: enqueueMany, shapes: shapes,
        dynamicPad: dynamicPad, allowSmallerFinalBatch: allowSmallerFinalBatch,
        sharedName: sharedName, name: name, standardName: "batch"))
  }

  /// The same with the size by position.
  public static func batch<T: BatchedTensors>(_ tensors: T, _ batchSize: some TensorConvertible)
    throws -> T.Batch
  { try batch(tensors, batchSize: batchSize) }

  /// Batches of those that `keepInput` says. Follows `tf.compat.v1.train.maybe_batch`.
  ///
  /// - Parameter keepInput: a truth value, or a vector of them where `enqueueMany`.
  /// - Other parameters and errors: as for `batch`.
  public static func maybeBatch<T: BatchedTensors>(
    _ tensors: T, keepInput: some TensorConvertible, batchSize: some TensorConvertible,
    numThreads: Int = 1, capacity: Int = 32, enqueueMany: Bool = false, shapes: [[Int?]]? = nil,
    dynamicPad: Bool = false, allowSmallerFinalBatch: Bool = false, sharedName: String? = nil,
    name: String? = nil
  ) throws -> T.Batch {
    try maybe(
      tensors, keepInput: keepInput, threads: numThreads,
      Batcher(
        batchSize: batchSize, capacity: capacity, enqueueMany: enqueueMany, shapes: shapes,
        dynamicPad: dynamicPad, allowSmallerFinalBatch: allowSmallerFinalBatch,
        sharedName: sharedName, name: name, standardName: "batch"))
  }

  /// Batches in random order. Follows `tf.compat.v1.train.shuffle_batch`.
  ///
  /// - Parameters:
  ///   - minAfterDequeue: how many stay in the queue while it is filled, to choose from.
  ///   - seed: says the order.
  /// - Other parameters and errors: as for `batch`.
  public static func shuffleBatch<T: BatchedTensors>(
    _ tensors: T, batchSize: some TensorConvertible, capacity: Int, minAfterDequeue: Int,
    numThreads: Int = 1, seed: Int? = nil, enqueueMany: Bool = false, shapes: [[Int?]]? = nil,
    allowSmallerFinalBatch: Bool = false, sharedName: String? = nil, name: String? = nil
  ) throws -> T.Batch {
    try maybe(
      tensors, keepInput: true, threads: numThreads,
      Batcher(
        batchSize: batchSize, capacity: capacity, enqueueMany: enqueueMany, shapes: shapes,
        allowSmallerFinalBatch: allowSmallerFinalBatch, sharedName: sharedName, name: name,
        standardName: "shuffle_batch", shuffle: (minAfterDequeue, seed)))
  }

  /// Batches in random order of those that `keepInput` says. Follows
  /// `tf.compat.v1.train.maybe_shuffle_batch`.
  ///
  /// - Parameters and errors: as for `shuffleBatch` and `maybeBatch`.
  public static func maybeShuffleBatch<T: BatchedTensors>(
    _ tensors: T, batchSize: some TensorConvertible, capacity: Int, minAfterDequeue: Int,
    keepInput: some TensorConvertible, numThreads: Int = 1, seed: Int? = nil,
    enqueueMany: Bool = false, shapes: [[Int?]]? = nil, allowSmallerFinalBatch: Bool = false,
    sharedName: String? = nil, name: String? = nil
  ) throws -> T.Batch {
    try maybe(
      tensors, keepInput: keepInput, threads: numThreads,
      Batcher(
        batchSize: batchSize, capacity: capacity, enqueueMany: enqueueMany, shapes: shapes,
        allowSmallerFinalBatch: allowSmallerFinalBatch, sharedName: sharedName, name: name,
        standardName: "shuffle_batch", shuffle: (minAfterDequeue, seed)))
  }

  private static func maybe<T: BatchedTensors>(
    _ tensors: T, keepInput: any TensorConvertible, threads: Int,
    _ batcher: Batcher
  ) throws -> T.Batch {
    let list = tensors.batchedTensors
    try require(!list.isEmpty, "Expected at least one tensor in batch().")
    try require(threads > 0, "num_threads must be > 0 not \(threads)")
    return tensors.batch(
      of: try batcher.batch([list], threads: threads, keepInput: keepInput))
  }

  /// Batches of what several lists of tensors give, each put in by a thread of its own. Follows
  /// `tf.compat.v1.train.batch_join`.
  ///
  /// - Parameter tensorsList: arrays of one length, or dictionaries with the same keys.
  /// - Other parameters and errors: as for `batch`.
  public static func batchJoin<T: BatchedTensors>(
    _ tensorsList: [T], batchSize: some TensorConvertible, capacity: Int = 32,
    enqueueMany: Bool = false, shapes: [[Int?]]? = nil, dynamicPad: Bool = false,
    allowSmallerFinalBatch: Bool = false, sharedName: String? = nil, name: String? = nil
  ) throws -> T.Batch {
    try maybeBatchJoin(
      tensorsList, keepInput: true, batchSize: batchSize, capacity: capacity,
      enqueueMany: enqueueMany, shapes: shapes, dynamicPad: dynamicPad,
      allowSmallerFinalBatch: allowSmallerFinalBatch, sharedName: sharedName, name: name)
  }

  /// Batches of those that `keepInput` says. Follows `tf.compat.v1.train.maybe_batch_join`.
  ///
  /// - Parameters and errors: as for `batchJoin` and `maybeBatch`.
  public static func maybeBatchJoin<T: BatchedTensors>(
    _ tensorsList: [T], keepInput: some TensorConvertible, batchSize: some TensorConvertible,
    capacity: Int = 32, enqueueMany: Bool = false, shapes: [[Int?]]? = nil,
    dynamicPad: Bool = false, allowSmallerFinalBatch: Bool = false, sharedName: String? = nil,
    name: String? = nil
  ) throws -> T.Batch {
    try join(
      tensorsList, keepInput,
      Batcher(
        batchSize: batchSize, capacity: capacity, enqueueMany: enqueueMany, shapes: shapes,
        dynamicPad: dynamicPad, allowSmallerFinalBatch: allowSmallerFinalBatch,
        sharedName: sharedName, name: name, standardName: "batch_join"))
  }

  /// Batches in random order of what several lists of tensors give. Follows
  /// `tf.compat.v1.train.shuffle_batch_join`.
  ///
  /// - Parameters and errors: as for `batchJoin` and `shuffleBatch`.
  public static func shuffleBatchJoin<T: BatchedTensors>(
    _ tensorsList: [T], batchSize: some TensorConvertible, capacity: Int, minAfterDequeue: Int,
    seed: Int? = nil, enqueueMany: Bool = false, shapes: [[Int?]]? = nil,
    allowSmallerFinalBatch: Bool = false, sharedName: String? = nil, name: String? = nil
  ) throws -> T.Batch {
    try maybeShuffleBatchJoin(
      tensorsList, batchSize: batchSize, capacity: capacity, minAfterDequeue: minAfterDequeue,
      keepInput: true, seed: seed, enqueueMany: enqueueMany, shapes: shapes,
      allowSmallerFinalBatch: allowSmallerFinalBatch, sharedName: sharedName, name: name)
  }

  /// Batches in random order of those that `keepInput` says. Follows
  /// `tf.compat.v1.train.maybe_shuffle_batch_join`.
  ///
  /// - Parameters and errors: as for `shuffleBatchJoin` and `maybeBatch`.
  public static func maybeShuffleBatchJoin<T: BatchedTensors>(
    _ tensorsList: [T], batchSize: some TensorConvertible, capacity: Int, minAfterDequeue: Int,
    keepInput: some TensorConvertible, seed: Int? = nil, enqueueMany: Bool = false,
    shapes: [[Int?]]? = nil, allowSmallerFinalBatch: Bool = false, sharedName: String? = nil,
    name: String? = nil
  ) throws -> T.Batch {
    try join(
      tensorsList, keepInput,
      Batcher(
        batchSize: batchSize, capacity: capacity, enqueueMany: enqueueMany, shapes: shapes,
        allowSmallerFinalBatch: allowSmallerFinalBatch, sharedName: sharedName, name: name,
        standardName: "shuffle_batch_join", shuffle: (minAfterDequeue, seed)))
  }

  private static func join<T: BatchedTensors>(
    _ tensorsList: [T], _ keepInput: any TensorConvertible, _ batcher: Batcher
  ) throws -> T.Batch {
    guard let first = tensorsList.first else {
      throw TFError.invalidArgument("Expected at least one set of tensors")
    }
    for other in tensorsList where other.batchedNames != first.batchedNames {
      throw TFError.invalidArgument("All dictionaries in tensors_list must have the same keys")
    }
    return first.batch(
      of: try batcher.batch(
        tensorsList.map(\.batchedTensors), threads: 1, keepInput: keepInput))
  }
}
