package import CoreOps

/// A ragged tensor as the element of a variant tensor: what `RaggedTensorToVariant` makes.
package final class RaggedValue: TensorObject {
  /// Where rows begin, from the outermost nesting to the innermost.
  package let splits: [Tensor]
  package let values: Tensor

  package init(splits: [Tensor], values: Tensor) {
    self.splits = splits
    self.values = values
  }
}

extension RaggedValue: AdditiveObject {
  package func zeros() throws -> any TensorObject {
    RaggedValue(splits: splits, values: try Tensor.zeros(like: values))
  }

  package func sum(with other: any TensorObject) throws -> any TensorObject {
    guard let other = other as? RaggedValue else {
      throw TFError.invalidArgument("a ragged tensor can be added to another only")
    }
    try require(
      values.dtype == other.values.dtype,
      """
      Can't add RaggedTensorVariants of different dtypes. One is \(values.dtype.signatureName) and \
      the other is \(other.values.dtype.signatureName)
      """
    )
    try require(
      splits.count == other.splits.count,
      """
      Can't add RaggedTensorVariants of different ragged rank. One is \(splits.count) and the \
      other is \(other.splits.count)
      """
    )
    for (a, b) in zip(splits, other.splits) {
      try require(
        try a.integers() == b.integers(),
        "Can't add RaggedTensorVariants with different row_splits.")
    }
    return RaggedValue(splits: splits, values: try Tensor.sum(values, other.values))
  }
}

/// The places where rows of ragged tensors begin.
enum RaggedSplits {
  /// The integers of `splits`, which begin with 0, do not fall and end with `count`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when they do not.
  static func checked(_ splits: Tensor, of count: Int) throws -> [Int] {
    let ends = try splits.integers()
    try require(
      splits.dims.rank == 1,
      "Invalid ragged splits: ragged splits must be rank 1 but is rank \(splits.dims.rank)")
    try require(
      !ends.isEmpty,
      "Invalid ragged splits: ragged splits must have at least one splits, but is empty")
    try require(
      ends[0] == 0,
      "Invalid ragged splits: first element of ragged splits  must be 0 but is \(ends[0])")
    for (index, (a, b)) in zip(ends, ends.dropFirst()).enumerated() {
      try require(
        a <= b,
        """
        Invalid ragged splits: ragged splits must be monotonically increasing, but \
        ragged_splits[\(index + 1)]=\(b) is smaller than row_splits[\(index)]=\(a)
        """
      )
    }
    try require(
      ends[ends.count - 1] == count,
      """
      Invalid ragged splits: last element of ragged splits must be the number of ragged \
      values(\(count)) but is \(ends[ends.count - 1])
      """
    )
    return ends
  }

  /// The integers of nested splits of `values`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when they do not fit each other.
  static func checked(_ nested: [Tensor], of values: Tensor) throws -> [[Int]] {
    if nested.isEmpty { return [] }
    try require(
      values.dims.rank >= 1,
      """
      Requires flat_values to have rank>=1 when nested_row_splits is not empty, but is \
      \(values.dims.rank).
      """
    )
    return try nested.enumerated().map { level, splits in
      let below =
        level + 1 < nested.count ? nested[level + 1].dims.elementCount - 1 : values.dims[0]
      return try checked(splits, of: below)
    }
  }
}
