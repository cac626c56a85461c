public import CoreOps

extension SharedAPI {
  /// What `fn` gives for each element along the first dimension of `elems`, stacked. Follows
  /// `tf.map_fn`.
  ///
  /// - Parameters:
  ///   - fn: gives the form and dtypes of an element.
  ///   - elems: a tensor or a structure of tensors of the same length.
  ///   - parallelIterations: how many iterations may run side by side in TF-1's form.
  ///   - backProp: whether there is a gradient.
  ///   - swapMemory: kept in the loop's record; memory is not swapped.
  ///   - inferShape: whether all results have one shape.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for scalars, different lengths, results of another form or dtype,
  ///   and what `fn` throws.
  public static func mapFn<E: TensorStructure>(
    _ fn: (E) throws -> E, _ elems: E, parallelIterations: Int? = nil, backProp: Bool = true,
    swapMemory: Bool = false, inferShape: Bool = true, name: String? = nil
  ) throws -> E {
    try mapFn(
      fn, elems, dtype: elems.tensors.map(\.dtype), parallelIterations: parallelIterations,
      backProp: backProp, swapMemory: swapMemory, inferShape: inferShape, name: name)
  }

  /// The same with a tensor of another dtype as result. Follows `tf.map_fn`.
  ///
  /// - Parameter dtype: of what `fn` gives.
  public static func mapFn<E: TensorStructure>(
    _ fn: (E) throws -> Tensor, _ elems: E, dtype: DType, parallelIterations: Int? = nil,
    backProp: Bool = true, swapMemory: Bool = false, inferShape: Bool = true, name: String? = nil
  ) throws -> Tensor {
    try mapFn(
      fn, elems, dtype: [dtype], parallelIterations: parallelIterations, backProp: backProp,
      swapMemory: swapMemory, inferShape: inferShape, name: name)
  }

  /// The same with a result of another form. Follows `tf.map_fn`.
  ///
  /// - Parameter dtype: of each tensor that `fn` gives.
  @_disfavoredOverload
  public static func mapFn<E: TensorStructure, R: TensorStructure>(
    _ fn: (E) throws -> R, _ elems: E, dtype: [DType], parallelIterations: Int? = nil,
    backProp: Bool = true, swapMemory: Bool = false, inferShape: Bool = true, name: String? = nil
  ) throws -> R {
    var latest: R?
    let results = try ElementLoop(
      parallelIterations: parallelIterations, backProp: backProp, swapMemory: swapMemory,
      infersShape: inferShape, name: name
    ).map(elems.tensors, dtype) { tensors in
      var rest = tensors[...]
      let result = try fn(elems.replacing(&rest))
      latest = result
      return result.tensors
    }
    guard let latest else {
      throw TFError.invalidArgument(
        "map_fn ran at once over no elements: the form of its result is not known")
    }
    var rest = results[...]
    return latest.replacing(&rest)
  }

  /// What `fn` gives for each element along the first dimension of `elems` and its result for the
  /// element before, stacked. Follows `tf.scan`.
  ///
  /// - Parameters:
  ///   - fn: takes the result before and an element, and gives the next result.
  ///   - elems: a tensor or a structure of tensors of the same length.
  ///   - initializer: the result before the first element.
  ///   - reverse: whether the last element is the first taken.
  ///   - parallelIterations, backProp, swapMemory, inferShape, name: as of `mapFn`.
  /// - Throws: as `mapFn`.
  public static func scan<E: TensorStructure, A: TensorStructure>(
    _ fn: (A, E) throws -> A, _ elems: E, initializer: A, parallelIterations: Int = 10,
    backProp: Bool = true, swapMemory: Bool = false, inferShape: Bool = true,
    reverse: Bool = false, name: String? = nil
  ) throws -> A {
    var results = try ElementLoop(
      parallelIterations: parallelIterations, backProp: backProp, swapMemory: swapMemory,
      infersShape: inferShape, name: name
    ).scan(elems.tensors, initial: initializer.tensors, reverse: reverse) { state, element in
      var (state, element) = (state[...], element[...])
      return try fn(initializer.replacing(&state), elems.replacing(&element)).tensors
    }[...]
    return initializer.replacing(&results)
  }

