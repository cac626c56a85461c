import CKernels
package import CoreOps

/// Datasets whose elements are not those of other datasets: values, numbers, what a function makes.
package struct SourceDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let tensor = DatasetDefinition.op(
    "TensorDataset",
    """
    components: Toutput_types -> handle: variant
    Toutput_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """, stateful: true
  ) { context in
    let stated = try DatasetDefinition.components(context, "Toutput_types")
    return { run in
      let values = run.inputs
      for (part, value) in zip(stated, values) {
        try require(
          part.shape.isCompatible(with: value.shape),
          "Incompatible shapes: expected \(part.shape), got \(value.dims)")
      }
      return try DatasetObject(
        "Tensor", values.map { .init($0.dtype, $0.shape) }, cardinality: 1,
        elementAt: { _, _ in values }
      ) { _ in
        var isOver = false
        return DatasetIterator { _ in
          if isOver { return nil }
          isOver = true
          return values
        }
      }
    }
  }

  package let tensorSlice = DatasetDefinition.op(
    "TensorSliceDataset",
    """
    components: Toutput_types -> handle: variant
    Toutput_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    is_files: bool = false
    metadata: string = ''
    replicate_on_split: bool = false
    """, stateful: true
  ) { context in
    let stated = try DatasetDefinition.components(context, "Toutput_types")
    return { run in
      let values = run.inputs
      for value in values {
        try require(value.dims.rank > 0, "All components must be at least 1-dimensional")
      }
      let count = values[0].dims[0]
      for value in values {
        try require(
          value.dims[0] == count,
          "All components must have the same size in the 0th dimension")
      }
      let dims = values.map { Shape($0.dims.dims.dropFirst()) }
      for (part, dims) in zip(stated, dims) {
        try require(
          part.shape.isCompatible(with: PartialShape(dims)),
          "Incompatible shapes: expected \(part.shape), got \(dims)")
      }
      let slice: @Sendable (Int) -> [Tensor] = { index in
        values.indices.map { values[$0].rows(index, index + 1, dims: dims[$0]) }
      }
      return try DatasetObject(
        "TensorSlice", zip(values, dims).map { .init($0.dtype, PartialShape($1)) },
        cardinality: count, elementAt: { index, _ in slice(index) }
      ) { _ in
        var next = 0
        return DatasetIterator { _ in
          if next == count { return nil }
          next += 1
          return slice(next - 1)
        }
      }
    }
  }

  package let range = DatasetDefinition.op(
    "RangeDataset",
    """
    start: int64, stop: int64, step: int64 -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    replicate_on_split: bool = false
    """, stateful: true
  ) { context in
    let dtype = try context.types("output_types")[0]
    try require(
      DTypeSet.numbers.contains(dtype), "Unsupported data type: \(dtype.signatureName)")
    return { run in
      let (start, stop, step) = (try run.int(0), try run.int(1), try run.int(2))
      try require(step != 0, "step must be a non-zero integer.")
      let count = NumberRange.count(start, stop, step)
      let value: @Sendable (Int, ExecutionContext) throws -> [Tensor] = { index, execution in
        [try NumberRange.tensor(start &+ index &* step, dtype, execution)]
      }
      return try DatasetObject(
        "Range", [.init(dtype, .scalar)], cardinality: count, elementAt: value
      ) { _ in
        var next = 0
        return DatasetIterator { run in
          if next == count { return nil }
          next += 1
          return try value(next - 1, run)
        }
      }
    }
  }

  package let list = DatasetDefinition.op(
    "ListDataset",
    """
    tensors: Tinput_types -> handle: variant
    Tinput_types: list(type) >= 1
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """, stateful: true
  ) { context in
    let components = try DatasetDefinition.components(context)
    let width = components.count
    try require(
      context.inputTypes.count % width == 0,
      "\(context.inputTypes.count) tensors are no list of elements with \(width) components")
    for (index, dtype) in context.inputTypes.enumerated() {
      try require(
        dtype == components[index % width].dtype,
        """
        tensor \(index) has dtype \(dtype.name), component \(index % width) is \
        \(components[index % width].dtype.name)
        """)
    }
    return { run in
      let values = run.inputs
      let count = values.count / width
      let element: @Sendable (Int) -> [Tensor] = {
        Array(values[$0 * width..<($0 + 1) * width])
      }
      return try DatasetObject(
        "List", components, cardinality: count, elementAt: { index, _ in element(index) }
      ) { _ in
        var next = 0
        return DatasetIterator { _ in
          if next == count { return nil }
          next += 1
          return element(next - 1)
        }
      }
    }
  }

  package let generator = DatasetDefinition.op(
    "GeneratorDataset",
    """
    init_func_other_args: Tinit_func_args, next_func_other_args: Tnext_func_args, \
      finalize_func_other_args: Tfinalize_func_args -> handle: variant
    init_func: func
    next_func: func
    finalize_func: func
    Tinit_func_args: list(type) >= 0
    Tnext_func_args: list(type) >= 0
    Tfinalize_func_args: list(type) >= 0
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """, stateful: true
  ) { context in
    let components = try DatasetDefinition.components(context)
    let functions = try ["init", "next", "finalize"].map {
      (try context.function("\($0)_func"), try context.inputRange("\($0)_func_other_args"))
    }
    return { run in
      let captured = functions.enumerated().map { index, function in
        CapturedFunction(
          function.0, captured: DatasetDefinition.captured(run, function.1),
          results: index == 1 ? components.map(\.dtype) : nil, run.execution)
      }
      return try DatasetObject(
        "Generator", components, cardinality: DatasetObject.unknown
      ) { context in
        let walk = GeneratorWalk(captured.map { $0.instance(context) })
        return DatasetIterator { try walk.next($0) }
      }
    }
  }

  package let sparseTensorSlice = DatasetDefinition.op(
    "SparseTensorSliceDataset",
    """
    indices: int64, values: Tvalues, dense_shape: int64 -> handle: variant
    Tvalues: type
    """, stateful: true, vectors: ["indices", "values", "dense_shape"]
  ) { _ in
    { run in
      let rows = try SparseRows(run.inputs)
      let rank = rows.shape.count - 1
      return try DatasetObject(
        "SparseTensorSlice",
        [
          .init(.int64, [nil, rank]), .init(run.inputs[1].dtype, [nil]), .init(.int64, [rank]),
        ], cardinality: rows.shape[0]
      ) { _ in
        var (row, position) = (0, 0)
        return DatasetIterator { _ in
          if row == rows.shape[0] { return nil }
          row += 1
          return try rows.slice(row - 1, from: &position)
        }
      }
    }
  }
}

