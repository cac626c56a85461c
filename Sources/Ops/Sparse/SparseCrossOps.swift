import CKernels
package import CoreOps

/// Crosses of the features of sparse and dense columns, as a sparse matrix.
package struct SparseCrossOps: OpFamily {
  package static let family: Self = define(Self())

  package let cross: OpDef = OpDef(
    "SparseCross",
    """
    indices: N * int64, values: sparse_types, shapes: N * int64, dense_inputs: dense_types -> \
      output_indices: int64, output_values: out_type, output_shape: int64
    N: int >= 0
    hashed_output: bool
    num_buckets: int >= 0
    hash_key: int
    sparse_types: list({int64, string}) >= 0
    dense_types: list({int64, string}) >= 0
    out_type: {int64, string}
    internal_type: {int64, string}
    """,
    shape: SparseCrossOps.shape,
    kernel: .dynamic { context in
      let inputs = try CrossInputs(context)
      let isHashed = try context.type("out_type") == .int64
      let isText = try context.type("internal_type") == .string
      let buckets = try context.int("num_buckets")
      let key = UInt64(bitPattern: Int64(try context.int("hash_key")))
      return { run in
        let cross = try inputs.cross(run.inputs, isText: isText)
        let (indices, shape) = try cross.cells()
        let values =
          isHashed
          ? try cross.hashed(
            cross.columns.map {
              try $0.hashes(
                string: { jk_fingerprint64($0.baseAddress, $0.count) },
                integer: { UInt64(bitPattern: Int64($0)) })
            }, key: key, buckets: buckets)
          : try Array("_X_".utf8).withUnsafeBytes { try cross.joined(by: $0) }
        return [indices, values, shape]
      }
    }, gradient: .zero)

  package let crossV2: OpDef = OpDef(
    "SparseCrossV2",
    """
    indices: N * int64, values: sparse_types, shapes: N * int64, dense_inputs: dense_types, sep: \
      string -> output_indices: int64, output_values: string, output_shape: int64
    N: int >= 0
    sparse_types: list({int64, string}) >= 0
    dense_types: list({int64, string}) >= 0
    """,
    shape: SparseCrossOps.shape,
    kernel: .dynamic { context in
      let inputs = try CrossInputs(context)
      return { run in
        let cross = try inputs.cross(run.inputs)
        let separator = run.inputs[run.inputs.count - 1]
        try require(
          separator.dims.elementCount == 1,
          "Input separator should be a scalar, got shape \(separator.dims)")
        let (indices, shape) = try cross.cells()
        return [indices, try cross.joined(by: separator.strings.bytes(0)), shape]
      }
    }, gradient: .zero)

  package let crossHashed: OpDef = OpDef(
    "SparseCrossHashed",
    """
    indices: N * int64, values: sparse_types, shapes: N * int64, dense_inputs: dense_types, \
      num_buckets: int64, strong_hash: bool, salt: int64 -> output_indices: int64, output_values: \
      int64, output_shape: int64
    N: int >= 0
    sparse_types: list({int64, string}) >= 0
    dense_types: list({int64, string}) >= 0
    """,
    shape: SparseCrossOps.shape,
    kernel: .dynamic { context in
      let inputs = try CrossInputs(context)
      return { run in
        let cross = try inputs.cross(run.inputs)
        let (buckets, strong, salt) = (
          run.inputs[run.inputs.count - 3], run.inputs[run.inputs.count - 2],
          run.inputs[run.inputs.count - 1]
        )
        for (name, input) in [("num_buckets", buckets), ("strong_hash", strong)] {
          try require(
            input.dims.rank == 0, "Input \"\(name)\" must be a scalar, got shape \(input.dims)")
        }
        try require(
          salt.dims.rank == 1, "Input \"salt\" must be a vector, got shape \(salt.dims)")
        try require(
          salt.dims[0] == 2, "Input \"salt\" must have length 2 but has length \(salt.dims[0])")
        let words = salt.elements(UInt64.self)
        let key = strong.elements(Bool.self)[0] ? (words[0], words[1]) : nil
        let (indices, shape) = try cross.cells()
        let hashes = try cross.columns.map { try SparseCrossOps.hashes($0, key) }
        let values = try cross.hashed(hashes, key: nil, buckets: buckets.elements(Int.self)[0])
        return [indices, values, shape]
      }
    }, gradient: .zero)

  /// What `SparseCrossHashed` makes of a column's values. Of integers it takes the lower four
  /// bytes, but those of dense columns as they are where the hash is not strong.
  private static func hashes(_ column: FeatureColumn, _ key: (UInt64, UInt64)?) throws -> [UInt64] {
    func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
      key.map { SipHash.hash(bytes, key: $0) } ?? jk_fingerprint64(bytes.baseAddress, bytes.count)
    }
    return try column.hashes(string: hash) { value in
      if column.isDense, key == nil { return UInt64(bitPattern: Int64(value)) }
      return withUnsafeBytes(of: UInt32(truncatingIfNeeded: value).littleEndian, hash)
    }
  }

  private static let shape: ShapeRule = { _ in [[nil, 2], [nil], [2]] }
}

