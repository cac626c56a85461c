public import CoreOps
import OpsLinalg

extension SharedAPI {
  /// An identity matrix, or several. Follows `tf.eye`.
  ///
  /// - Parameters:
  ///   - numRows: how many rows.
  ///   - numColumns: nil for as many.
  ///   - batchShape: the leading dimensions of the result.
  ///   - dtype: of the elements.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for a negative size.
  public static func eye(
    _ numRows: Int, numColumns: Int? = nil, batchShape: [Int] = [], dtype: DType = .float32,
    name: String? = nil
  ) throws -> Tensor {
    let columns = numColumns ?? numRows
    for size in batchShape + [numRows, columns] {
      try require(size >= 0, "Dimension \(size) must be >= 0")
    }
    return try inScope(name, "eye") { _ in
      let diagonal = try ones(batchShape + [min(numRows, columns)], dtype: dtype)
      if columns == numRows { return try LinalgAPI.diag(diagonal) }
      return try LinalgAPI.setDiag(zeros(batchShape + [numRows, columns], dtype: dtype), diagonal)
    }
  }

  /// Whether each position up to `maxlen` is before each of `lengths`. Follows `tf.sequence_mask`.
  ///
  /// - Parameters:
  ///   - lengths: integers of any shape.
  ///   - maxlen: a scalar; nil for the greatest of `lengths`.
  ///   - dtype: of the result.
  ///   - name: of the scope.
  /// - Returns: the shape of `lengths` and a last dimension of size `maxlen`.
  /// - Throws: `INVALID_ARGUMENT` where `maxlen` is no scalar.
  public static func sequenceMask(
    _ lengths: some TensorConvertible, maxlen: (any TensorConvertible)? = nil,
    dtype: DType = .bool, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "SequenceMask") { _ in
      let lengths = try lengths.asTensor().asConstant()
      let limit: Tensor
      if let maxlen {
        limit = try maxlen.asTensor().asConstant()
      } else {
        let most = try reduceMax(lengths, name: "Max")
        limit = try BinaryOps.family.maximum(0.asTensor(preferring: most.dtype).asConstant(), most)
      }
      guard limit.shape.rank ?? 0 == 0 else {
        throw TFError.invalidArgument(
          """
          Argument `maxlen` must be scalar for sequence_mask, received `maxlen` = \(limit) with \
          shape '\(limit.shape)' instead
          """)
      }
      let positions = try SearchOps.family.range([
        0.asTensor(preferring: limit.dtype).asConstant(), limit,
        1.asTensor(preferring: limit.dtype).asConstant(),
      ])
      let ends = try CastOps.family.castOp(
        [expandDims(lengths, axis: -1)], ["DstT": .type(limit.dtype)])
      let mask = try ComparisonOps.family.less(positions, ends)
      return try CastOps.cast(mask, dtype)
    }
  }

  /// The same with its arguments by position.
  public static func sequenceMask(
    _ lengths: some TensorConvertible, _ maxlen: any TensorConvertible, dtype: DType = .bool,
    name: String? = nil
  ) throws -> Tensor { try sequenceMask(lengths, maxlen: maxlen, dtype: dtype, name: name) }

  /// The Euclidean or another norm of vectors or matrices. Follows `tf.norm`.
  ///
  /// - Parameters:
  ///   - ord: which norm.
  ///   - axis: one for vectors, two for matrices; nil for all elements as one vector.
  ///   - keepdims: whether reduced dimensions stay, with size 1.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for a norm that there is not for such axes.
  public static func norm(
    _ tensor: some TensorConvertible, ord: NormOrder = .euclidean, axis: [Int]? = nil,
    keepdims: Bool = false, name: String? = nil
  ) throws -> Tensor { try Norms.norm(tensor.asTensor(), ord, axis, keepdims, name) }

  /// The same along one axis.
  public static func norm(
    _ tensor: some TensorConvertible, ord: NormOrder = .euclidean, axis: Int,
    keepdims: Bool = false, name: String? = nil
  ) throws -> Tensor { try Norms.norm(tensor.asTensor(), ord, [axis], keepdims, name) }

  /// How many elements are not zero, along `axis`. Follows `tf.math.count_nonzero`.
  ///
  /// - Parameters:
  ///   - axis: nil for all.
  ///   - keepdims: whether reduced dimensions stay, with size 1.
  ///   - dtype: of the result.
  ///   - name: of the scope.
  public static func countNonzero(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    dtype: DType = .int64, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "count_nonzero") { _ in
      let input = try input.asTensor()
      let zero =
        try input.dtype == .string
        ? "".asTensor() : 0.asTensor(preferring: input.dtype)
      let isCounted = try ComparisonOps.family.notEqual(input, zero.asConstant(named: "zeros"))
      return try CastOps.cast(
        reduceSum(CastOps.cast(isCounted, .int64), axis: axis, keepdims: keepdims), dtype)
    }
  }
}

