import CKernels
package import CoreOps

/// Ops that read or change rows and elements of variables, each for reference and for resource
/// variables.
package struct VariableScatterOps: OpFamily {
  package static let family: Self = define(Self())

  package let update = ScatterOp("Update", JK_SET)
  package let add = ScatterOp("Add", JK_ADD)
  package let sub = ScatterOp("Sub", JK_SUB)
  package let mul = ScatterOp("Mul", JK_MUL)
  package let div = ScatterOp("Div", JK_DIV)
  package let min = ScatterOp("Min", JK_MIN, ordered: true)
  package let max = ScatterOp("Max", JK_MAX, ordered: true)

  package let ndUpdate = ScatterNdOp("Update", JK_SET)
  package let ndAdd = ScatterNdOp("Add", JK_ADD)
  package let ndSub = ScatterNdOp("Sub", JK_SUB)
  package let ndMin = ScatterNdOp("Min", JK_MIN)
  package let ndMax = ScatterNdOp("Max", JK_MAX)

  package let gather = OpDef(
    "ResourceGather",
    """
    resource: resource, indices: Tindices -> output: dtype
    batch_dims: int = 0
    validate_indices: bool = true
    dtype: type
    Tindices: {int32, int64}
    """, stateful: true,
    shape: { context in
      let (params, indices) = (VariableOps.shape(context, 0), context.shapes[1])
      let batch = try context.int("batch_dims")
      guard batch >= 0, let p = params.dims, p.count > batch, let i = indices.dims else {
        return [.unknown]
      }
      return [PartialShape(i + p.dropFirst(batch + 1))]
    },
    kernel: .dynamic { context in
      let dtype = try context.type("dtype")
      let batch = try context.int("batch_dims")
      return { run in
        let value = try RowPicker.value(run.inputs[0], dtype)
        return [try RowPicker.gather(value, run.inputs[1], batch: batch)]
      }
    },
    gradient: .slices(needs: .inputs) { context in
      guard try context.int("batch_dims") == 0 else {
        throw TFError.unimplemented("the gradient of ResourceGather with batch_dims")
      }
      let shape = try VariableOps.family.variableShape([context.inputs[0]])
      return [
        .slices(
          try IndexedSlices(
            picked: context.inputs[1], of: shape, gradient: context.gradient())), nil,
      ]
    })

  package let gatherNd = OpDef(
    "ResourceGatherNd",
    """
    resource: resource, indices: Tindices -> output: dtype
    dtype: type
    Tindices: {int32, int64}
    """, stateful: true,
    shape: { context in
      let (params, indices) = (VariableOps.shape(context, 0), context.shapes[1])
      guard let p = params.dims, let i = indices.dims, let last = i.last, let depth = last,
        depth <= p.count
      else { return [.unknown] }
      return [PartialShape(i.dropLast() + p.dropFirst(depth.value))]
    },
    kernel: .dynamic { context in
      let dtype = try context.type("dtype")
      return { run in
        let value = try RowPicker.value(run.inputs[0], dtype)
        return [try RowPicker.gatherNd(value, run.inputs[1])]
      }
    },
    gradient: .rule(needs: .inputs(0, 1)) { context in
      let shape = try VariableOps.family.variableShape(
        [context.inputs[0]], ["out_type": .type(context.inputs[1].dtype)])
      return [
        try ScatterOps.family.scatterNd([context.inputs[1], context.gradient(), shape]), nil,
      ]
    })

  private static func t(_ values: [Int]) throws -> Tensor { try values.asTensor() }
}

