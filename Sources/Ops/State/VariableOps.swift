import CKernels
package import CoreOps

/// Variables by resource.
package struct VariableOps: OpFamily {
  package static let family: Self = define(Self())

  /// The shared name by which TensorFlow marks a variable of its own for each run of the node.
  package static let anonymousName = "cd2c89b7-88b7-44c8-ad83-06c2a9158347"

  package let varHandle = OpDef(
    "VarHandleOp",
    """
    -> resource: resource
    container: string = ''
    shared_name: string = ''
    debug_name: string = ''
    dtype: type
    shape: shape
    allowed_devices: list(string) = []
    """, stateful: true,
    shape: { context in
      context.setHandle(0, HandleData(try context.type("dtype"), try context.shape("shape")))
      return [.scalar]
    },
    kernel: .dynamic { context in
      let (container, sharedName) = (
        try context.string("container"), try context.string("shared_name")
      )
      let debugName = try context.string("debug_name")
      let (dtype, shape) = (try context.type("dtype"), try context.shape("shape"))
      return { run in
        if sharedName == anonymousName {
          return [
            Tensor(
              resource: VariableObject(
                name: debugName.isEmpty ? run.node : debugName, dtype: dtype, shape: shape))
          ]
        }
        return [
          Tensor(
            resource: try run.execution.resources.variable(
              container, sharedName, run.node, dtype, shape))
        ]
      }
    }, gradient: .none("a variable's handle has no inputs"))

  package let read = OpDef(
    "ReadVariableOp",
    """
    resource: resource -> value: dtype
    dtype: type
    """, stateful: true, shape: { [VariableOps.shape($0, 0)] },
    kernel: .dynamic { context in
      let dtype = try context.type("dtype")
      return { run in
        let variable: VariableObject = try run.inputs[0].resource()
        try variable.check(dtype, "read")
        guard let value = variable.value else { throw VariableObject.unreadable(variable) }
        return [value]
      }
    }, gradient: .slices(needs: .nothing) { [try $0.value()] })

  package let assign = OpDef(
    "AssignVariableOp",
    """
    resource: resource, value: dtype ->
    dtype: type
    validate_shape: bool = false
    """, stateful: true,
    shape: { context in
      let shape = VariableOps.shape(context, 0)
      guard shape.isCompatible(with: context.shapes[1]) else {
        throw TFError.invalidArgument(
          """
          Dimensions of the variable and the assigned value must be equal: shapes are \(shape) and \
          \(context.shapes[1])
          """
        )
      }
      return []
    },
    kernel: .dynamic { context in
      let validate = try context.bool("validate_shape")
      return { run in
        let variable: VariableObject = try run.inputs[0].resource()
        let value = run.inputs[1]
        try variable.check(value.dtype, "assign")
        try variable.update { old in
          if validate, let old, old.dims != value.dims {
            throw TFError.invalidArgument(
              """
              Trying to assign to variable with tensor with wrong shape. Expected \(old.dims) got \
              \(value.dims)
              """
            )
          }
          return value
        }
        return []
      }
    }, gradient: .none("an assignment has no outputs"))

  package let assignAdd = VariableOps.arithmetic("AssignAddVariableOp", JK_ADD, "add")
  package let assignSub = VariableOps.arithmetic("AssignSubVariableOp", JK_SUB, "subtract")

  package let isInitialized = OpDef(
    "VarIsInitializedOp",
    """
    resource: resource -> is_initialized: bool
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .run { run in
      [try Tensor(scalar: try run.inputs[0].resource(VariableObject.self).value != nil)]
    }, gradient: .zero)

  package let variableShape = OpDef(
    "VariableShape",
    """
    input: resource -> output: out_type
    out_type: {int32, int64} = int32
    """, stateful: true, shape: { [PartialShape([VariableOps.shape($0, 0).rank])] },
    kernel: .dynamic { context in
      let type = try context.type("out_type")
      return { run in
        let variable: VariableObject = try run.inputs[0].resource()
        guard let value = variable.value else { throw VariableObject.notFound(variable) }
        return [try value.dims.dims.asTensor(preferring: type)]
      }
    }, gradient: .zero)

  package let destroy = OpDef(
    "DestroyResourceOp",
    """
    resource: resource ->
    ignore_lookup_error: bool = true
    """, stateful: true, shape: { _ in [] },
    kernel: .dynamic { context in
      let ignore = try context.bool("ignore_lookup_error")
      return { run in
        guard case .objects(let buffer) = run.inputs[0].payload, let object = buffer.values.first,
          let object
        else { throw TFError.invalidArgument("expected a resource handle") }
        // The handle may be used again: a variable is then as before its first assignment.
        if let variable = object as? VariableObject {
          if variable.value == nil, !ignore { throw VariableObject.notFound(variable) }
          variable.value = nil
        } else if !run.execution.resources.remove(object), !ignore {
          throw TFError.notFound("the resource does not exist")
        }
        return []
      }
    }, gradient: .none("a resource's end has no outputs"))

  package let disableCopyOnRead = OpDef(
    "DisableCopyOnRead",
    """
    resource: resource ->
    """, stateful: true, shape: { _ in [] },
    kernel: .run { run in
      // A value that was read is never written to again here, whether it was copied or not.
      _ = try run.inputs[0].resource(VariableObject.self)
      return []
    }, gradient: .none("it has no outputs"))

  package let countUpTo = OpDef(
    "ResourceCountUpTo",
    """
    resource: resource -> output: T
    limit: int
    T: {int32, int64}
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .dynamic { context in
      let limit = try context.int("limit")
      return { run in
        let variable = try run.inputs[0].variable()
        return [try countUp(variable, limit, uninitialized: VariableObject.notFound)]
      }
    }, gradient: .zero)

  package let readMany = OpDef(
    "_ReadVariablesOp",
    """
    resources: N * resource -> values: dtypes
    N: int >= 0
    dtypes: list(type) >= 1
    """, stateful: true,
    shape: { context in (0..<context.inputCount).map { VariableOps.shape(context, $0) } },
    kernel: .dynamic { context in
      let dtypes = context.outputTypes
      try require(dtypes.count == context.inputTypes.count, "attr 'dtypes' must have 'N' elements")
      return { run in
        try zip(run.inputs, dtypes).map { input, dtype in
          let variable: VariableObject = try input.resource()
          try variable.check(dtype, "read")
          guard let value = variable.value else { throw VariableObject.unreadable(variable) }
          return value
        }
      }
    }, gradient: .rule(needs: .nothing) { $0.outputGradients })

  package let handles = OpDef(
    "_VarHandlesOp",
    """
    -> resources: N * resource
    containers: list(string)
    shared_names: list(string)
    N: int >= 0
    dtypes: list(type)
    shapes: list(shape)
    """, stateful: true,
    shape: { context in
      let (dtypes, shapes) = (try context.types("dtypes"), try context.shapes("shapes"))
      for (index, part) in zip(dtypes, shapes).enumerated() {
        context.setHandle(index, HandleData(part.0, part.1))
      }
      return [PartialShape](repeating: .scalar, count: try context.outputCount)
    },
    kernel: .dynamic { context in
      let (containers, names) = (
        try context.strings("containers"), try context.strings("shared_names")
      )
      let (dtypes, shapes) = (try context.types("dtypes"), try context.shapes("shapes"))
      let count = try context.int("N")
      try require(
        containers.count == count && names.count == count && dtypes.count == count
          && shapes.count == count,
        "the list attributes must have 'N' elements")
      return { run in
        try (0..<count).map { index in
          Tensor(
            resource: try run.execution.resources.variable(
              containers[index], names[index], run.node, dtypes[index], shapes[index]))
        }
      }
    }, gradient: .none("a variable's handle has no inputs"))

  private static func arithmetic(_ name: String, _ operation: some BinaryInteger, _ verb: String)
    -> OpDef
  {
    let operation = Int32(operation)
    return OpDef(
      name,
      """
      resource: resource, value: dtype ->
      dtype: type
      """, stateful: true, shape: { _ in [] },
      kernel: .dynamic(["dtype": .numbers]) { context in
        let update = try findUpdate(try context.type("dtype"), operation, name)
        return { run in
          let variable: VariableObject = try run.inputs[0].resource()
          try variable.check(run.inputs[1].dtype, verb)
          try addInPlace(variable, run.inputs[1], update, uninitialized: VariableObject.notFound)
          return []
        }
      }, gradient: .none("an assignment has no outputs"))
  }

  /// What is known of the value's shape of the variable in input `index`.
  package static func shape(_ context: ShapeContext, _ index: Int) -> PartialShape {
    guard let handle = context.values[index], handle.dtype == .resource,
      let variable = try? handle.resource(VariableObject.self)
    else { return context.handle(index)?.parts.first?.shape ?? .unknown }
    return variable.value.map { PartialShape($0.dims) } ?? variable.shape
  }
}

