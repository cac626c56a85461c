public import CoreOps

extension SharedAPI {
  /// `trueFn()` where `pred` holds, `falseFn()` otherwise. Follows `tf.cond`.
  ///
  /// In a graph both functions are called once, to add what they do to it; what a branch adds runs
  /// where it is taken.
  ///
  /// - Parameters:
  ///   - pred: a scalar of dtype bool; a Swift `Bool` only where calls run at once.
  ///   - trueFn, falseFn: give structures of the same form and dtypes: a tensor, arrays,
  ///     dictionaries, a `TensorArray`, a type of yours that is a `TensorStructure`, or a tuple of
  ///     these.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` where the results differ in form or dtype, and what a branch
  ///   throws.
  public static func cond<R: TensorStructure>(
    _ pred: some TensorConvertible, _ trueFn: () throws -> R, _ falseFn: () throws -> R,
    name: String? = nil
  ) throws -> R {
    try Conditional.apply(pred, name: name, trueFn, falseFn)
  }

  /// The same by labels. Follows `tf.cond`.
  public static func cond<R: TensorStructure>(
    _ pred: some TensorConvertible, trueFn: () throws -> R, falseFn: () throws -> R,
    name: String? = nil
  ) throws -> R {
    try Conditional.apply(pred, name: name, trueFn, falseFn)
  }

  /// The same for tuples. Follows `tf.cond`.
  @_disfavoredOverload
  public static func cond<each R: TensorStructure>(
    _ pred: some TensorConvertible, _ trueFn: () throws -> (repeat each R),
    _ falseFn: () throws -> (repeat each R), name: String? = nil
  ) throws -> (repeat each R) {
    try withoutActuallyEscaping(trueFn) { trueFn in
      try withoutActuallyEscaping(falseFn) { falseFn in
        try Conditional.apply(
          pred, name: name, TupleBranch<repeat each R>(body: trueFn).packed,
          TupleBranch<repeat each R>(body: falseFn).packed
        ).parts
      }
    }
  }

  /// The same for tuples by labels. Follows `tf.cond`.
  @_disfavoredOverload
  public static func cond<each R: TensorStructure>(
    _ pred: some TensorConvertible, trueFn: () throws -> (repeat each R),
    falseFn: () throws -> (repeat each R), name: String? = nil
  ) throws -> (repeat each R) {
    try cond(pred, trueFn, falseFn, name: name)
  }

  /// An operation of one of two branches, in a graph. Follows `tf.cond`.
  ///
  /// - Returns: a tensor that is there when the operation of the branch that was taken has run; nil
  ///   where calls run at once.
  @discardableResult
  public static func cond(
    _ pred: some TensorConvertible, _ trueFn: () throws -> Operation?,
    _ falseFn: () throws -> Operation?, name: String? = nil
  ) throws -> Tensor? {
    try Conditional.apply(pred, name: name, operations: trueFn, falseFn)
  }

  /// The same by labels. Follows `tf.cond`.
  @discardableResult
  public static func cond(
    _ pred: some TensorConvertible, trueFn: () throws -> Operation?,
    falseFn: () throws -> Operation?, name: String? = nil
  ) throws -> Tensor? {
    try Conditional.apply(pred, name: name, operations: trueFn, falseFn)
  }