  /// The same that begins with the first element. Follows `tf.scan`.
  public static func scan<E: TensorStructure>(
    _ fn: (E, E) throws -> E, _ elems: E, parallelIterations: Int = 10, backProp: Bool = true,
    swapMemory: Bool = false, inferShape: Bool = true, reverse: Bool = false, name: String? = nil
  ) throws -> E {
    var results = try ElementLoop(
      parallelIterations: parallelIterations, backProp: backProp, swapMemory: swapMemory,
      infersShape: inferShape, name: name
    ).scan(elems.tensors, initial: nil, reverse: reverse) { state, element in
      var (state, element) = (state[...], element[...])
      return try fn(elems.replacing(&state), elems.replacing(&element)).tensors
    }[...]
    return elems.replacing(&results)
  }

  /// What `fn` gives for the last element along the first dimension of `elems` and its result for
  /// the element before. Follows `tf.foldl`.
  ///
  /// - Parameters:
  ///   - fn: takes the result before and an element, and gives the next result.
  ///   - elems: a tensor or a structure of tensors of the same length.
  ///   - initializer: the result before the first element.
  ///   - parallelIterations, backProp, swapMemory, name: as of `mapFn`.
  /// - Throws: as `mapFn`.
  public static func foldl<E: TensorStructure, A: TensorStructure>(
    _ fn: (A, E) throws -> A, _ elems: E, initializer: A, parallelIterations: Int = 10,
    backProp: Bool = true, swapMemory: Bool = false, name: String? = nil
  ) throws -> A {
    try fold(
      fn, elems, initializer, fromRight: false, parallelIterations, backProp, swapMemory, name)
  }

  /// The same that begins with the first element. Follows `tf.foldl`.
  public static func foldl<E: TensorStructure>(
    _ fn: (E, E) throws -> E, _ elems: E, parallelIterations: Int = 10, backProp: Bool = true,
    swapMemory: Bool = false, name: String? = nil
  ) throws -> E {
    try fold(fn, elems, nil, fromRight: false, parallelIterations, backProp, swapMemory, name)
  }

  /// What `fn` gives for the first element along the first dimension of `elems` and its result for
  /// the element behind. Follows `tf.foldr`.
  ///
  /// - Parameters:
  ///   - fn: takes the result before and an element, and gives the next result.
  ///   - elems: a tensor or a structure of tensors of the same length.
  ///   - initializer: the result before the last element.
  ///   - parallelIterations, backProp, swapMemory, name: as of `mapFn`.
  /// - Throws: as `mapFn`.
  public static func foldr<E: TensorStructure, A: TensorStructure>(
    _ fn: (A, E) throws -> A, _ elems: E, initializer: A, parallelIterations: Int = 10,
    backProp: Bool = true, swapMemory: Bool = false, name: String? = nil
  ) throws -> A {
    try fold(
      fn, elems, initializer, fromRight: true, parallelIterations, backProp, swapMemory, name)
  }

  /// The same that begins with the last element. Follows `tf.foldr`.
  public static func foldr<E: TensorStructure>(
    _ fn: (E, E) throws -> E, _ elems: E, parallelIterations: Int = 10, backProp: Bool = true,
    swapMemory: Bool = false, name: String? = nil
  ) throws -> E {
    try fold(fn, elems, nil, fromRight: true, parallelIterations, backProp, swapMemory, name)
  }

  /// - Parameter initial: nil for an element, which then has the form of the results.
  private static func fold<E: TensorStructure, A: TensorStructure>(
    _ fn: (A, E) throws -> A, _ elems: E, _ initial: A?, fromRight: Bool,
    _ parallelIterations: Int, _ backProp: Bool, _ swapMemory: Bool, _ name: String?
  ) throws -> A {
    try ElementLoop(
      parallelIterations: parallelIterations, backProp: backProp, swapMemory: swapMemory,
      name: name
    ).fold(
      elems.tensors, initial: initial, fromRight: fromRight,
      read: { tensors in
        var rest = tensors[...]
        guard let first = elems.replacing(&rest) as? A else {
          preconditionFailure("the first element has another form than the results")
        }
        return first
      }
    ) { state, element in
      var rest = element[...]
      return try fn(state, elems.replacing(&rest))
    }
  }
}
