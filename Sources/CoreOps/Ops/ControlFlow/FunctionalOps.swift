/// Ops that call functions of the graph's library.
package struct FunctionalOps: OpFamily {
  package static let family: Self = define(Self())

  package let partitionedCall = FunctionalOps.callOp("PartitionedCall", stateful: false)
  package let statefulPartitionedCall = FunctionalOps.callOp(
    "StatefulPartitionedCall", stateful: true)
  package let `if` = FunctionalOps.ifOp("If", stateful: true)
  package let statelessIf = FunctionalOps.ifOp("StatelessIf", stateful: false)
  package let `while` = FunctionalOps.whileOp("While", stateful: true)
  package let statelessWhile = FunctionalOps.whileOp("StatelessWhile", stateful: false)
  package let `case` = FunctionalOps.caseOp("Case", stateful: true)
  package let statelessCase = FunctionalOps.caseOp("StatelessCase", stateful: false)

  package let `for` = OpDef(
    "For",
    """
    start: int32, limit: int32, delta: int32, input: T -> output: T
    T: list(type) >= 0
    body: func
    """, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      let body = Callee(try context.function("body"), results: context.outputTypes)
      return { run in
        for (name, bound) in zip(["start", "limit", "delta"], run.inputs) {
          try require(bound.dims.rank == 0, "\(name) must be a scalar, not shape \(bound.dims)")
        }
        let (start, limit) = (try run.inputs[0].integers()[0], try run.inputs[1].integers()[0])
        let delta = try run.inputs[2].integers()[0]
        try require(
          start == limit || (delta > 0 && start < limit) || (delta < 0 && start > limit),
          "If start < limit, delta must be > 0; if start > limit, delta must be < 0")
        let execution = try run.execution.nested()
        var state = Array(run.inputs.dropFirst(3))
        var index = start
        while delta > 0 ? index < limit : index > limit {
          try execution.cancellation.check()
          state = try body.call([Tensor(scalar: Int32(index))] + state, execution)
          index += delta
        }
        return state
      }
    }, gradient: .none("TensorFlow has no gradient for it"))

  /// The gradient of a call is a call of a function that has to be derived from the called one.
  private static let derived = Gradient.none(
    "its gradient is derived from the functions that it calls")

  private static func callOp(_ name: String, stateful: Bool) -> OpDef {
    OpDef(
      name,
      """
      args: Tin -> output: Tout
      Tin: list(type) >= 0
      Tout: list(type) >= 0
      f: func
      config: string = ''
      config_proto: string = ''
      executor_type: string = ''
      """, stateful: stateful,
      shape: ShapeRules.unknown,
      kernel: .dynamic { context in
        let function = Callee(try context.function("f"), results: context.outputTypes)
        return { try function.call($0.inputs, $0.execution.nested()) }
      }, gradient: derived)
  }

  private static func ifOp(_ name: String, stateful: Bool) -> OpDef {
    OpDef(
      name,
      """
      cond: Tcond, input: Tin -> output: Tout
      Tcond: type
      Tin: list(type) >= 0
      Tout: list(type) >= 0
      then_branch: func
      else_branch: func
      output_shapes: list(shape) = []
      """, stateful: stateful,
      shape: declaredShapes,
      kernel: .dynamic { context in
        let yes = Callee(try context.function("then_branch"), results: context.outputTypes)
        let scalar = FunctionCalls.wantsScalar(context.attrs)
        let no = Callee(try context.function("else_branch"), results: context.outputTypes)
        return { run in
          let branch = try FunctionCalls.truth(run.inputs[0], scalar: scalar) ? yes : no
          return try branch.call(Array(run.inputs.dropFirst()), run.execution.nested())
        }
      }, gradient: derived)
  }

  private static func caseOp(_ name: String, stateful: Bool) -> OpDef {
    OpDef(
      name,
      """
      branch_index: int32, input: Tin -> output: Tout
      Tin: list(type) >= 0
      Tout: list(type) >= 0
      branches: list(func) >= 1
      output_shapes: list(shape) = []
      """, stateful: stateful,
      shape: { context in
        _ = try context.shape(0, rank: 0, "branch_index")
        return try declaredShapes(context)
      },
      kernel: .dynamic { context in
        let branches = try FunctionCalls.functions(context.attrs, "branches").map {
          Callee($0, results: context.outputTypes)
        }
        return { run in
          let branch = try FunctionCalls.branch(run.inputs[0], of: branches.count)
          return try branches[branch].call(
            Array(run.inputs.dropFirst()), run.execution.nested())
        }
      }, gradient: derived)
  }

  private static func whileOp(_ name: String, stateful: Bool) -> OpDef {
    OpDef(
      name,
      """
      input: T -> output: T
      T: list(type) >= 0
      cond: func
      body: func
      output_shapes: list(shape) = []
      parallel_iterations: int = 10
      """, stateful: stateful,
      shape: { context in
        for (index, dtype) in context.inputTypes.enumerated() {
          guard let data = context.handle(index) else { continue }
          // A variable stays the same one. A list may be another in each iteration, of elements of
          // the same dtype.
          context.setHandle(
            index,
            dtype == .resource ? data : HandleData(data.parts.map { .init($0.dtype, .unknown) }))
        }
        return try declaredShapes(context)
      },
      kernel: .dynamic { context in
        let condition = Callee(try context.function("cond"), results: nil)
        let body = Callee(try context.function("body"), results: context.outputTypes)
        let scalar = FunctionCalls.wantsScalar(context.attrs)
        return { run in
          let execution = try run.execution.nested()
          var state = run.inputs
          while true {
            try execution.cancellation.check()
            guard
              try FunctionCalls.goesOn(condition.call(state, execution), scalar: scalar)
            else { return state }
            state = try body.call(state, execution)
          }
        }
      }, gradient: derived)
  }

  /// What the attribute `output_shapes` says, where it is given.
  private static let declaredShapes: ShapeRule = { context in
    let count = try context.outputCount
    let declared = try context.shapes("output_shapes")
    guard declared.isEmpty || declared.count == count else {
      throw TFError.invalidArgument(
        "`output_shapes` must be the same length as num outputs (\(declared.count) vs. \(count))")
    }
    return declared.isEmpty ? [PartialShape](repeating: .unknown, count: count) : declared
  }
}

/// A function that a kernel calls, and what it must give back.
struct Callee: Sendable {
  let name: String
  let attrs: Attrs
  /// The results' dtypes, where the calling node states them.
  let results: [DType]?

  init(_ function: (name: String, attrs: Attrs), results: [DType]?) {
    name = function.name
    attrs = function.attrs
    self.results = results
  }

  /// - Parameter execution: what `ExecutionContext.nested` gave.
  package func call(_ inputs: [Tensor], _ execution: ExecutionContext) throws -> [Tensor] {
    guard let functions = execution.functions else {
      throw TFError.notFound("Function \(name) is not defined: there is no function library here")
    }
    let outputs = try functions.call(name, attrs, inputs, execution)
    if let results {
      guard outputs.map(\.dtype) == results else {
        throw TFError.invalidArgument(
          """
          function \(name) returned (\(outputs.map(\.dtype.name).joined(separator: ", "))), \
          expected (\(results.map(\.name).joined(separator: ", ")))
          """
        )
      }
    }
    return outputs
  }
}
