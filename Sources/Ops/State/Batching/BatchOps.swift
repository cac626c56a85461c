package import CoreOps

/// Requests as batches. A batch never waits for a second request, which TensorFlow gives the time
/// `batch_timeout_micros` to come: each request is a batch of its own, padded to an allowed size.
package struct BatchOps: OpFamily {
  package static let family: Self = define(Self())

  package let batch = OpDef(
    "Batch",
    """
    in_tensors: T -> batched_tensors: T, batch_index: int64, id: int64
    num_batch_threads: int
    max_batch_size: int
    max_enqueued_batches: int = 10
    batch_timeout_micros: int
    allowed_batch_sizes: list(int) = []
    grad_timeout_micros: int
    container: string = ''
    shared_name: string = ''
    batching_queue: string = ''
    T: list(type) >= 1
    """,
    shape: { context in
      let batched = context.shapes.map { shape -> PartialShape in
        guard let dims = shape.dims, !dims.isEmpty else { return .unknown }
        return PartialShape([nil] + dims.dropFirst())
      }
      return batched + [.unknown, .unknown]
    },
    kernel: .dynamic { context in
      let sizes = try BatchSizes(context, splits: false)
      return { run in
        let count = try sizes.check(run.inputs)
        if count == 0 {
          return try run.inputs.map { try Tensor.zeros($0.dtype, [0]) }
            + [Tensor.zeros(.int64, [0]), Tensor.zeros(.int64, [0])]
        }
        let id = Int.random(in: Int.min...Int.max)
        return try run.inputs.map { try sizes.padded($0, count) }
          + [Tensor([id, 0, count], dims: [1, 3]), Tensor(scalar: id)]
      }
    }, gradient: .none("TensorFlow's gradient of it needs UnbatchGrad"))

  package let batchFunction = OpDef(
    "BatchFunction",
    """
    in_tensors: Tin, captured_tensors: Tcaptured -> out_tensors: Tout
    f: func
    num_batch_threads: int
    max_batch_size: int
    batch_timeout_micros: int
    max_enqueued_batches: int = 10
    allowed_batch_sizes: list(int) = []
    container: string = ''
    shared_name: string = ''
    batching_queue: string = ''
    low_priority_max_batch_size: int = 0
    low_priority_batch_timeout_micros: int = 0
    low_priority_allowed_batch_sizes: list(int) = []
    low_priority_max_enqueued_batches: int = 0
    mixed_priority_policy: {'low_priority_padding_with_max_batch_size', \
      'low_priority_padding_with_next_allowed_batch_size', 'priority_isolation', \
      'priority_merge'} = 'low_priority_padding_with_max_batch_size'
    batch_padding_policy: {'PAD_UP', 'BATCH_DOWN', 'MINIMIZE_TPU_COST_PER_REQUEST'} = 'PAD_UP'
    Tin: list(type) >= 1
    Tcaptured: list(type) >= 0
    Tout: list(type) >= 1
    enable_large_batch_splitting: bool = false
    """, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      let function = try context.function("f")
      let inputs = try context.inputRange("in_tensors")
      let types = context.outputTypes
      let sizes = try BatchSizes(context, splits: context.bool("enable_large_batch_splitting"))
      return { run in
        let (own, captured) = (Array(run.inputs[inputs]), Array(run.inputs[inputs.upperBound...]))
        let count = try sizes.check(own)
        if count == 0 { return try types.map { try Tensor.zeros($0, [0]) } }
        let execution = try run.execution.nested()
        guard let functions = execution.functions else {
          throw TFError.notFound("Failed to find definition for function \"\(function.name)\"")
        }
        var parts: [[Tensor]] = []
        for start in stride(from: 0, to: count, by: sizes.largest) {
          let size = min(sizes.largest, count - start)
          let batch = try own.map { tensor in
            var dims = tensor.dims
            dims[0] = size
            return try sizes.padded(tensor.rows(start, start + size, dims: dims), size)
          }
          let outputs = try functions.call(
            function.name, function.attrs, batch + captured, execution)
          parts.append(try sizes.unpadded(outputs, types, size))
        }
        if parts.count == 1 { return parts[0] }
        return try types.indices.map { index in
          let pieces = parts.map { $0[index] }
          var dims = pieces[0].dims
          dims[0] = count
          return try Stacking.joined(pieces, types[index], dims)
        }
      }
    }, gradient: .none("TensorFlow has no gradient for it"))

  package let unbatch = OpDef(
    "Unbatch",
    """
    batched_tensor: T, batch_index: int64, id: int64 -> unbatched_tensor: T
    timeout_micros: int
    container: string = ''
    shared_name: string = ''
    T: type
    """, mayWait: true,
    shape: { context in
      guard let dims = context.shapes[0].dims, !dims.isEmpty else { return [.unknown] }
      return [PartialShape([nil] + dims.dropFirst())]
    },
    kernel: .dynamic { context in
      let place = try ResourcePlace(context)
      let timeout = try context.int("timeout_micros")
      return { run in
        let batches = try place.find(run, form: "unbatch") { UnbatchedTensors() }
        return [
          try batches.take(
            run.inputs[0], BatchIndex(run.inputs[1], run.inputs[0]), id(run.inputs[2]),
            timeout: timeout, run.ticket)
        ]
      }
    }, gradient: .none("TensorFlow's gradient of it is UnbatchGrad"))

  package let unbatchGrad = OpDef(
    "UnbatchGrad",
    """
    original_input: T, batch_index: int64, grad: T, id: int64 -> batched_grad: T
    container: string = ''
    shared_name: string = ''
    T: type
    """, mayWait: true,
    shape: { context in
      guard let dims = context.shapes[2].dims, !dims.isEmpty else { return [.unknown] }
      return [PartialShape([nil] + dims.dropFirst())]
    },
    kernel: .dynamic { context in
      let place = try ResourcePlace(context)
      return { run in
        let batches = try place.find(run, form: "unbatch gradient") { BatchedGradients() }
        return [
          try batches.take(
            run.inputs[2], BatchIndex(run.inputs[1], nil), id(run.inputs[3]), run.ticket)
        ]
      }
    }, gradient: .none("TensorFlow has no gradient for it"))

  private static func id(_ tensor: Tensor) throws -> Int {
    try require(
      tensor.dims.elementCount == 1,
      "Expected `id` to be a scalar. Received \(tensor.dims)")
    return try tensor.integers()[0]
  }
}

