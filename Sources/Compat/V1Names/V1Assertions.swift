public import CoreGraph
public import CoreOps
import Functions

/// The checks of TF-1. Each gives the operation that checks in a run, which others must wait for;
/// nil where calls run at once. What is known not to hold is an error of the call itself.
extension V1API {
  /// Checks that x = y, element by element. Follows `tf.compat.v1.assert_equal`.
  ///
  /// - Parameters:
  ///   - data: what the error shows; nil for both.
  ///   - summarize: how many elements of each.
  ///   - message: what the error begins with.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` where it is known not to hold.
  @discardableResult
  public static func assertEqual(
    _ x: some TensorConvertible, _ y: some TensorConvertible,
    data: [any TensorConvertible]? = nil, summarize: Int? = nil, message: String? = nil,
    name: String? = nil
  ) throws -> Operation? {
    try Assertions.binary(.equal, x, y, .init(data, summarize, message), name)
  }

  /// Checks that x ≠ y, element by element. Follows `tf.compat.v1.assert_none_equal`.
  @discardableResult
  public static func assertNoneEqual(
    _ x: some TensorConvertible, _ y: some TensorConvertible,
    data: [any TensorConvertible]? = nil, summarize: Int? = nil, message: String? = nil,
    name: String? = nil
  ) throws -> Operation? {
    try Assertions.binary(.notEqual, x, y, .init(data, summarize, message), name)
  }

  /// Checks that x < y, element by element. Follows `tf.compat.v1.assert_less`.
  @discardableResult
  public static func assertLess(
    _ x: some TensorConvertible, _ y: some TensorConvertible,
    data: [any TensorConvertible]? = nil, summarize: Int? = nil, message: String? = nil,
    name: String? = nil
  ) throws -> Operation? {
    try Assertions.binary(.less, x, y, .init(data, summarize, message), name)
  }

  /// Checks that x ≤ y, element by element. Follows `tf.compat.v1.assert_less_equal`.
  @discardableResult
  public static func assertLessEqual(
    _ x: some TensorConvertible, _ y: some TensorConvertible,
    data: [any TensorConvertible]? = nil, summarize: Int? = nil, message: String? = nil,
    name: String? = nil
  ) throws -> Operation? {
    try Assertions.binary(.lessEqual, x, y, .init(data, summarize, message), name)
  }

  /// Checks that x > y, element by element. Follows `tf.compat.v1.assert_greater`.
  @discardableResult
  public static func assertGreater(
    _ x: some TensorConvertible, _ y: some TensorConvertible,
    data: [any TensorConvertible]? = nil, summarize: Int? = nil, message: String? = nil,
    name: String? = nil
  ) throws -> Operation? {
    try Assertions.binary(.greater, x, y, .init(data, summarize, message), name)
  }

  /// Checks that x ≥ y, element by element. Follows `tf.compat.v1.assert_greater_equal`.
  @discardableResult
  public static func assertGreaterEqual(
    _ x: some TensorConvertible, _ y: some TensorConvertible,
    data: [any TensorConvertible]? = nil, summarize: Int? = nil, message: String? = nil,
    name: String? = nil
  ) throws -> Operation? {
    try Assertions.binary(.greaterEqual, x, y, .init(data, summarize, message), name)
  }

  /// Checks that x > 0, element by element. Follows `tf.compat.v1.assert_positive`.
  @discardableResult
  public static func assertPositive(
    _ x: some TensorConvertible, data: [any TensorConvertible]? = nil, summarize: Int? = nil,
    message: String? = nil, name: String? = nil
  ) throws -> Operation? {
    try Assertions.sign("assert_positive", ">", x, .init(data, summarize, message), name)
  }

  /// Checks that x < 0, element by element. Follows `tf.compat.v1.assert_negative`.
  @discardableResult
  public static func assertNegative(
    _ x: some TensorConvertible, data: [any TensorConvertible]? = nil, summarize: Int? = nil,
    message: String? = nil, name: String? = nil
  ) throws -> Operation? {
    try Assertions.sign("assert_negative", "<", x, .init(data, summarize, message), name)
  }

  /// Checks that x ≥ 0, element by element. Follows `tf.compat.v1.assert_non_negative`.
  @discardableResult
  public static func assertNonNegative(
    _ x: some TensorConvertible, data: [any TensorConvertible]? = nil, summarize: Int? = nil,
    message: String? = nil, name: String? = nil
  ) throws -> Operation? {
    try Assertions.sign("assert_non_negative", ">=", x, .init(data, summarize, message), name)
  }

  /// Checks that x ≤ 0, element by element. Follows `tf.compat.v1.assert_non_positive`.
  @discardableResult
  public static func assertNonPositive(
    _ x: some TensorConvertible, data: [any TensorConvertible]? = nil, summarize: Int? = nil,
    message: String? = nil, name: String? = nil
  ) throws -> Operation? {
    try Assertions.sign("assert_non_positive", "<=", x, .init(data, summarize, message), name)
  }

  /// Checks the rank. Follows `tf.compat.v1.assert_rank`.
  @discardableResult
  public static func assertRank(
    _ x: some TensorConvertible, _ rank: Int, data: [any TensorConvertible]? = nil,
    summarize: Int? = nil, message: String? = nil, name: String? = nil
  ) throws -> Operation? {
    try Assertions.rank(x, rank, atLeast: false, .init(data, summarize, message), name)
  }

  /// Checks that the rank is not below another. Follows `tf.compat.v1.assert_rank_at_least`.
  @discardableResult
  public static func assertRankAtLeast(
    _ x: some TensorConvertible, _ rank: Int, data: [any TensorConvertible]? = nil,
    summarize: Int? = nil, message: String? = nil, name: String? = nil
  ) throws -> Operation? {
    try Assertions.rank(x, rank, atLeast: true, .init(data, summarize, message), name)
  }

  /// Checks that a condition holds; others must wait for the operation. Follows
  /// `tf.compat.v1.Assert`.
  ///
  /// - Parameters:
  ///   - condition: a bool scalar.
  ///   - data: what the error shows.
  ///   - summarize: how many elements of each.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` where calls run at once and it does not hold.
  @discardableResult
  public static func Assert(
    _ condition: some TensorConvertible, _ data: [any TensorConvertible], summarize: Int? = nil,
    name: String? = nil
  ) throws -> Operation? {
    try Assertion.add(
      condition.asTensor(), data.map { try $0.asTensor() }, summarize: summarize, name: name)
  }
}
