import CoreGraph
public import CoreOps
public import OpsSparse

extension V1API {
  /// A sparse tensor that is given its value in each run. Follows
  /// `tf.compat.v1.sparse_placeholder`.
  ///
  /// - Parameters:
  ///   - dtype: of the elements.
  ///   - shape: of the whole; nil or -1 for a dimension of any size, nil as a whole for any shape.
  ///   - name: what the names of the three placeholders begin with.
  /// - Throws: `FAILED_PRECONDITION` where calls run at once.
  public static func sparsePlaceholder(
    _ dtype: DType, shape: [Int?]? = nil, name: String? = nil
  ) throws -> SparseTensor {
    guard !Environment.current.isExecutingEagerly else {
      throw TFError.failedPrecondition(
        "`sparse_placeholder` is not compatible with eager execution.")
    }
    let known = shape.map { $0.map { $0 == -1 ? nil : $0 } }
    let part = { (what: String) in name.map { "\($0)/\(what)" } }
    let whole =
      try known.map { dims in
        let sizes = try Tensor(dims.map { $0 ?? -1 }, dtype: .int64)
          .asConstant(named: part("shape_default") ?? "Const")
        return try placeholderWithDefault(sizes, shape: [dims.count], name: part("shape"))
      } ?? placeholder(.int64, [nil], name: part("shape"))
    let values = try placeholder(dtype, [nil], name: part("values"))
    return try SparseTensor(
      indices: placeholder(.int64, [nil, known?.count], name: part("indices")),
      values: values, denseShape: whole)
  }
}

/// What a sparse tensor is in a run. Follows `tf.compat.v1.SparseTensorValue`.
public struct SparseTensorValue: Sendable {
  /// int64 `[count, rank]`: where the elements are.
  public let indices: Tensor
  /// `[count]`: the elements.
  public let values: Tensor
  /// int64 `[rank]`: the shape of the whole.
  public let denseShape: Tensor

  public init(indices: Tensor, values: Tensor, denseShape: Tensor) {
    self.indices = indices
    self.values = values
    self.denseShape = denseShape
  }
}

extension V1API { public typealias SparseTensorValue = V1Graph.SparseTensorValue }

extension SparseTensor: Fetchable {
  public func add(to fetches: inout FetchList) throws {
    try fetches.add(indices)
    try fetches.add(values)
    try fetches.add(denseShape)
  }

  public func result(from values: inout FetchedValues) -> SparseTensorValue {
    SparseTensorValue(indices: values.next(), values: values.next(), denseShape: values.next())
  }
}

extension IndexedSlices: Fetchable {
  public func add(to fetches: inout FetchList) throws {
    try fetches.add(values)
    try fetches.add(indices)
    if let denseShape { try fetches.add(denseShape) }
  }

  /// Follows `tf.compat.v1.IndexedSlicesValue`.
  public func result(from values: inout FetchedValues) -> IndexedSlices {
    IndexedSlices(
      values: values.next(), indices: values.next(),
      denseShape: denseShape == nil ? nil : values.next())
  }
}