/// `Scatter…` and `ResourceScatter…`: rows of a variable by index.
package struct ScatterOp: Sendable {
  package let reference: OpDef
  package let resource: OpDef

  init(_ stem: String, _ operation: some BinaryInteger, ordered: Bool = false) {
    let operation = Int32(operation)
    let sets = operation == Int32(JK_SET)
    let types: DTypeSet = sets ? [.all] : ordered ? [.reals] : [.numbers]
    let referenceTypes =
      sets ? "type" : ordered ? "{half, bfloat16, float, double, int32, int64}" : plainNumbers
    reference = OpDef(
      "Scatter\(stem)",
      """
      ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)
      T: \(referenceTypes)
      Tindices: {int32, int64}
      use_locking: bool = \(sets)
      """, shape: ShapeRules.same,
      kernel: .dynamic(["T": types]) { context in
        let change = try RowChange(try context.type("T"), operation, "Scatter\(stem)")
        return { run in
          try change.scatter(
            run.inputs[0].variable(), run.inputs[1], run.inputs[2],
            uninitialized: VariableObject.uninitialized)
          return [run.inputs[0]]
        }
      }, gradient: .none("an assignment is not differentiable"))
    resource = OpDef(
      "ResourceScatter\(stem)",
      """
      resource: resource, indices: Tindices, updates: dtype ->
      dtype: \(sets ? "type" : plainNumbers)
      Tindices: {int32, int64}
      """, stateful: true, shape: { _ in [] },
      kernel: .dynamic(["dtype": types]) { context in
        let change = try RowChange(try context.type("dtype"), operation, "ResourceScatter\(stem)")
        return { run in
          let variable: VariableObject = try run.inputs[0].resource()
          try variable.check(run.inputs[2].dtype, "scatter into")
          try change.scatter(
            variable, run.inputs[1], run.inputs[2], uninitialized: VariableObject.notFound)
          return []
        }
      }, gradient: .none("an assignment has no outputs"))
  }
}

/// `ScatterNd…` and `ResourceScatterNd…`: slices of a variable by index vectors.
package struct ScatterNdOp: Sendable {
  package let reference: OpDef
  package let resource: OpDef

  init(_ stem: String, _ operation: some BinaryInteger) {
    let operation = Int32(operation)
    let sets = operation == Int32(JK_SET)
    let ordered = operation == Int32(JK_MIN) || operation == Int32(JK_MAX)
    let types: DTypeSet =
      sets
      ? [.numbers, .bool, .string]
      : ordered ? [.reals] : operation == Int32(JK_ADD) ? [.numbers, .bool] : [.numbers]
    reference = OpDef(
      "ScatterNd\(stem)",
      """
      ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)
      T: \(sets ? "type" : plainNumbers)
      Tindices: {int32, int64}
      use_locking: bool = \(sets)
      bad_indices_policy: string = ''
      """, shape: ShapeRules.same,
      kernel: .dynamic(["T": types]) { context in
        let change = try RowChange(try context.type("T"), operation, "ScatterNd\(stem)")
        let ignore = try RowChange.ignoresBadIndices(context)
        return { run in
          try change.scatterNd(
            run.inputs[0].variable(), run.inputs[1], run.inputs[2], ignore,
            uninitialized: VariableObject.uninitialized)
          return [run.inputs[0]]
        }
      }, gradient: .none("an assignment is not differentiable"))
    resource = OpDef(
      "ResourceScatterNd\(stem)",
      """
      ref: resource, indices: Tindices, updates: T ->
      T: type
      Tindices: {int32, int64}
      use_locking: bool = true
      bad_indices_policy: string = ''
      """, stateful: true, shape: { _ in [] },
      kernel: .dynamic(["T": types]) { context in
        let change = try RowChange(try context.type("T"), operation, "ResourceScatterNd\(stem)")
        let ignore = try RowChange.ignoresBadIndices(context)
        return { run in
          let variable: VariableObject = try run.inputs[0].resource()
          try variable.check(run.inputs[2].dtype, "scatter into")
          try change.scatterNd(
            variable, run.inputs[1], run.inputs[2], ignore, uninitialized: VariableObject.notFound
          )
          return []
        }
      }, gradient: .none("an assignment has no outputs"))
  }
}
