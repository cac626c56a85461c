package import CoreOps

/// Conditionals one in the other, as `tf.case`.
struct Case<R: TensorStructure> {
  typealias Pair = (pred: Tensor, fn: () throws -> R)

  let pairs: [Pair]
  let defaultFn: (() throws -> R)?
  /// Whether it is an error that several predicates hold.
  let isExclusive: Bool

  func apply(name: String?) throws -> R {
    for pair in pairs where pair.pred.dtype != .bool {
      throw TFError.invalidArgument(
        "pred must be Tensor of type bool: \((try? pair.pred.name) ?? pair.pred.description)")
    }
    try require(!pairs.isEmpty || defaultFn != nil, "'pred_fn_pairs' must have at least one pair")
    return try inScope(name, "case") { _ in
      let pairs = defaultFn == nil ? Array(self.pairs.dropLast()) : self.pairs
      let last = defaultFn ?? { try lastAction() }
      guard isExclusive else { return try Self.choose(pairs[...], last) }
      let isValid = try Self.assertAtMost(1, pairs.map(\.pred), "Input error: exclusive=True")
      return try Environment.current.waiting(for: [isValid].compactMap { $0 }).run {
        try Self.choose(pairs[...], last)
      }
    }
  }

  private static func choose(_ pairs: ArraySlice<Pair>, _ last: () throws -> R) throws -> R {
    guard let first = pairs.first else { return try last() }
    return try Conditional.apply(
      first.pred, name: nil, first.fn, { try choose(pairs.dropFirst(), last) })
  }

  /// What is done where there is no default: the last pair, whose predicate has to hold and no
  /// other.
  private func lastAction() throws -> R {
    let (others, last) = (pairs.dropLast().map(\.pred), pairs[pairs.count - 1])
    let chosen = try MathAPI.stack(pairs.map(\.pred), name: "preds_c")
    let onlyOne = try Self.assertAtMost(
      0, others,
      """
      Implementation error: selected default action #\(others.count) was called, but some of other \
      predicates are True: 
      """)
    let holds = try Assertion.add(
      last.pred, ["Input error: None of conditions evaluated as True:".asTensor(), chosen],
      summarize: nil)
    return try Environment.current.waiting(for: [onlyOne, holds].compactMap { $0 }).run(last.fn)
  }

  private static func assertAtMost(_ count: Int, _ predicates: [Tensor], _ message: String) throws
    -> Operation?
  {
    let stacked = try MathAPI.stack(predicates, name: "preds_c")
    let sum = try MathAPI.reduceSum(CastOps.cast(stacked, .int32), name: "num_true_conds")
    let most = try Tensor(scalar: Int32(count)).asConstant(named: "n_true_conds")
    let names = predicates.map { (try? $0.name) ?? "?" }.joined(separator: ", ")
    return try Assertion.add(
      ComparisonOps.family.lessEqual(sum, most),
      [
        "\(message): more than \(count) conditions (\(names)) evaluated as True:".asTensor(),
        stacked,
      ], summarize: predicates.count)
  }
}

/// `tf.debugging.Assert` as conditionals use it: in a graph an `Assert` in a branch, so that what
/// it shows is not moved where the condition holds.
package enum Assertion {
  /// - Returns: what is there when the condition was found to hold; nil where calls run at once.
  /// - Throws: `INVALID_ARGUMENT` where calls run at once and the condition does not hold.
  package static func add(
    _ condition: Tensor, _ data: [Tensor], summarize: Int?, name: String? = nil
  ) throws -> Operation? {
    let op = try OpDef.registered("Assert")
    let attrs: Attrs = summarize.map { ["summarize": .int($0)] } ?? [:]
    if Environment.current.isExecutingEagerly {
      _ = try CoreOps.apply(op, [condition] + data, attrs)
      return nil
    }
    return try inScope(name, "Assert") { _ in
      for value in data { _ = try value.asConstant() }
      // What is never on a device is not moved.
      if data.allSatisfy({ $0.dtype == .string || $0.dtype == .int32 }) {
        return try GraphGroups.operation(op, [condition] + data, attrs, name: "Assert")
      }
      return try Conditional.apply(
        condition, name: "AssertGuard",
        operations: { try GraphGroups.noOp(name: nil) },
        { try GraphGroups.operation(op, [condition] + data, attrs, name: "Assert") }
      )?.op
    }
  }
}