  /// Repeats `body` as long as `cond` holds, from `loopVars`. Follows `tf.while_loop`.
  ///
  /// In a graph both functions are called once, to add what they do to it. What they use of the
  /// graph around stays the same in all iterations.
  ///
  /// - Parameters:
  ///   - cond: gives a scalar of dtype bool.
  ///   - body: gives what the next iteration takes, in the form and with the dtypes of `loopVars`.
  ///   - loopVars: a tensor, an array, a dictionary, a `TensorArray`, a type of yours that is a
  ///     `TensorStructure`, or a tuple of these, which is given to the functions part by part.
  ///   - shapeInvariants: for each tensor of `loopVars` the shape that it has in all iterations;
  ///     nil for the shapes they begin with.
  ///   - parallelIterations: how many iterations may run side by side in TF-1's form.
  ///   - backProp: whether there is a gradient; a loop made of functions stops it if not.
  ///   - swapMemory: kept in the loop's record; memory is not swapped.
  ///   - maximumIterations: after so many iterations the loop ends.
  ///   - name: of the scope.
  /// - Returns: what the last iteration gave.
  /// - Throws: `INVALID_ARGUMENT` where a variable has another form, dtype or less of a shape after
  ///   an iteration, and what the functions throw.
  public static func whileLoop<State: TensorStructure>(
    _ cond: (State) throws -> Tensor, _ body: (State) throws -> State, _ loopVars: State,
    shapeInvariants: [PartialShape]? = nil, parallelIterations: Int = 10, backProp: Bool = true,
    swapMemory: Bool = false, maximumIterations: (any TensorConvertible)? = nil,
    name: String? = nil
  ) throws -> State {
    try Loop(
      options: LoopOptions(
        parallelIterations: parallelIterations, backProp: backProp, swapMemory: swapMemory),
      shapes: shapeInvariants, maximumIterations: maximumIterations?.asTensor(), name: name
    ).apply(loopVars, cond, body)
  }

  /// The same by labels. Follows `tf.while_loop`.
  public static func whileLoop<State: TensorStructure>(
    cond: (State) throws -> Tensor, body: (State) throws -> State, loopVars: State,
    shapeInvariants: [PartialShape]? = nil, parallelIterations: Int = 10, backProp: Bool = true,
    swapMemory: Bool = false, maximumIterations: (any TensorConvertible)? = nil,
    name: String? = nil
  ) throws -> State {
    try whileLoop(
      cond, body, loopVars, shapeInvariants: shapeInvariants,
      parallelIterations: parallelIterations, backProp: backProp, swapMemory: swapMemory,
      maximumIterations: maximumIterations, name: name)
  }

  /// The same for tuples. Follows `tf.while_loop`.
  @_disfavoredOverload
  public static func whileLoop<each State: TensorStructure>(
    _ cond: (repeat each State) throws -> Tensor,
    _ body: (repeat each State) throws -> (repeat each State), _ loopVars: (repeat each State),
    shapeInvariants: [PartialShape]? = nil, parallelIterations: Int = 10, backProp: Bool = true,
    swapMemory: Bool = false, maximumIterations: (any TensorConvertible)? = nil,
    name: String? = nil
  ) throws -> (repeat each State) {
    try withoutActuallyEscaping(cond) { cond in
      try withoutActuallyEscaping(body) { body in
        let loop = TupleLoop<repeat each State>(condition: cond, body: body)
        return try Loop(
          options: LoopOptions(
            parallelIterations: parallelIterations, backProp: backProp, swapMemory: swapMemory),
          shapes: shapeInvariants, maximumIterations: maximumIterations?.asTensor(), name: name
        ).apply(StructurePack<repeat each State>(repeat each loopVars), loop.goesOn, loop.next)
          .parts
      }
    }
  }

  /// The same for tuples by labels. Follows `tf.while_loop`.
  @_disfavoredOverload
  public static func whileLoop<each State: TensorStructure>(
    cond: (repeat each State) throws -> Tensor,
    body: (repeat each State) throws -> (repeat each State), loopVars: (repeat each State),
    shapeInvariants: [PartialShape]? = nil, parallelIterations: Int = 10, backProp: Bool = true,
    swapMemory: Bool = false, maximumIterations: (any TensorConvertible)? = nil,
    name: String? = nil
  ) throws -> (repeat each State) {
    try whileLoop(
      cond, body, (repeat each loopVars), shapeInvariants: shapeInvariants,
      parallelIterations: parallelIterations, backProp: backProp, swapMemory: swapMemory,
      maximumIterations: maximumIterations, name: name)
  }
}

extension SharedAPI {
  /// `outputTensor` when `dependencies` have run. Follows TensorFlow's `with_dependencies`.
  public static func withDependencies(
    _ dependencies: [any GraphElement], _ outputTensor: Tensor, name: String? = nil
  ) throws -> Tensor {
    if Environment.current.isExecutingEagerly { return outputTensor }
    return try Conditional.withDependencies(dependencies, outputTensor, name: name)
  }
}