/// Which norm `tf.norm` is.
public struct NormOrder: Sendable, Hashable, ExpressibleByStringLiteral,
  ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral
{
  enum Kind: Hashable {
    case euclidean, frobenius
    case power(Double)
  }
  let kind: Kind

  /// The root of the sum of squares.
  public static let euclidean = NormOrder(kind: .euclidean)
  /// That of matrices.
  public static let fro = NormOrder(kind: .frobenius)
  /// The greatest magnitude.
  public static let inf = NormOrder(kind: .power(.infinity))

  init(kind: Kind) { self.kind = kind }
  public init(floatLiteral value: Double) { kind = .power(value) }
  public init(integerLiteral value: Int) { kind = .power(Double(value)) }
  public init(stringLiteral name: String) {
    kind = name == "fro" ? .frobenius : name == "euclidean" ? .euclidean : .power(.nan)
  }
}

private enum Norms {
  static func norm(
    _ tensor: Tensor, _ order: NormOrder, _ axis: [Int]?, _ keepdims: Bool, _ name: String?
  ) throws -> Tensor {
    let isMatrix = axis?.count == 2
    if let axis {
      guard axis.count == 1 || axis.count == 2 && axis[0] != axis[1] else {
        throw TFError.invalidArgument(
          "'axis' must be None, an integer, or a tuple of 2 unique integers, got \(axis)")
      }
    }
    try check(order, isMatrix)
    return try inScope(name, "norm") { _ in
      var result = try magnitude(tensor, order, axis, isMatrix)
      if !keepdims { result = try MathAPI.squeeze(result, axis: axis ?? []) }
      return result
    }
  }

  private static func check(_ order: NormOrder, _ isMatrix: Bool) throws {
    guard case .power(let p) = order.kind else {
      if order.kind == .frobenius, !isMatrix {
        throw TFError.invalidArgument("'ord' must be a supported vector norm, got fro")
      }
      return
    }
    if isMatrix, ![1, 2, .infinity].contains(p) {
      throw TFError.invalidArgument(
        "'ord' must be a supported matrix norm in ['euclidean', 'fro', 1, 2, inf], got \(p)")
    }
    if !(p > 0) { throw TFError.invalidArgument("'ord' must be a supported vector norm, got \(p)") }
  }

  private static func magnitude(
    _ tensor: Tensor, _ order: NormOrder, _ axis: [Int]?, _ isMatrix: Bool
  ) throws -> Tensor {
    guard case .power(let p) = order.kind, p != 2 || isMatrix else {
      let squares = try tensor * MathAPI.conj(tensor)
      return try MathAPI.sqrt(MathAPI.reduceSum(squares, axis: axis, keepdims: true))
    }
    if isMatrix, p == 2, let axis { return try spectral(tensor, axis) }
    let absolute = try MathAPI.abs(tensor)
    if p == 1 {
      let sum = try MathAPI.reduceSum(absolute, axis: axis.map { [$0[0]] }, keepdims: true)
      guard isMatrix, let axis else { return sum }
      return try MathAPI.reduceMax(sum, axis: axis[1], keepdims: true)
    }
    if p == .infinity {
      let rows =
        if isMatrix, let axis {
          try MathAPI.reduceSum(absolute, axis: axis[1], keepdims: true)
        } else { absolute }
      return try MathAPI.reduceMax(rows, axis: axis.map { [$0[0]] }, keepdims: true)
    }
    let sum = try MathAPI.reduceSum(MathAPI.pow(absolute, p), axis: axis, keepdims: true)
    return try MathAPI.pow(sum, 1 / p)
  }

  /// The greatest singular value of matrices.
  private static func spectral(_ tensor: Tensor, _ axis: [Int]) throws -> Tensor {
    guard let rank = tensor.shape.rank else {
      throw TFError.invalidArgument("the rank must be known for the spectral norm")
    }
    let axes = try axis.map { try ShapeRules.axis($0, rank: rank) }
    let order = (0..<rank).filter { !axes.contains($0) } + axes
    let values = try apply(
      LinearAlgebraOps.family.svd, [MathAPI.transpose(tensor, perm: order)],
      ["compute_uv": .bool(false)])[0]
    let greatest = try MathAPI.reduceMax(MathAPI.abs(values), axis: -1, keepdims: true)
    let back = (0..<rank).map { index in order.firstIndex(of: index) ?? index }
    return try MathAPI.transpose(MathAPI.expandDims(greatest, axis: -1), perm: back)
  }
}
