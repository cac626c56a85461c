public import CoreGraph
public import CoreOps
import OpsLinalg
public import OpsState
public import V1Graph
import Variables

/// The functions of both styles, and those of TF-1.
enum API: V1API {}

extension V1Train {
  public typealias FIFOQueue = QueueAPI.FIFOQueue

  /// The tensor, as often as `numEpochs` says; a run after that ends with `OUT_OF_RANGE`. Follows
  /// `tf.compat.v1.train.limit_epochs`.
  ///
  /// - Parameters:
  ///   - tensor: what is handed on.
  ///   - numEpochs: nil for no limit. There is a local variable that counts.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for a limit that is not positive.
  public static func limitEpochs(
    _ tensor: some TensorConvertible, numEpochs: Int? = nil, name: String? = nil
  ) throws -> Tensor {
    let tensor = try tensor.asTensor()
    guard let numEpochs else { return tensor }
    try require(numEpochs > 0, "num_epochs must be > 0 not \(numEpochs).")
    return try inScope(name, "limit_epochs") { scope in
      let zero = try Tensor(0, dtype: .int64).asConstant()
      let epochs = try API.Variable(
        zero, trainable: false, collections: [GraphKeys.localVariables.name], name: "epochs")
      let counter = try epochs.countUpTo(numEpochs)
      return try Environment.current.waiting(for: [counter]).run {
        try BasicOps.family.identity([tensor], name: scope)
      }
    }
  }

  /// The same by position.
  public static func limitEpochs(_ tensor: some TensorConvertible, _ numEpochs: Int?) throws
    -> Tensor
  { try limitEpochs(tensor, numEpochs: numEpochs) }

  /// A queue that gives the rows of a tensor, again and again. Follows
  /// `tf.compat.v1.train.input_producer`.
  ///
  /// - Parameters:
  ///   - inputTensor: at least one-dimensional.
  ///   - elementShape: that of a row, where it is not known.
  ///   - numEpochs: how often each row is given; nil for no end.
  ///   - shuffle: whether each pass has another order.
  ///   - seed: says the orders.
  ///   - capacity: how many rows the queue holds.
  ///   - sharedName: by which runs of a session find the queue.
  ///   - summaryName: of a summary of how full the queue is; nil for none.
  ///   - name: of the queue.
  ///   - cancelOp: ends the queue; nil for one that is added.
  /// - Throws: `INVALID_ARGUMENT` where the shape of a row is not known; `FAILED_PRECONDITION`
  ///   where calls run at once.
  public static func inputProducer(
    _ inputTensor: some TensorConvertible, elementShape: [Int?]? = nil, numEpochs: Int? = nil,
    shuffle: Bool = true, seed: Int? = nil, capacity: Int = 32, sharedName: String? = nil,
    summaryName: String? = nil, name: String? = nil, cancelOp: Operation? = nil
  ) throws -> QueueAPI.FIFOQueue {
    try checkQueuesCanBeUsed("Input pipelines")
    return try inScope(name, "input_producer") { _ in
      var tensor = try inputTensor.asTensor().asConstant(named: "input_tensor")
      let row = tensor.shape.dims.map { PartialShape(Array($0.dropFirst())) } ?? .unknown
      let shape = try row.merged(with: PartialShape(elementShape))
      guard let dims = shape.dims, dims.allSatisfy({ $0 != nil }) else {
        throw TFError.invalidArgument(
          """
          Either `input_tensor` must have a fully defined shape or `element_shape` must be \
          specified
          """)
      }
      if shuffle { tensor = try API.random.shuffle(tensor, seed: seed) }
      tensor = try limitEpochs(tensor, numEpochs: numEpochs)
      let queue = try QueueAPI.FIFOQueue(
        capacity, [tensor.dtype], shapes: [shape], sharedName: sharedName,
        name: name ?? "fifo_queue")
      let enqueue = try queue.enqueueMany([tensor] as [any TensorConvertible])
      addQueueRunner(try QueueRunner(queue, enqueueOps: [enqueue], cancelOp: cancelOp))
      if let summaryName {
        _ = try V1Summary.scalar(
          summaryName, API.cast(queue.size(), .float32) * Float(1 / Double(capacity)))
      }
      return queue
    }
  }

