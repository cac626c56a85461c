package import CoreGraph
package import CoreOps
import OpsState

/// Checks of values that run with a graph. Follows `tf.debugging.assert_…`.
package enum Assertions {
  /// What a check compares, and how an error says it.
  package enum Relation: String {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessEqual = "<="
    case greater = ">"
    case greaterEqual = ">="

    var scope: String {
      switch self {
      case .equal: "assert_equal"
      case .notEqual: "assert_none_equal"
      case .less: "assert_less"
      case .lessEqual: "assert_less_equal"
      case .greater: "assert_greater"
      case .greaterEqual: "assert_greater_equal"
      }
    }

    var op: BinaryOp {
      let ops = ComparisonOps.family
      return switch self {
      case .equal: ops.equal
      case .notEqual: ops.notEqual
      case .less: ops.less
      case .lessEqual: ops.lessEqual
      case .greater: ops.greater
      case .greaterEqual: ops.greaterEqual
      }
    }
  }

  /// What an error shows, and how much of it.
  package struct Report {
    var data: [any TensorConvertible]?
    var summarize: Int?
    var message: String?

    package init(_ data: [any TensorConvertible]?, _ summarize: Int?, _ message: String?) {
      self.data = data
      self.summarize = summarize
      self.message = message
    }
  }

  /// Checks that a relation holds for all elements.
  ///
  /// - Returns: the operation that checks it in a run; nil where calls run at once.
  /// - Throws: `INVALID_ARGUMENT` where it is known already that it does not hold.
  package static func binary(
    _ relation: Relation, _ x: some TensorConvertible, _ y: some TensorConvertible,
    _ report: Report, _ name: String?
  ) throws -> Operation? {
    if relation == .equal, let x = x as? Tensor, let y = y as? Tensor, x.identity == y.identity {
      return try inScope(name, relation.scope) { _ in try GraphGroups.noOp(name: nil) }
    }
    if relation == .equal { _ = try inScope(name, relation.scope) { _ in } }
    return try inScope(name, relation.scope) { scope in
      let dtype = x.definiteDType ?? y.definiteDType
      let x = try x.converted("x", preferring: dtype)
      let y = try y.converted("y", preferring: dtype)
      let data =
        report.data ?? [
          "Condition x \(relation.rawValue) y did not hold element-wise:", "x (\(label(x))) = ", x,
          "y (\(label(y))) = ", y,
        ]
      return try check(
        relation, x, y, (report.message.map { [$0] } ?? []) + data, report.summarize)
    }
  }

  /// Checks that a relation to zero holds for all elements.
  package static func sign(
    _ scope: String, _ symbol: String, _ x: some TensorConvertible, _ report: Report,
    _ name: String?
  ) throws -> Operation? {
    try inScope(name, scope) { _ in
      let x = try x.converted("x")
      let prefix = report.message.map { "\($0)  " } ?? ""
      let data =
        report.data ?? [
          prefix, "Condition x \(symbol) 0 did not hold element-wise:", "x (\(label(x))) = ", x,
        ]
      let inner = Report(data, report.summarize, nil)
      let zero = try 0.asTensor(preferring: x.dtype).asConstant()
      return switch symbol {
      case "<": try binary(.less, x, zero, inner, nil)
      case ">": try binary(.less, zero, x, inner, nil)
      case ">=": try binary(.lessEqual, zero, x, inner, nil)
      default: try binary(.lessEqual, x, zero, inner, nil)
      }
    }
  }

  /// Checks a rank: at once where it is known, otherwise in a run.
  package static func rank(
    _ x: some TensorConvertible, _ rank: Int, atLeast: Bool, _ report: Report, _ name: String?
  ) throws -> Operation? {
    try inScope(name, atLeast ? "assert_rank_at_least" : "assert_rank") { _ in
      let x = try x.converted("x")
      let wanted = try rank.converted("rank", preferring: .int32)
      let words = atLeast ? "must have rank at least" : "must have rank"
      let prefix = report.message.map { "\($0)  " } ?? ""
      let shape = try MathAPI.shape(x)
      if !Environment.current.isExecutingEagerly {
        try GraphGroups.noOp(name: "assert_type/statically_determined_correct_type")
      }
      if let found = x.shape.rank {
        guard atLeast ? found >= rank : found == rank else {
          throw TFError.invalidArgument(
            """
            \(prefix)Tensor \(label(x)) \(words) \(rank).  Received rank \(found), shape \
            \(x.shape.tupleText)
            """)
        }
        return try GraphGroups.noOp(name: "static_checks_determined_all_ok")
      }
      let data: [any TensorConvertible] =
        report.data ?? [
          prefix, "Tensor \(label(x)) \(words)", wanted, "Received shape: ", shape,
        ]
      let found = try MathAPI.rank(x)
      let condition =
        try atLeast
        ? ComparisonOps.family.greaterEqual(found, wanted)
        : ComparisonOps.family.equal(found, wanted)
      return try Assertion.add(
        condition, data.map { try $0.asTensor() }, summarize: report.summarize)
    }
  }

  private static func label(_ x: Tensor) -> String {
    (try? x.name) ?? "shape=\(x.shape.tupleText) dtype=\(x.dtype)"
  }

  /// The value of a tensor that has one in all runs.
  private static func known(_ x: Tensor) -> Tensor? {
    guard x.isSymbolic else { return x }
    guard let op = try? x.op, op.type == "Const",
      case .tensor(let value)? = try? op.getAttr("value")
    else { return nil }
    return value
  }

  private static func check(
    _ relation: Relation, _ x: Tensor, _ y: Tensor, _ data: [any TensorConvertible],
    _ summarize: Int?
  ) throws -> Operation? {
    let condition = try MathAPI.reduceAll(relation.op(x, y))
    if let first = known(x), let second = known(y) {
      let compared = try EagerInterpreter.apply(relation.op.opDef, [first, second], [:], .plain)[0]
      let holds = try compared.scalars(Bool.self).allSatisfy { $0 }
      guard holds else {
        let texts = data.map { item in
          (item as? Tensor).flatMap { known($0) }.map { $0.valuesText } ?? "\(item)"
        }
        throw TFError.invalidArgument(texts.joined(separator: "\n"))
      }
    }
    return try Assertion.add(condition, data.map { try $0.asTensor() }, summarize: summarize)
  }
}
