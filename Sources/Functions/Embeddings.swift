import CoreGraph
public import CoreOps
public import OpsNN
public import Variables

/// How rows are spread over several tensors. Follows the `partition_strategy` of
/// `tf.nn.embedding_lookup`.
public struct PartitionStrategy: Sendable, Hashable, ExpressibleByStringLiteral {
  let name: String
  public init(stringLiteral name: String) { self.name = name }

  /// Row i is row i / n of tensor i mod n.
  public static let mod: PartitionStrategy = "mod"
  /// Each tensor has rows that follow each other.
  public static let div: PartitionStrategy = "div"
}

extension V1NN {
  /// The rows of `params` that `ids` name. Follows `tf.compat.v1.nn.embedding_lookup`.
  ///
  /// - Parameters:
  ///   - params: a tensor or variable, of which the first dimension counts rows; or several that
  ///     rows are spread over.
  ///   - ids: int32 or int64, of any shape.
  ///   - partitionStrategy: how rows are spread.
  ///   - name: of the scope.
  ///   - maxNorm: the greatest Euclidean norm of a row that is not scaled down; nil for any.
  /// - Throws: `INVALID_ARGUMENT` for no tensor, an unknown strategy, and for an id that names no
  ///   row, when it runs.
  public static func embeddingLookup(
    _ params: any PartitionedTensors, _ ids: some TensorConvertible,
    partitionStrategy: PartitionStrategy = .mod, name: String? = nil,
    maxNorm: (any TensorConvertible)? = nil
  ) throws -> Tensor {
    try Embeddings.lookup(params.rowParts, ids, partitionStrategy, name, maxNorm)
  }
}

extension V2NN {
  /// The rows of `params` that `ids` name. Follows `tf.nn.embedding_lookup`.
  ///
  /// - Parameters:
  ///   - params: a tensor or variable, of which the first dimension counts rows; or several that
  ///     the rows are spread over, as by `.div`.
  ///   - ids: int32 or int64, of any shape.
  ///   - maxNorm: the greatest Euclidean norm of a row that is not scaled down; nil for any.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for an id that names no row, when it runs.
  public static func embeddingLookup(
    _ params: any PartitionedTensors, _ ids: some TensorConvertible,
    maxNorm: (any TensorConvertible)? = nil, name: String? = nil
  ) throws -> Tensor {
    try Embeddings.lookup(params.rowParts, ids, .div, name, maxNorm)
  }
}

/// A tensor or variable, or a list of those that rows are spread over.
public protocol PartitionedTensors {
  /// Those, in order.
  var rowParts: [any TensorConvertible] { get }
}

extension Tensor: PartitionedTensors {
  public var rowParts: [any TensorConvertible] { [self] }
}
extension Variable: PartitionedTensors {
  public var rowParts: [any TensorConvertible] { partitions.isEmpty ? [self] : partitions }
}
extension Array: PartitionedTensors where Element: TensorOperand {
  public var rowParts: [any TensorConvertible] { map { $0 } }
}

