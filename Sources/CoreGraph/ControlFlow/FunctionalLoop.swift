import CoreOps

/// A loop as a `While` that calls functions for its condition and its body. Follows `tf.while_loop`
/// where `control_flow_v2` is on, and always inside functions.
///
/// Before the program's variables stand a counter and the most iterations there may be, after them
/// what the functions take of the graphs around.
enum FunctionalLoop {
  /// Adds the loop to the graph of the call.
  ///
  /// - Parameters:
  ///   - shapes: what the variables' shapes are in all iterations.
  /// - Throws: `INVALID_ARGUMENT` where a shape or dtype does not stay, and what the functions
  ///   throw.
  static func add(
    _ variables: [Tensor], _ shapes: [PartialShape], maximumIterations: Tensor?,
    _ options: LoopOptions, name: String?, condition: ([Tensor]) throws -> Tensor,
    body: ([Tensor]) throws -> [Tensor]
  ) throws -> [Tensor] {
    let results = try inScope(name, "while") { scope in
      let graph = try FunctionalConditional.currentGraph()
      let test = FlowFunction("cond", in: scope ?? "", of: graph, isLoop: true)
      let step = FlowFunction("body", in: scope ?? "", of: graph, isLoop: true)
      let most = try (maximumIterations ?? Tensor(scalar: Int32(-1))).asConstant(
        named: "maximum_iterations")
      let counter = try Tensor(scalar: Int32(0)).asConstant(named: "loop_counter")
      func addArguments(_ function: FlowFunction) throws -> [Tensor] {
        for tensor in [counter, most] {
          let label = try tensor.op.name
          try function.addArgument(tensor.dtype, tensor.shape, name: label, label: label)
        }
        for (variable, shape) in zip(variables, shapes) {
          try function.addArgument(variable.dtype, shape)
        }
        return function.arguments.map(\.tensor)
      }
      let tested = try addArguments(test)
      try test.returns {
        var goesOn = try condition(Array(tested[2...]))
        if goesOn.shape.rank != 0 { goesOn = try ShapeOps.family.squeeze([goesOn]) }
        guard maximumIterations != nil else { return [goesOn] }
        let isLeft = try ComparisonOps.family.less(tested[0], tested[1])
        return [try ComparisonOps.family.logicalAnd(isLeft, goesOn)]
      }
      let stepped = try addArguments(step)
      try step.run { for capture in test.captures { _ = try step.capture(capture.tensor) } }
      var results: [Tensor] = []
      try step.run { results = try body(Array(stepped[2...])) }
      try require(
        results.count == variables.count,
        """
        Number of inputs and outputs of 'body' must match `loop_vars`. Got \(variables.count) for \
        the number of inputs/outputs, and \(results.count) for 'loop_vars'.
        """)
      try step.returns { [try stepped[0] + 1] }
      step.returns(argument: stepped[1])
      try step.returns { results }
      let captures = step.captures
      for capture in captures { step.returns(argument: capture.placeholder) }
      try step.take(captures.map(\.tensor)) { ("Placeholder", $1.shape) }
      try test.take(captures.map(\.tensor)) { number, _ in
        ("\(test.name)___redundant_placeholder\(number)", .unknown)
      }
      try check(step.results, [counter, most] + variables, shapes)
      for function in [test, step] { try function.define(in: graph) }
      let outputs = try call(
        [counter, most] + variables + captures.map(\.tensor), test, step, options, scope,
        shapes: shapes)
      return Array(outputs[2..<(2 + variables.count)])
    }
    return options.backProp
      ? results : try results.map { try BasicOps.family.stopGradient([$0]) }
  }

  /// - Throws: `INVALID_ARGUMENT` for a variable that is another kind of tensor after an iteration.
  private static func check(
    _ results: [Tensor], _ variables: [Tensor], _ shapes: [PartialShape]
  ) throws {
    for ((result, variable), shape) in zip(zip(results, variables).dropFirst(2), shapes) {
      let name = try variable.name
      try require(
        result.shape.isAtMost(shape),
        """
        Input tensor `\(name)` enters the loop with shape \(variable.shape.tupleText), but has \
        shape \(result.shape.tupleText) after one iteration. To allow the shape to vary across \
        iterations, use the `shape_invariants` argument of tf.while_loop to specify a \
        less-specific shape.
        """)
    }
    for (result, variable) in zip(results, variables) {
      let name = try variable.name
      try require(
        result.dtype == variable.dtype,
        """
        Loop var \(name) enters the loop with type \(variable.dtype.name) but has \
        type \(result.dtype.name) after 1 iteration. \(name) type should remain \
        constant.
        """)
    }
  }

  private static func call(
    _ inputs: [Tensor], _ test: FlowFunction, _ step: FlowFunction, _ options: LoopOptions,
    _ scope: String?, shapes: [PartialShape]
  ) throws -> [Tensor] {
    var declared = step.results.map(\.shape)
    for (index, shape) in shapes.enumerated() { declared[2 + index] = shape }
    let readOnly = Set(try test.readOnlyArguments).intersection(try step.readOnlyArguments)
    let op =
      test.isStateful || step.isStateful
      ? FunctionalOps.family.while : FunctionalOps.family.statelessWhile
    let attrs: Attrs = [
      "cond": .function(test.name, [:]), "body": .function(step.name, [:]),
      "output_shapes": .shapes(declared), "parallel_iterations": .int(options.parallelIterations),
      "_lower_using_switch_merge": .bool(true),
      "_read_only_resource_inputs": .ints(readOnly.sorted()),
      "_num_original_outputs": .int(step.results.count),
    ]
    let outputs = try Environment.current.waiting(for: test.waitedFor + step.waitedFor).run {
      try CoreOps.apply(op, inputs, attrs, name: scope)
    }
    if Environment.current.isBuildingFunction { return outputs }
    return try outputs.map { try BasicOps.family.identity([$0]) }
  }
}
