public import CoreOps

extension SharedAPI {
  /// What the function of the first predicate that holds gives, or `default`. Follows `tf.case`.
  ///
  /// - Parameters:
  ///   - predFnPairs: scalars of dtype bool and functions, which give structures of one form.
  ///   - defaultFn: for when no predicate holds; nil where one always does.
  ///   - exclusive: whether it is an error when several predicates hold.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for predicates of another dtype and results that differ in form
  ///   or dtype; when it runs, where no predicate holds and there is no default, and where several
  ///   do although `exclusive` says no.
  public static func `case`<R: TensorStructure>(
    _ predFnPairs: [(Tensor, () throws -> R)], default defaultFn: (() throws -> R)? = nil,
    exclusive: Bool = false, name: String? = nil
  ) throws -> R {
    try Case(
      pairs: predFnPairs.map { (pred: $0.0, fn: $0.1) }, defaultFn: defaultFn,
      isExclusive: exclusive
    ).apply(name: name)
  }

  /// The same by labels. Follows `tf.case`.
  public static func `case`<R: TensorStructure>(
    predFnPairs: [(Tensor, () throws -> R)], default defaultFn: (() throws -> R)? = nil,
    exclusive: Bool = false, name: String? = nil
  ) throws -> R {
    try `case`(predFnPairs, default: defaultFn, exclusive: exclusive, name: name)
  }

  /// What the function with the number `branchIndex` gives; the last where there is none of that
  /// number. Follows `tf.switch_case`.
  ///
  /// - Parameters:
  ///   - branchIndex: an int32 scalar.
  ///   - branchFns: give structures of one form.
  ///   - defaultFn: for other numbers.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` where there is no function, and where the results differ in form
  ///   or dtype.
  public static func switchCase<R: TensorStructure>(
    _ branchIndex: some TensorConvertible, _ branchFns: [() throws -> R],
    default defaultFn: (() throws -> R)? = nil, name: String = "switch_case"
  ) throws -> R {
    try require(!branchFns.isEmpty, "Must provide at least one item in 'branch_fns'")
    let index = try branchIndex.asTensor(preferring: .int32)
    try require(
      index.dtype.isInteger, "'branch_index' must be an integer Tensor, got \(index.dtype.name)")
    let branches = branchFns + (defaultFn.map { [$0] } ?? [])
    if Environment.current.isExecutingEagerly {
      return try branches[FunctionCalls.branch(index, of: branches.count)]()
    }
    return try inScope(name, "case") { _ in
      try FunctionalConditional.addCase(index, branches)
    }
  }

  /// The same by labels. Follows `tf.switch_case`.
  public static func switchCase<R: TensorStructure>(
    branchIndex: some TensorConvertible, branchFns: [() throws -> R],
    default defaultFn: (() throws -> R)? = nil, name: String = "switch_case"
  ) throws -> R {
    try switchCase(branchIndex, branchFns, default: defaultFn, name: name)
  }

  /// The same with numbers for the functions, which go from 0 on. Follows `tf.switch_case`.
  ///
  /// - Throws: `INVALID_ARGUMENT` where a number is missing.
  public static func switchCase<R: TensorStructure>(
    _ branchIndex: some TensorConvertible, _ branchFns: [Int: () throws -> R],
    default defaultFn: (() throws -> R)? = nil, name: String = "switch_case"
  ) throws -> R {
    let keys = branchFns.keys.sorted()
    try require(
      keys == Array(0..<keys.count),
      """
      branch indices (keys) must form contiguous range of [0 to \(keys.count)) but found \
      {\(keys.map(String.init).joined(separator: ","))}
      """)
    return try switchCase(
      branchIndex, keys.compactMap { branchFns[$0] }, default: defaultFn, name: name)
  }
}
