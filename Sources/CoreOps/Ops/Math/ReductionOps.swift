import CKernels

/// Reductions over axes, and the positions of extremes.
package struct ReductionOps: OpFamily {
  package static let family: Self = define(Self())

  package let sum: OpDef = reduction("Sum", JK_REDUCE_SUM, needs: .inputs(1)) {
    try ReductionGradients.sum($0)
  }
  package let mean: OpDef = reduction("Mean", JK_REDUCE_MEAN, needs: .inputs(1)) {
    try ReductionGradients.mean($0)
  }
  package let prod: OpDef = reduction("Prod", JK_REDUCE_PROD) { try ReductionGradients.product($0) }
  package let euclideanNorm: OpDef = reduction("EuclideanNorm", JK_REDUCE_NORM) {
    try ReductionGradients.norm($0)
  }
  package let max: OpDef = reduction("Max", JK_REDUCE_MAX, ordered: true) {
    try ReductionGradients.extreme($0)
  }
  package let min: OpDef = reduction("Min", JK_REDUCE_MIN, ordered: true) {
    try ReductionGradients.extreme($0)
  }
  package let all: OpDef = logical("All", JK_REDUCE_ALL)
  package let any: OpDef = logical("Any", JK_REDUCE_ANY)

  package let argMax: OpDef = position(
    "ArgMax", least: false, axisTypes: "int16, int32, int64",
    outputTypes: "int16, uint16, int32, int64")
  package let argMin: OpDef = position(
    "ArgMin", least: true, axisTypes: "int32, int64", outputTypes: "int32, int64")

  package let l2Loss: OpDef = OpDef(
    "L2Loss",
    """
    t: T -> output: T
    T: {half, bfloat16, float, double}
    """,
    shape: ShapeRules.scalar,
    kernel: .raw(["T": .floats]) { context in
      let type = try context.type("T")
      return { shapes in
        let count = shapes.inputs[0].elementCount
        return try reduce([count], [true], operation: JK_REDUCE_L2, type)
      }
    }, gradient: .rule(needs: .inputs(0)) { [try $0.inputs[0] * $0.gradient()] })

  /// A reduction of numbers; of ordered ones only, if so said.
  private static func reduction(
    _ name: String, _ operation: some BinaryInteger, ordered: Bool = false,
    needs: GradientNeeds = .all,
    gradient: @escaping @Sendable (GradientContext) throws -> Tensor
  ) -> OpDef {
    let operation = Int32(operation)
    let types =
      ordered
      ? """
      float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64, \
      qint8, quint8, qint32, qint16, quint16
      """
      : """
      float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64
      """
    return OpDef(
      name,
      """
      input: T, reduction_indices: Tidx -> output: T
      keep_dims: bool = false
      T: {\(types)}
      Tidx: {int32, int64} = int32
      """,
      shape: reducedShape,
      kernel: .raw(["T": ordered ? [.reals] : [.numbers]]) { context in
        let type = try context.type("T")
        return { try specialise($0, operation, type) }
      }, gradient: .rule(needs: needs) { [try gradient($0), nil] })
  }

  private static func logical(_ name: String, _ operation: some BinaryInteger) -> OpDef {
    let operation = Int32(operation)
    return OpDef(
      name,
      """
      input: bool, reduction_indices: Tidx -> output: bool
      keep_dims: bool = false
      Tidx: {int32, int64} = int32
      """,
      shape: reducedShape,
      kernel: .raw { _ in { try specialise($0, operation, .bool) } }, gradient: .zero)
  }

  /// For each dimension, whether `axes` name it.
  ///
  /// - Throws: `INVALID_ARGUMENT` when an axis is out of range or is named twice.
  static func marks(_ axes: [Int], rank: Int) throws -> [Bool] {
    var marks = [Bool](repeating: false, count: rank)
    for axis in axes {
      guard axis >= -rank, axis < rank else {
        throw TFError.invalidArgument(
          "Invalid reduction dimension (\(axis) for input with \(rank) dimension(s)")
      }
      let index = axis < 0 ? axis + rank : axis
      guard !marks[index] else {
        throw TFError.invalidArgument(
          "Invalid reduction arguments: Axes contains duplicate dimension: \(index)")
      }
      marks[index] = true
    }
    return marks
  }

  private static let reducedShape: ShapeRule = { context in
    let keepDims = try context.bool("keep_dims")
    guard let dims = context.shapes[0].dims else { return [.unknown] }
    guard let axes = try context.integers(1) else {
      return [keepDims ? .unknown(rank: dims.count) : .unknown]
    }
    let marks = try marks(axes, rank: dims.count)
    if keepDims { return [PartialShape(zip(dims, marks).map { $1 ? 1 : $0 })] }
    return [PartialShape(zip(dims, marks).filter { !$0.1 }.map(\.0))]
  }

  private static func specialise(
    _ context: SpecialiseContext, _ operation: Int32, _ type: DType
  ) throws -> Specialised {
    let dims = context.inputs[0].dims
    let marks = try marks(try context.integers(1), rank: dims.count)
    // Where only dimensions of size 1 are reduced, every operation but the norm gives its input.
    if operation != JK_REDUCE_NORM, zip(dims, marks).allSatisfy({ $0 == 1 || !$1 }) {
      return .alias(of: 0)
    }
    return try reduce(dims, marks, operation: operation, type, output: 2)
  }

  private static func reduce(
    _ dims: [Int], _ marks: [Bool], operation: some BinaryInteger, _ type: DType, output: Int = 1
  ) throws -> Specialised {
    var plan = jk_reduction()
    let operation = Int32(operation)
    let dtype = Int32(type.rawValue)
    guard
      jk_plan_reduction(operation, dtype, Int32(dims.count), dims.map { Int64($0) }, marks, &plan)
    else {
      throw TFError.unimplemented("a reduction of \(dims.count) dimensions that cannot be merged")
    }
    let fixed = plan
    return .run(
      RunSpec(
        run: { pointers in
          withUnsafePointer(to: fixed) { plan in
            jk_reduce(
              operation, dtype, plan, pointers[0], pointers[output],
              plan.pointee.scratch > 0 ? pointers[output + 1] : nil)
          }
        }, scratchBytes: Int(plan.scratch),
        rows: rows(plan, dims, marks, operation, dtype, output: output)))
  }

  /// The reduction by the first dimension, if that one stays.
  private static func rows(
    _ plan: jk_reduction, _ dims: [Int], _ marks: [Bool], _ operation: Int32, _ dtype: Int32,
    output: Int
  ) -> RowForm? {
    guard plan.parts == 1, plan.outputs > 0, plan.count > 0,
      let first = dims.indices.first(where: { dims[$0] != 1 }), !marks[first]
    else { return nil }
    let count = Int(plan.kept.0)
    let outputs = Int(plan.outputs) / count
    return RowForm(count: count, work: outputs * Int(plan.count)) { pointers, range in
      withUnsafePointer(to: plan) {
        jk_reduce_part(
          operation, dtype, $0, pointers[0], pointers[output], range.lowerBound * outputs,
          range.upperBound * outputs)
      }
    }
  }

  private static func position(
    _ name: String, least: Bool, axisTypes: String, outputTypes: String
  ) -> OpDef {
    OpDef(
      name,
      """
      input: T, dimension: Tidx -> output: output_type
      T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64, \
        qint8, quint8, qint32, qint16, quint16, bool}
      Tidx: {\(axisTypes)} = int32
      output_type: {\(outputTypes)} = int64
      """,
      shape: { context in
        if let rank = context.shapes[1].rank, rank != 0 {
          throw TFError.invalidArgument(
            "dim must be a scalar, but received tensor of shape: \(context.shapes[1])")
        }
        guard let dims = context.shapes[0].dims else { return [.unknown] }
        let rank = dims.count
        guard let axis = try context.integers(1)?.first else {
          return [rank == 0 ? .unknown : .unknown(rank: rank - 1)]
        }
        guard axis >= -rank, axis < rank else {
          throw TFError.invalidArgument(
            "Expected dimension in the range [\(-rank), \(rank)), but got \(axis)")
        }
        let index = axis < 0 ? axis + rank : axis
        return [PartialShape(Array(dims[..<index] + dims[(index + 1)...]))]
      },
      kernel: .raw(["T": [.reals, .bool]]) { context in
        let dtype = Int32(try context.type("T").rawValue)
        let size = try context.type("output_type").byteSize
        return { shapes in
          let dims = shapes.inputs[0].dims
          let axis = try ShapeRules.axis(try shapes.integers(1)[0], rank: dims.count)
          let outer = dims[..<axis].reduce(1, *)
          let inner = dims[(axis + 1)...].reduce(1, *)
          let count = dims[axis]
          guard count > 0 || outer * inner == 0 else {
            throw TFError.invalidArgument(
              "Reduction axis \(axis) is empty in shape \(shapes.inputs[0])")
          }
          return .run { pointers in
            jk_arg_extreme(dtype, least, pointers[0], pointers[2], size, outer, count, inner)
          }
        }
      }, gradient: .zero)
  }
}