/// The inputs that the ops on sparse crosses share.
private struct CrossInputs: Sendable {
  private let indices: Range<Int>
  private let values: Range<Int>
  private let shapes: Range<Int>
  private let dense: Range<Int>

  init(_ context: KernelContext) throws {
    indices = try context.inputRange("indices")
    values = try context.inputRange("values")
    shapes = try context.inputRange("shapes")
    dense = try context.inputRange("dense_inputs")
    try require(
      values.count == indices.count,
      "Expected \(indices.count) input values, got \(values.count)")
  }

  /// - Parameter isText: whether integers are refused.
  func cross(_ inputs: [Tensor], isText: Bool = false) throws -> FeatureCross {
    let (indices, values) = (Array(inputs[self.indices]), Array(inputs[self.values]))
    let (shapes, dense) = (Array(inputs[self.shapes]), Array(inputs[self.dense]))
    for (position, input) in indices.enumerated() {
      try require(
        input.dims.rank == 2,
        "Input indices should be a matrix but received shape \(input.dims) at position \(position)")
      try require(
        input.dims[1] == 2,
        "Expected D2 of index to be 2 got \(input.dims[1]) at position \(position)")
    }
    for (position, input) in values.enumerated() {
      try require(
        !isText || input.dtype == .string,
        "Input values should be of internal type string but received \(input.dtype)")
      try require(
        input.dims.rank == 1,
        "Input values should be a vector but received shape \(input.dims) at position \(position)")
      try require(
        input.dims[0] == indices[position].dims[0],
        """
        Expected size of values to be \(indices[position].dims[0]) got \(input.dims[0]) at \
        position \(position)
        """
      )
    }
    for (position, input) in shapes.enumerated() {
      try require(
        input.dims.rank == 1,
        "Input shapes should be a vector but received shape \(input.dims) at position \(position)")
      try require(
        input.dims[0] == 2,
        "shape should imply a 2D tensor, but got \(input.dims) at position \(position)")
    }
    for (position, input) in dense.enumerated() {
      try require(
        !isText || input.dtype == .string,
        "Dense inputs should be of internal type string but received \(input.dtype)")
      try require(
        input.dims.rank == 2,
        "Dense inputs should be a matrix but received shape \(input.dims) at position \(position)")
    }
    let sizes = try shapes.map { try $0.integers()[0] }
    let examples = sizes.first ?? dense.first?.dims[0] ?? 0
    try require(examples >= 0, "Expected a batch size that is not negative, got \(examples)")
    for (position, size) in sizes.enumerated() {
      try require(
        size == examples, "Expected batch size \(examples) got \(size) at position \(position)")
    }
    for (position, input) in dense.enumerated() {
      try require(
        input.dims[0] == examples,
        "Expected batch size \(examples) got \(input.dims[0]) at dense tensor \(position)")
    }
    let sparse = try zip(indices, values).map { indices, values in
      FeatureColumn(values: values, splits: try Self.splits(indices, examples))
    }
    return try FeatureCross(sparse + dense.map { FeatureColumn(dense: $0) }, examples: examples)
  }

  /// Where the elements of each row begin. Elements that are not in the order of their rows belong
  /// to none, and so do those after them.
  private static func splits(_ indices: Tensor, _ examples: Int) throws -> [Int] {
    try MemoryLimit.room(for: (Dimension(examples) * 8).saturated)
    let (at, count) = (indices.elements(Int.self), indices.dims[0])
    var pace = Pace()
    var next = 0
    var splits = [0]
    splits.reserveCapacity(examples + 1)
    for example in 0..<examples {
      try pace.step()
      while next < count, at[next &* 2] == example { next += 1 }
      splits.append(next)
    }
    return splits
  }
}
