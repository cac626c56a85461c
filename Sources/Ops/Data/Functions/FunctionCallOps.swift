import CoreGraph
package import CoreOps

/// Ops that call functions in other ways than calls, branches and loops do.
package struct FunctionCallOps: OpFamily {
  package static let family: Self = define(Self())

  package let mapDefun = OpDef(
    "MapDefun",
    """
    arguments: Targuments, captured_inputs: Tcaptured -> output: output_types
    Targuments: list(type) >= 1
    Tcaptured: list(type) >= 0 = []
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    f: func
    max_intra_op_parallelism: int = 1
    """,
    shape: { context in
      let rows = try context.range("arguments").lazy.compactMap { context.shapes[$0][0] }.first
      return try DatasetDefinition.components(context).map {
        PartialShape.of(rows).concatenated(with: $0.shape)
      }
    },
    kernel: .dynamic { context in
      let components = try DatasetDefinition.components(context)
      let function = try context.function("f")
      let arguments = try context.inputRange("arguments")
      let others = try context.inputRange("captured_inputs")
      return { run in
        let count = try rowCount(run.inputs[arguments])
        let call = CapturedFunction(
          function, captured: DatasetDefinition.captured(run, others),
          results: components.map(\.dtype), run.execution
        ).instance()
        let dims = run.inputs[arguments].map { Shape($0.dims.dims.dropFirst()) }
        var rows: [[Tensor]] = []
        try MemoryLimit.room(for: count &* 64)
        for row in 0..<count {
          try run.execution.cancellation.check()
          let values = zip(run.inputs[arguments], dims).map { $0.rows(row, row + 1, dims: $1) }
          let results = try call(values, run.execution)
          for (component, result) in zip(components, results) {
            try require(
              component.shape.isCompatible(with: result.shape),
              """
              Mismatch in function retval shape, \(result.dims), and expected output shape, \
              \(component.shape).
              """)
          }
          rows.append(results)
        }
        if !rows.isEmpty { return try ElementBatch.stacked(rows) }
        return try components.enumerated().map { index, component in
          guard let shape = component.shape.known else {
            throw TFError.internal("Missing \(index)-th output: no row says what its shape is")
          }
          return try Tensor.zeros(component.dtype, Shape([0] + shape.dims))
        }
      }
    }, gradient: .none("TensorFlow has no gradient for it"))

  package let symbolicGradient = OpDef(
    "SymbolicGradient",
    """
    input: Tin -> output: Tout
    Tin: list(type) >= 1
    Tout: list(type) >= 1
    f: func
    """,
    shape: { context in
      // The gradient of an argument has its shape.
      let count = try context.outputCount
      try require(
        context.shapes.count >= count,
        "len(inputs) < len(outputs): \(context.shapes.count) inputs, \(count) outputs")
      return try (0..<count).map { index in
        context.passHandle(index, to: index)
        return try context.signature.outputTypes(context.attrs)[index] == .resource
          ? .unknown : context.shapes[index]
      }
    },
    kernel: .dynamic { context in
      let (function, attrs) = try context.function("f")
      let types = context.outputTypes
      return { run in
        guard let functions = run.execution.functions as? FunctionTable else {
          throw TFError.notFound(
            "Function \(function) is not defined: there is no function library here")
        }
        let gradients = try functions.callGradient(
          of: function, attrs, run.inputs, run.execution.nested())
        try ElementCheck.require(types, of: gradients)
        return gradients
      }
    }, gradient: .none("TensorFlow has no gradient for it"))

  package let remoteCall = OpDef(
    "RemoteCall",
    """
    target: string, args: Tin -> output: Tout
    Tin: list(type) >= 1
    Tout: list(type) >= 1
    f: func
    """, stateful: true, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      let function = try context.function("f")
      let types = context.outputTypes
      return { run in
        try require(
          run.inputs[0].dims.rank == 0,
          "target must be a scalar, not of shape \(run.inputs[0].dims)")
        try DeviceName.check(run.text(0))
        let call = CapturedFunction(function, captured: [], results: types, run.execution)
        return try call.instance()(Array(run.inputs.dropFirst()), run.execution)
      }
    }, gradient: .none("TensorFlow has no gradient for it"))

  package let loweredIf = OpDef(
    "_If",
    """
    cond: Tcond, input: Tin -> output: Tout
    Tcond: type
    Tin: list(type) >= 1
    Tout: list(type) >= 1
    then_branch: func
    else_branch: func
    """, stateful: true, shape: ShapeRules.unknown, kernel: FunctionalOps.family.if.kernel,
    gradient: .none("TensorFlow has no gradient for it"))

  package let loweredWhile = OpDef(
    "_While",
    """
    input: T -> output: T
    T: list(type) >= 0
    cond: func
    body: func
    """, stateful: true, shape: ShapeRules.unknown, kernel: FunctionalOps.family.while.kernel,
    gradient: .none("TensorFlow has no gradient for it"))

  package let argument = FunctionCallOps.argumentOp("_Arg")
  package let deviceArgument = FunctionCallOps.argumentOp("_DeviceArg")
  package let result = FunctionCallOps.resultOp("_Retval")
  package let deviceResult = FunctionCallOps.resultOp("_DeviceRetval")

  package let arrayToList = OpDef(
    "_ArrayToList",
    """
    input: N * T -> output: out_types
    T: type
    N: int >= 1
    out_types: list(type) >= 1
    """,
    shape: { context in
      let types = try context.signature.outputTypes(context.attrs)
      try require(
        types == context.inputTypes,
        "out_types \(DatasetObject.list(types)) are not the inputs' dtypes")
      return context.shapes
    }, kernel: .run { $0.inputs }, gradient: .none("TensorFlow has no gradient for it"))

  package let listToArray = OpDef(
    "_ListToArray",
    """
    input: Tin -> output: N * T
    Tin: list(type) >= 1
    T: type
    N: int >= 1
    """,
    shape: { context in
      let types = try context.signature.outputTypes(context.attrs)
      try require(
        types == context.inputTypes,
        "T and N, \(DatasetObject.list(types)), are not the inputs' dtypes")
      return context.shapes
    }, kernel: .run { $0.inputs }, gradient: .none("TensorFlow has no gradient for it"))

  /// How many rows the arguments have.
  private static func rowCount(_ arguments: ArraySlice<Tensor>) throws -> Int {
    var count: Int?
    for (index, argument) in arguments.enumerated() {
      try require(
        argument.dims.rank > 0,
        "All inputs must have rank at least 1. Input \(index) has a rank of 0.")
      let own = argument.dims[0]
      try require(
        count == nil || count == own,
        """
        All inputs must have the same dimension 0. Input \(index) has leading dimension \(own), \
        while all previous inputs have leading dimension \(count ?? 0)
        """)
      count = own
    }
    return count ?? 0
  }

  /// What stands for an argument of a function in its graph; a run feeds it.
  private static func argumentOp(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      -> output: T
      T: type
      index: int >= 0
      """, stateful: true, shape: ShapeRules.unknown,
      kernel: .dynamic { context in
        let index = try context.int("index")
        return { _ in
          throw TFError.internal("argument \(index) has no value: the graph was not called")
        }
      }, gradient: .zero)
  }

  /// What stands for a result of a function in its graph.
  private static func resultOp(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      input: T ->
      T: type
      index: int >= 0
      """, stateful: true, shape: { _ in [] }, kernel: .run { _ in [] }, gradient: .zero)
  }
}