/// The numbers of a range.
enum NumberRange {
  /// How many numbers there are from `start` to before `stop`.
  static func count(_ start: Int, _ stop: Int, _ step: Int) -> Int {
    guard step > 0 ? start < stop : start > stop else { return 0 }
    let distance = step > 0 ? UInt(bitPattern: stop &- start) : UInt(bitPattern: start &- stop)
    return Int(clamping: (distance - 1) / step.magnitude + 1)
  }

  /// A number as a scalar.
  static func tensor(_ value: Int, _ dtype: DType, _ execution: ExecutionContext) throws -> Tensor {
    switch dtype {
    case .int64: try Tensor(scalar: value)
    case .int32: try Tensor(scalar: Int32(truncatingIfNeeded: value))
    default:
      try EagerInterpreter.apply(
        OpDef.registered("Cast"), [Tensor(scalar: value)],
        ["SrcT": .type(.int64), "DstT": .type(dtype)], execution)[0]
    }
  }
}

/// A run through what a generator's functions give. The state is handed back when the run ends or
/// is left.
private final class GeneratorWalk {
  private let start: FunctionInstance
  private let element: FunctionInstance
  private let end: FunctionInstance
  private var state: [Tensor]?
  private var isOver = false
  private var last: ExecutionContext?

  init(_ functions: [FunctionInstance]) {
    (start, element, end) = (functions[0], functions[1], functions[2])
  }

  func next(_ run: ExecutionContext) throws -> [Tensor]? {
    if isOver { return nil }
    last = run
    let state = try self.state ?? start([], run)
    self.state = state
    do { return try element(state, run) } catch let error as TFError
      where error.code == .outOfRange
    {
      isOver = true
      _ = try end(state, run)
      return nil
    }
  }

  deinit {
    guard let state, !isOver, let last else { return }
    // There is no one to tell of an error.
    _ = try? end(state, last.with(cancellation: .never, observer: nil))
  }
}

/// The rows of a sparse tensor along its first dimension.
private struct SparseRows: Sendable {
  let shape: [Int]
  private let indices: Tensor
  private let values: Tensor

  init(_ inputs: [Tensor]) throws {
    (indices, values) = (inputs[0], inputs[1])
    try require(
      indices.dims.rank == 2, "Input indices must be a matrix. Got: \(indices.dims)")
    try require(values.dims.rank == 1, "Input values must be a vector. Got: \(values.dims)")
    try require(
      inputs[2].dims.rank == 1, "Input shape must be a vector. Got: \(inputs[2].dims)")
    try require(
      values.dims[0] == indices.dims[0],
      """
      Number of values must match first dimension of indices. Got \(values.dims[0]) values, \
      indices shape: \(indices.dims)
      """)
    shape = try inputs[2].integers()
    try require(
      shape.count == indices.dims[1],
      """
      Number of dimensions must match second dimension of indices. Got \(shape.count) dimensions, \
      indices shape: \(indices.dims)
      """)
    try require(!shape.isEmpty, "The shape argument requires at least one element.")
    for (axis, size) in shape.enumerated() {
      try require(size >= 0, "Dimension \(axis) must be >= 0, got \(size)")
    }
    var previous = -1
    var pace = Pace()
    let all = indices.elements(Int.self)
    for entry in 0..<values.dims[0] {
      try pace.step()
      let row = all[entry * shape.count]
      if row < previous {
        throw TFError.unimplemented(
          "The SparseTensor must be ordered in the batch dimension; handling arbitrarily ordered "
            + "input is not currently supported.")
      }
      try require(
        row < shape[0] && row >= 0, "Input indices must be within dense_shape, got row \(row)")
      previous = row
    }
  }

  /// A row, whose entries begin at `position`, which moves on past them.
  func slice(_ row: Int, from position: inout Int) throws -> [Tensor] {
    let (all, width, start) = (indices.elements(Int.self), shape.count, position)
    while position < values.dims[0], all[position * width] == row { position += 1 }
    let count = position - start
    let places = try Tensor.uninitialized(.int64, [count, width - 1])
    let out = places.elements(Int.self)
    for entry in 0..<count {
      for axis in 1..<width {
        out[entry * (width - 1) + axis - 1] = all[(start + entry) * width + axis]
      }
    }
    return [
      places, values.rows(start, position, dims: [count]),
      try Tensor(Array(shape.dropFirst()), dims: [width - 1]),
    ]
  }
}