package enum Embeddings {
  package static func lookup(
    _ params: [any TensorConvertible], _ ids: some TensorConvertible,
    _ strategy: PartitionStrategy, _ name: String?, _ maxNorm: (any TensorConvertible)?
  ) throws -> Tensor {
    guard !params.isEmpty else {
      throw TFError.invalidArgument("Length of params is currently 0. Need at least one param.")
    }
    return try inScope(name, "embedding_lookup") { scope in
      let ids = try ids.converted("ids")
      guard params.count > 1 else {
        let rows = try colocated(with: params[0]) {
          try clipped(gather(params[0], ids, name: scope), ids, maxNorm)
        }
        return try MathAPI.identity(rows)
      }
      return try clipped(spread(params, ids, strategy, scope), ids, maxNorm)
    }
  }

  private static func isResource(_ param: any TensorConvertible) -> Bool {
    (param as? Variable)?.isResource ?? false
  }

  private static func colocated<R>(with param: any TensorConvertible, _ body: () throws -> R) throws
    -> R
  {
    let place = try isResource(param) ? (param as? Variable)?.handle : param.asTensor()
    return try Environment.current.colocated(with: place, ignoringExisting: true).run(body)
  }

  private static func gather(_ param: any TensorConvertible, _ ids: Tensor, name: String? = nil)
    throws -> Tensor
  {
    if isResource(param), let variable = param as? Variable {
      return try variable.sparseRead(ids, name: name)
    }
    return try MathAPI.gather(param.asTensor(), ids, name: name)
  }

  /// The rows with a norm of at most `maxNorm`.
  private static func clipped(_ rows: Tensor, _ ids: Tensor, _ maxNorm: (any TensorConvertible)?)
    throws -> Tensor
  {
    guard let maxNorm else { return rows }
    if let first = ids.shape.rank, first > 0, let last = rows.shape.rank {
      return try MathAPI.clipByNorm(rows, maxNorm, axes: Array(min(first, last)..<last))
    }
    let axes = try MathAPI.range(MathAPI.rank(ids), MathAPI.rank(rows))
    return try MathAPI.clipByNorm(rows, maxNorm, axes: axes)
  }

  private static func shape(_ param: any TensorConvertible) throws -> PartialShape {
    try (param as? Variable)?.shape ?? param.asTensor().shape
  }

  private static func spread(
    _ params: [any TensorConvertible], _ ids: Tensor, _ strategy: PartitionStrategy,
    _ scope: String?
  ) throws -> Tensor {
    let count = params.count
    let flat = try MathAPI.reshape(ids, [-1])
    let positions = try MathAPI.range(MathAPI.size(flat))
    let place: Tensor
    let rows: Tensor
    switch strategy {
    case .mod:
      place = try BinaryOps.family.floormod(flat, count, name: "mod")
      rows = try BinaryOps.family.floordiv(flat, count)
    case .div:
      let total = try totalRows(params, flat.dtype)
      let each = try BinaryOps.family.floordiv(total, count)
      let extras = try BinaryOps.family.floormod(total, count, name: "mod")
      place = try BinaryOps.family.maximum(
        BinaryOps.family.floordiv(flat, each + 1), BinaryOps.family.floordiv(flat - extras, each))
      let isLong = try ComparisonOps.family.less(place, extras)
      rows = try SelectOps.family.selectV1([
        isLong, BinaryOps.family.floormod(flat, each + 1, name: "mod"),
        BinaryOps.family.floormod(flat - extras, each, name: "mod"),
      ])
    default:
      throw TFError.invalidArgument(
        """
        Unrecognized partition strategy: \(strategy.name).Must be one of either `mod` or `div`.
        """)
    }
    let places = try CastOps.cast(place, .int32)
    let gathered = try MathAPI.dynamicPartition(rows, places, count)
    let indices = try MathAPI.dynamicPartition(positions, places, count)
    let parts = try params.indices.map { index in
      try Environment.current.onDevice(nil).run {
        try colocated(with: params[index]) { try gather(params[index], gathered[index]) }
      }
    }
    let whole = try ArrayOps.family.parallelDynamicStitch(
      indices + parts, ["N": .int(count)], name: scope)
    let first = try shape(params[0])
    let element = PartialShape(first.dims.map { Array($0.dropFirst()) })
    let elementShape: Tensor
    if let known = element.known {
      elementShape = try ShapeOps.vector(known.dims)
    } else {
      let shape = try colocated(with: params[0]) { try MathAPI.shape(params[0].asTensor()) }
      elementShape = try shape[1...]
    }
    let result = try MathAPI.reshape(
      whole, MathAPI.concat([MathAPI.shape(ids), elementShape], axis: 0))
    guard let outer = ids.shape.dims, let inner = element.dims else { return result }
    return try result.withShape(PartialShape(outer + inner))
  }

  /// How many rows all have.
  private static func totalRows(_ params: [any TensorConvertible], _ dtype: DType) throws -> Tensor
  {
    let known = try params.map { try shape($0).dims?.first ?? nil }
    if !known.contains(where: { $0 == nil }) {
      let sum = known.compactMap { $0 }.reduce(Dimension(0)) { $0 + $1 }
      return try sum.value.asTensor(preferring: dtype).asConstant()
    }
    let sizes: [any TensorConvertible] = try params.indices.map { index -> any TensorConvertible in
      if let size = known[index]?.value { return size }
      return try colocated(with: params[index]) {
        try MathAPI.shape(params[index].asTensor())[0]
      }
    }
    return try MathAPI.reduceSum(CastOps.cast(MathAPI.stack(sizes), dtype))
  }
}