/// The sizes that batches may have.
private struct BatchSizes: Sendable {
  private let limit: Int
  private let allowed: [Int]
  /// The most rows of one call.
  let largest: Int

  init(_ context: KernelContext, splits: Bool) throws {
    let limit = try context.int("max_batch_size")
    let allowed = try context.ints("allowed_batch_sizes")
    try require(
      zip(allowed, allowed.dropFirst()).allSatisfy { $0 < $1 },
      "allowed_batch_sizes entries must be monotonically increasing")
    try require(
      allowed.isEmpty || splits || allowed.last == limit,
      "final entry in allowed_batch_sizes must equal max_batch_size")
    try require(
      limit > 0 && allowed.allSatisfy { $0 > 0 && $0 <= limit },
      "batch sizes must be positive and not more than max_batch_size \(limit)")
    self.limit = limit
    self.allowed = allowed
    largest = splits ? allowed.last ?? limit : limit
  }

  /// - Returns: how many rows the inputs have.
  func check(_ inputs: [Tensor]) throws -> Int {
    for input in inputs {
      try require(
        input.dims.rank > 0, "Batching input tensors must have at least one dimension.")
    }
    let count = inputs[0].dims[0]
    try require(
      inputs.allSatisfy { $0.dims[0] == count },
      """
      Batching input tensors supplied in a given op invocation must have equal 0th-dimension size: \
      got \(inputs.map { "\($0.dims)" }.joined(separator: ", "))
      """
    )
    try require(
      count <= limit, "Task size \(count) is larger than maximum input batch size \(limit)")
    return count
  }

  private func size(_ count: Int) -> Int { allowed.first { $0 >= count } ?? count }

  /// With copies of the first row up to an allowed size.
  func padded(_ tensor: Tensor, _ count: Int) throws -> Tensor {
    let size = size(count)
    if size == count { return tensor }
    var dims = tensor.dims
    dims[0] = 1
    let first = tensor.rows(0, 1, dims: dims)
    dims[0] = size
    return try Stacking.joined(
      [tensor] + [Tensor](repeating: first, count: size - count), tensor.dtype, dims)
  }

  /// Without the rows that `padded` added.
  func unpadded(_ outputs: [Tensor], _ types: [DType], _ count: Int) throws -> [Tensor] {
    let size = size(count)
    try require(
      outputs.map(\.dtype) == types,
      "the batched function gave \(list(outputs.map(\.dtype))), expected \(list(types))")
    return try outputs.map { output in
      try require(
        output.dims.rank > 0 && output.dims[0] == size,
        """
        Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of \
        the input tensors: its shape is \(output.dims), the sum is \(size)
        """
      )
      if size == count { return output }
      var dims = output.dims
      dims[0] = count
      return output.rows(0, count, dims: dims)
    }
  }
}