  private static func assertion(_ condition: Tensor, _ message: String) throws -> Operation? {
    try inScope(nil, "Assert") { _ in
      let data = try message.asTensor()
      _ = try data.asConstant()
      return try GraphGroups.operation(DebugOps.family.assert, [condition, data], name: "Assert")
    }
  }

  /// A queue that gives texts, such as names of files, again and again. Follows
  /// `tf.compat.v1.train.string_input_producer`.
  ///
  /// - Parameter stringTensor: a vector.
  /// - Other parameters and errors: as for `inputProducer`; `INVALID_ARGUMENT` for an empty array.
  public static func stringInputProducer(
    _ stringTensor: some TensorConvertible, numEpochs: Int? = nil, shuffle: Bool = true,
    seed: Int? = nil, capacity: Int = 32, sharedName: String? = nil, name: String? = nil,
    cancelOp: Operation? = nil
  ) throws -> QueueAPI.FIFOQueue {
    try checkQueuesCanBeUsed("Input pipelines")
    let missing = "string_input_producer requires a non-null input tensor"
    if let texts = stringTensor as? [String] { try require(!texts.isEmpty, missing) }
    return try inScope(name, "input_producer") { scope in
      let texts = try stringTensor.asTensor(preferring: .string).asConstant()
      let count = try API.size(texts)
      let check = try assertion(API.greater(count, 0), missing)
      let checked = try API.controlDependencies(check.map { [$0] } ?? []) {
        try BasicOps.family.identity([texts])
      }
      return try inputProducer(
        checked, elementShape: [], numEpochs: numEpochs, shuffle: shuffle, seed: seed,
        capacity: capacity, sharedName: sharedName, summaryName: "fraction_of_\(capacity)_full",
        name: scope, cancelOp: cancelOp)
    }
  }

  /// A queue that gives the integers below `limit`, again and again. Follows
  /// `tf.compat.v1.train.range_input_producer`.
  ///
  /// - Parameters and errors: as for `inputProducer`.
  public static func rangeInputProducer(
    _ limit: some TensorConvertible, numEpochs: Int? = nil, shuffle: Bool = true,
    seed: Int? = nil, capacity: Int = 32, sharedName: String? = nil, name: String? = nil
  ) throws -> QueueAPI.FIFOQueue {
    try checkQueuesCanBeUsed("Input pipelines")
    return try inScope(name, "input_producer") { scope in
      try inputProducer(
        API.range(limit.asTensor(preferring: .int32)), elementShape: [], numEpochs: numEpochs,
        shuffle: shuffle, seed: seed, capacity: capacity, sharedName: sharedName,
        summaryName: "fraction_of_\(capacity)_full", name: scope)
    }
  }

  /// A slice of each tensor, of the same row, from a queue of row numbers. Follows
  /// `tf.compat.v1.train.slice_input_producer`.
  ///
  /// - Parameter tensorList: all with as many rows as the first.
  /// - Other parameters and errors: as for `inputProducer`.
  public static func sliceInputProducer(
    _ tensorList: [any TensorConvertible], numEpochs: Int? = nil, shuffle: Bool = true,
    seed: Int? = nil, capacity: Int = 32, sharedName: String? = nil, name: String? = nil
  ) throws -> [Tensor] {
    try checkQueuesCanBeUsed("Input pipelines")
    return try inScope(name, "input_producer") { _ in
      let tensors = try tensorList.map { try $0.asTensor().asConstant() }
      try require(
        !tensors.isEmpty,
        "Expected at least one tensor in slice_input_producer().")
      let rows = try API.shape(tensors[0])[0]
      let index = try rangeInputProducer(
        rows, numEpochs: numEpochs, shuffle: shuffle, seed: seed, capacity: capacity,
        sharedName: sharedName
      ).dequeue()[0]
      return try tensors.map { try API.gather($0, index) }
    }
  }
}