/// Adds `delta` to the variable's value, or what else `update` does.
func addInPlace(
  _ variable: VariableObject, _ delta: Tensor, _ update: jk_update,
  uninitialized: (VariableObject) -> TFError
) throws {
  try variable.modify(uninitialized: uninitialized) { value in
    guard value.dims == delta.dims else {
      throw TFError.invalidArgument(
        """
        Cannot update variable with shape \(value.dims) using a Tensor with shape \(delta.dims), \
        shapes must be equal.
        """
      )
    }
    _ = jk_update_all(
      update, value.pointer, delta.pointer, value.dims.elementCount, value.dtype.byteSize)
  }
}

/// Adds one to an integer scalar and gives its value from before.
///
/// - Throws: `OUT_OF_RANGE` when it has reached `limit`.
func countUp(
  _ variable: VariableObject, _ limit: Int, uninitialized: (VariableObject) -> TFError
) throws -> Tensor {
  var before: Tensor?
  try variable.update { value in
    guard let value else { throw uninitialized(variable) }
    guard value.dims.rank == 0 else {
      throw TFError.invalidArgument("input is not a scalar: \(value.dims)")
    }
    let count = try value.integers()[0]
    guard count < limit else { throw TFError.outOfRange("Reached limit of \(limit)") }
    before = try value.settled()
    return try (count + 1).asTensor(preferring: value.dtype)
  }
  return before!
}
