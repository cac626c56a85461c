import CKernels
package import CoreOps

/// Crosses of the features of ragged, sparse and dense columns, as a ragged tensor.
package struct RaggedCrossOps: OpFamily {
  package static let family: Self = define(Self())

  package let cross: OpDef = OpDef(
    "RaggedCross",
    """
    ragged_values: ragged_values_types, ragged_row_splits: ragged_splits_types, sparse_indices: \
      Nsparse * int64, sparse_values: sparse_values_types, sparse_shape: Nsparse * int64, \
      dense_inputs: dense_types -> output_values: out_values_type, output_row_splits: \
      out_row_splits_type
    Nsparse: int >= 0
    input_order: string
    hashed_output: bool
    num_buckets: int >= 0
    hash_key: int
    ragged_values_types: list({int64, string}) >= 0
    ragged_splits_types: list({int32, int64}) >= 0
    sparse_values_types: list({int64, string}) >= 0
    dense_types: list({int64, string}) >= 0
    out_values_type: {int64, string}
    out_row_splits_type: {int32, int64}
    """,
    shape: { context in
      var examples: Dimension?
      for index in try context.range("ragged_row_splits") {
        examples =
          try examples ?? context.shape(index, rank: 1, "ragged_row_splits")[0].map { $0 - 1 }
      }
      for index in try context.range("dense_inputs") {
        examples = try examples ?? context.shape(index, rank: 2, "dense_inputs")[0]
      }
      return [[nil], .of(examples.map { $0 + 1 })]
    },
    kernel: .dynamic { context in
      let ranges = try [
        "ragged_values", "ragged_row_splits", "sparse_indices", "sparse_values", "sparse_shape",
        "dense_inputs",
      ].map { try context.inputRange($0) }
      let order = try context.bytes("input_order")
      let isHashed = try context.type("out_values_type") == .int64
      let splitsType = try context.type("out_row_splits_type")
      let buckets = try context.int("num_buckets")
      let key = UInt64(bitPattern: Int64(try context.int("hash_key")))
      try require(
        ranges[0].count == ranges[1].count, "ragged values and splits must have the same length")
      try require(
        ranges[2].count == ranges[3].count, "sparse indices and values must have the same length")
      try require(
        ranges[0].count + ranges[3].count + ranges[5].count == order.count,
        "Invalid length for input_order")
      return { run in
        let lists = ranges.map { Array(run.inputs[$0]) }
        let (columns, examples) = try RaggedCrossOps.columns(lists, order)
        let cross = try FeatureCross(columns, examples: examples)
        let values =
          isHashed
          ? try cross.hashed(
            columns.map {
              try $0.hashes(
                string: { jk_fingerprint64($0.baseAddress, $0.count) },
                integer: { UInt64(bitPattern: Int64($0)) })
            }, key: key, buckets: buckets)
          : try Array("_X_".utf8).withUnsafeBytes { try cross.joined(by: $0) }
        return [values, try cross.splits(splitsType)]
      }
    }, gradient: .zero)

  /// The columns in the order that is asked for, and how many examples they have.
  private static func columns(
    _ lists: [[Tensor]], _ order: [UInt8]
  ) throws -> (columns: [FeatureColumn], examples: Int) {
    let (ragged, splits) = (lists[0], lists[1])
    let (indices, sparse, shapes, dense) = (lists[2], lists[3], lists[4], lists[5])
    let wrongRank = "tf.ragged.cross only supports inputs with rank=2."
    for (values, splits) in zip(ragged, splits) {
      try require(values.dims.rank == 1, wrongRank)
      try require(splits.dims.rank == 1, "Invalid RaggedTensor")
    }
    for (index, input) in indices.enumerated() {
      try require(
        input.dims.rank == 2 && sparse[index].dims.rank == 1 && shapes[index].dims.rank == 1
          && input.dims[1] > 0 && input.dims[0] == sparse[index].dims[0],
        "Invalid SparseTensor \(index)")
      try require(shapes[index].dims[0] == 2, wrongRank)
    }
    for input in dense { try require(input.dims.rank == 2, wrongRank) }
    let sizes =
      splits.map { $0.dims[0] - 1 } + dense.map { $0.dims[0] }
      + (try shapes.map { try $0.integers()[0] })
    let examples = sizes.first ?? 0
    try require(
      examples >= 0 && sizes.allSatisfy { $0 == examples },
      "inputs must all have the same batch dimension size.")
    var next = (ragged: 0, sparse: 0, dense: 0)
    func missing(_ what: String, _ index: Int, _ count: Int) -> String {
      """
      input_order "\(String(decoding: order, as: UTF8.self))" specifies reading a \(what) at index \
      \(index) from a list of \(count)
      """
    }
    let columns = try order.map { kind -> FeatureColumn in
      switch kind {
      case UInt8(ascii: "R"):
        try require(
          next.ragged < ragged.count,
          missing("ragged tensor value", next.ragged, ragged.count) + " values.")
        defer { next.ragged += 1 }
        let values = ragged[next.ragged]
        let ends = try RaggedSplits.checked(splits[next.ragged], of: values.dims[0])
        return FeatureColumn(values: values, splits: ends)
      case UInt8(ascii: "S"):
        try require(
          next.sparse < sparse.count,
          missing("sparse tensor value", next.sparse, sparse.count) + " values.")
        defer { next.sparse += 1 }
        return FeatureColumn(
          values: sparse[next.sparse], splits: try rows(indices[next.sparse], examples))
      case UInt8(ascii: "D"):
        try require(
          next.dense < dense.count,
          missing("dense tensor", next.dense, dense.count) + " tensors.")
        defer { next.dense += 1 }
        return FeatureColumn(dense: dense[next.dense])
      default: throw TFError.invalidArgument("Unexpected input_order value.")
      }
    }
    return (columns, examples)
  }

  /// Where the elements of each row of a sparse matrix begin, by the first column of its indices.
  private static func rows(_ indices: Tensor, _ examples: Int) throws -> [Int] {
    try MemoryLimit.room(for: (Dimension(examples) * 8).saturated)
    let (at, count, rank) = (indices.elements(Int.self), indices.dims[0], indices.dims[1])
    var pace = Pace()
    var next = 0
    var splits = [0]
    splits.reserveCapacity(examples + 1)
    for row in 0..<examples {
      try pace.step()
      while next < count, at[next &* rank] <= row { next += 1 }
      splits.append(next)
    }
    return splits
  }
}
