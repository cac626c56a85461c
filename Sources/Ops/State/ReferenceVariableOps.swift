import CKernels
package import CoreOps

/// Variables by reference, as TF-1 has them.
package struct ReferenceVariableOps: OpFamily {
  package static let family: Self = define(Self())

  package let variableV2 = ReferenceVariableOps.variable("VariableV2")
  package let variable = ReferenceVariableOps.variable("Variable")

  package let temporary = OpDef(
    "TemporaryVariable",
    """
    -> ref: Ref(dtype)
    shape: shape
    dtype: type
    var_name: string = ''
    """, stateful: true, shape: { [try $0.shape("shape")] },
    kernel: .dynamic { context in
      let (dtype, shape) = (try context.type("dtype"), try context.shape("shape"))
      let name = try context.string("var_name")
      guard let dims = shape.known else {
        throw TFError.invalidArgument("Shape \(shape) of a temporary variable is not fully defined")
      }
      return { run in
        let variable = VariableObject(
          name: name.isEmpty ? run.node : name, dtype: dtype, shape: shape, isReference: true)
        try variable.update { _ in try Tensor.zeros(dtype, dims) }
        return [Tensor(reference: variable)]
      }
    }, gradient: .none("a variable has no inputs"))

  package let destroyTemporary = OpDef(
    "DestroyTemporaryVariable",
    """
    ref: Ref(T) -> value: T
    T: type
    var_name: string
    """, allowsUninitialized: true, shape: ShapeRules.same,
    kernel: .dynamic { context in
      let name = try context.string("var_name")
      return { run in
        let variable = try run.inputs[0].variable()
        guard variable.name == name, let value = variable.value else {
          throw TFError.notFound("Resource __per_step/\(name)/TmpVar does not exist.")
        }
        variable.value = nil
        return [value]
      }
    }, gradient: .none("a temporary variable is not differentiable"))

  package let isInitialized = OpDef(
    "IsVariableInitialized",
    """
    ref: Ref(dtype) -> is_initialized: bool
    dtype: type
    """, allowsUninitialized: true, shape: ShapeRules.scalar,
    kernel: .run { run in
      // An input that is a plain value, and no reference, is initialised.
      [try Tensor(scalar: run.inputs[0].referencedVariable.map { $0.value != nil } ?? true)]
    }, gradient: .zero)

  package let assign = OpDef(
    "Assign",
    """
    ref: Ref(T), value: T -> output_ref: Ref(T)
    T: type
    validate_shape: bool = true
    use_locking: bool = true
    """, allowsUninitialized: true,
    shape: { context in
      guard try context.bool("validate_shape") else { return [context.shapes[1]] }
      return [try context.shapes[0].merged(with: context.shapes[1])]
    },
    kernel: .dynamic { context in
      let validate = try context.bool("validate_shape")
      return { run in
        let variable = try run.inputs[0].variable()
        let value = run.inputs[1]
        try variable.update { old in
          let dims = old?.dims ?? variable.shape.known ?? Shape()
          guard !validate || dims == value.dims else {
            throw TFError.invalidArgument(
              """
              Assign requires shapes of both tensors to match. lhs shape= \(dims) rhs shape= \
              \(value.dims)
              """
            )
          }
          return value
        }
        return [run.inputs[0]]
      }
    }, gradient: .none("an assignment is not differentiable"))

  package let assignAdd = ReferenceVariableOps.arithmetic("AssignAdd", JK_ADD)
  package let assignSub = ReferenceVariableOps.arithmetic("AssignSub", JK_SUB)

  package let identity = OpDef(
    "RefIdentity",
    """
    input: Ref(T) -> output: Ref(T)
    T: type
    """, allowsUninitialized: true, shape: ShapeRules.same,
    kernel: .run { [$0.inputs[0]] }, gradient: .rule(needs: .nothing) { [try $0.gradient()] })

  package let select = OpDef(
    "RefSelect",
    """
    index: int32, inputs: N * Ref(T) -> output: Ref(T)
    T: type
    N: int >= 1
    """, allowsUninitialized: true,
    shape: { context in
      _ = try context.shape(0, rank: 0, "index")
      return [context.shapes[1...].dropFirst().reduce(context.shapes[1]) { $0.widened(with: $1) }]
    },
    kernel: .run { run in
      try require(
        run.inputs[0].dims.rank == 0,
        "Index must be a scalar, but it has shape \(run.inputs[0].dims)")
      let (index, choices) = (try run.inputs[0].integers()[0], run.inputs.dropFirst())
      try require(
        index >= 0 && index < choices.count,
        "Index must be in the range [0, \(choices.count)) but got \(index)")
      return [choices[choices.startIndex + index]]
    }, gradient: .none("a choice of variables is not differentiable"))

  package let countUpTo = OpDef(
    "CountUpTo",
    """
    ref: Ref(T) -> output: T
    limit: int
    T: {int32, int64}
    """, shape: ShapeRules.scalar,
    kernel: .dynamic { context in
      let limit = try context.int("limit")
      return { run in
        [try countUp(run.inputs[0].variable(), limit, uninitialized: VariableObject.uninitialized)]
      }
    }, gradient: .zero)

  private static func variable(_ name: String) -> OpDef {
    // Where the shape is unknown, the older op infers a scalar.
    OpDef(
      name,
      """
      -> ref: Ref(dtype)
      shape: shape
      dtype: type
      container: string = ''
      shared_name: string = ''
      """, stateful: true,
      shape: { context in
        let shape = try context.shape("shape")
        return [name == "Variable" && shape.rank == 0 ? .unknown : shape]
      },
      kernel: .dynamic { context in
        let (container, sharedName) = (
          try context.string("container"), try context.string("shared_name")
        )
        let (dtype, shape) = (try context.type("dtype"), try context.shape("shape"))
        // As in TensorFlow, a variable without elements has nothing to be initialised.
        let empty = try shape.known.flatMap {
          $0.elementCount == 0 && dtype.isNumeric ? try Tensor.zeros(dtype, $0) : nil
        }
        return { run in
          let variable = try run.execution.resources.variable(
            container, sharedName, run.node, dtype, shape, isReference: true)
          if let empty { try variable.update { $0 ?? empty } }
          return [Tensor(reference: variable)]
        }
      }, gradient: .none("a variable has no inputs"))
  }

  private static func arithmetic(_ name: String, _ operation: some BinaryInteger) -> OpDef {
    let operation = Int32(operation)
    return OpDef(
      name,
      """
      ref: Ref(T), value: T -> output_ref: Ref(T)
      T: \(plainNumbers)
      use_locking: bool = false
      """,
      shape: { [try $0.shapes[0].merged(with: $0.shapes[1])] },
      kernel: .dynamic(["T": .numbers]) { context in
        let update = try findUpdate(try context.type("T"), operation, name)
        return { run in
          try addInPlace(
            run.inputs[0].variable(), run.inputs[1], update,
            uninitialized: VariableObject.uninitialized)
          return [run.inputs[0]]
        }
      }, gradient: .none("an assignment is not differentiable"))
  }
}

/// The dtypes that TensorFlow's signatures mean by `numbertype`, in its order.
let plainNumbers =
  """
  {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, \
  qint16, quint16, uint16, complex128, half, uint32, uint64}
  """
