package import CoreOps
import Glibc

/// Ops that TensorFlow's own passes and runtime put into graphs, and that saved graphs may hold.
package struct InternalOps: OpFamily {
  package static let family: Self = define(Self())

  private static let noGradient: Gradient = .none("TensorFlow has no gradient for it")

  package let hostConst: OpDef = OpDef(
    "HostConst",
    """
    -> output: dtype
    value: tensor
    dtype: type
    """, shape: { try BasicOps.family.const.inferShapes($0) },
    kernel: BasicOps.family.const.kernel, gradient: .zero)

  package let eagerConst: OpDef = OpDef(
    "_EagerConst",
    """
    input: T -> output: T
    T: type
    """, shape: ShapeRules.passing, kernel: .run { [$0.inputs[0]] },
    gradient: .rule(needs: .nothing) { [try $0.gradient()] })

  package let hostCast: OpDef = OpDef(
    "_HostCast",
    """
    x: SrcT -> y: DstT
    SrcT: type
    DstT: type
    Truncate: bool = false
    """, shape: ShapeRules.same, kernel: CastOps.family.castOp.kernel, gradient: noGradient)

  package let parallelConcatStart: OpDef = OpDef(
    "_ParallelConcatStart",
    """
    -> output: dtype
    shape: shape
    dtype: type
    """, stateful: true, shape: { [try $0.shape("shape")] },
    kernel: .dynamic(["dtype": [.numbers, .bool, .string]]) { context in
      let (shape, dtype) = (try context.shape("shape"), try context.type("dtype"))
      guard let dims = shape.known else {
        throw TFError.invalidArgument("shape \(shape) is not fully defined")
      }
      return { _ in [try Tensor.zeros(dtype, dims)] }
    }, gradient: .zero)

  package let parallelConcatUpdate: OpDef = OpDef(
    "_ParallelConcatUpdate",
    """
    value: T, update: T -> output: T
    T: type
    loc: int
    """, shape: ShapeRules.same,
    kernel: .dynamic(["T": [.numbers, .bool, .string]]) { context in
      let place = try context.int("loc")
      return { run in
        let (value, update) = (run.inputs[0], run.inputs[1])
        var dims = value.dims
        try require(dims.rank > 0, "value must have at least one dimension")
        dims[0] = update.dims.rank == 0 ? 0 : update.dims[0]
        try require(
          dims == update.dims,
          "value and update shape doesn't match: \(value.dims) vs. \(update.dims)")
        try require(dims[0] == 1, "update must have one row, got shape \(update.dims)")
        let rows = value.dims[0]
        try require(rows > 0, "value must have rows, got shape \(value.dims)")
        let row = place % rows + (place % rows < 0 ? rows : 0)
        let inner = Array(dims.dims.dropFirst())
        let parts = [
          value.rows(0, row, dims: Shape([row] + inner)), update,
          value.rows(row + 1, rows, dims: Shape([rows - row - 1] + inner)),
        ]
        return [try Stacking.joined(parts, value.dtype, value.dims)]
      }
    }, gradient: noGradient)

  package let unaryComposition: OpDef = OpDef(
    "_UnaryOpsComposition",
    """
    x: T -> y: T
    T: {float, half, double}
    op_names: list(string)
    """, shape: ShapeRules.same,
    kernel: .dynamic { context in
      let dtype = try context.type("T")
      let kernels = try context.strings("op_names").map { name in
        guard composable.contains(name), let op = OpRegistry.standard[name] else {
          throw TFError.invalidArgument(
            "Do not have a compute function registered for op: \(name)")
        }
        return try PreparedKernel(op: op, node: "", attrs: Attrs(), inputTypes: [dtype])
      }
      return { run in
        [try kernels.reduce(run.inputs[0]) { try $1.run([$0], run.execution)[0] }]
      }
    }, gradient: noGradient)

  /// What the pass that makes compositions takes.
  private static let composable: Set<String> = [
    "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "Cos", "Cosh", "Elu", "Exp",
    "Expm1", "Floor", "Inv", "Log", "Log1p", "Neg", "Reciprocal", "Relu", "Relu6", "Rint", "Round",
    "Rsqrt", "Selu", "Sigmoid", "Sin", "Sinh", "Sqrt", "Square", "Tan", "Tanh",
  ]

  package let aggregator: OpDef = OpDef(
    "CustomAggregator",
    """
    input: float -> output: float, min: float, max: float, histogram: int64
    id: string
    calibration_method: int = 0
    num_bins: int = 0
    min_percentile: float = 0
    max_percentile: float = 0
    """,
    shape: { context in
      [context.shapes[0], .scalar, .scalar, [max(try context.int("num_bins"), 0)]]
    },
    kernel: .dynamic { context in
      guard try context.int("calibration_method") != 0 else {
        throw TFError(.aborted, "The calibration method must be specified.")
      }
      let bins = try context.int("num_bins")
      try require(bins >= 0, "num_bins must not be negative, got \(bins)")
      return { run in
        let values = run.inputs[0].elements(Float.self)
        let (least, most) = (
          values.reduce(Float.infinity, min), values.reduce(-Float.infinity, max)
        )
        return [
          run.inputs[0], try Tensor(scalar: least), try Tensor(scalar: most),
          try histogram(values, least, most, bins),
        ]
      }
    }, gradient: noGradient)

  /// How many values lie in each of the bins, whose width is a power of two and which begin at a
  /// multiple of it. The last bin has what lies behind it too.
  private static func histogram(
    _ values: UnsafeMutableBufferPointer<Float>, _ least: Float, _ most: Float, _ bins: Int
  ) throws -> Tensor {
    try MemoryLimit.room(for: bins * 8)
    var counts = [Int](repeating: 0, count: bins)
    guard bins > 0, !values.isEmpty else { return try Tensor(counts, dims: [bins]) }
    let width = exp2f(log2f((most - least) / Float(bins)).rounded(.up))
    let start = (least / width).rounded(.down) * width
    var pace = Pace()
    for value in values {
      try pace.step()
      let place = (value - start) / width
      // Values that are all alike have no width.
      counts[place.isNaN ? 0 : Int(min(max(place, 0), Float(bins - 1)))] += 1
    }
    return try Tensor(counts, dims: [bins])
  }

  package let toComposite: OpDef = OpDef(
    "CompositeTensorVariantFromComponents",
    """
    components: Tcomponents -> encoded: variant
    metadata: string
    Tcomponents: list(type) >= 0
    """, shape: ShapeRules.scalar,
    kernel: .run { run in
      [Tensor(.variant, objects: [CompositeValue(run.inputs)], dims: Shape())]
    },
    gradient: .rule(needs: .nothing) { context in
      try apply(
        family.fromComposite, [context.gradient()],
        [
          "metadata": context.attr("metadata"), "Tcomponents": .types(context.inputs.map(\.dtype)),
        ]
      ).map { $0 }
    })

  package let fromComposite: OpDef = OpDef(
    "CompositeTensorVariantToComponents",
    """
    encoded: variant -> components: Tcomponents
    metadata: string
    Tcomponents: list(type) >= 0
    """, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      let types = context.outputTypes
      return { run in
        let encoded = run.inputs[0]
        guard encoded.dims.rank == 0, let value = encoded.objects[0] as? CompositeValue else {
          throw TFError.invalidArgument("The given variant has no CompositeTensorVariant")
        }
        try require(
          value.components.count == types.count,
          "Encoded value has \(value.components.count) tensor components, expected \(types.count)")
        for (index, component) in value.components.enumerated() {
          try require(
            component.dtype == types[index],
            """
            Tensor component \(index) had dtype \(component.dtype.signatureName), expected \
            \(types[index].signatureName)
            """
          )
        }
        return value.components
      }
    },
    gradient: .rule { context in
      [
        try family.toComposite(
          context.outputs.indices.map { try context.gradient($0) },
          ["metadata": context.attr("metadata")])
      ]
    })

  package let weakHandle: OpDef = OpDef(
    "MakeWeakResourceHandle",
    """
    handle: resource -> dup: resource
    """, stateful: true, shape: ShapeRules.passing, kernel: .run { [$0.inputs[0]] },
    gradient: noGradient)

  package let isReferenceCounting: OpDef = OpDef(
    "IsResourceHandleRefCounting",
    """
    handle: resource -> result: bool
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .run { run in
      guard run.inputs[0].dims.rank == 0 else {
        throw TFError.invalidArgument(
          "IsResourceHandleRefCounting takes a scalar, got shape \(run.inputs[0].dims)")
      }
      // A resource that has no name goes with its last handle.
      let variable = run.inputs[0].objects[0] as? VariableObject
      return [try Tensor(scalar: variable?.name == VariableOps.anonymousName)]
    }, gradient: .zero)
}

/// The tensors that a composite one is made of, as the element of a variant tensor.
private final class CompositeValue: TensorObject {
  let components: [Tensor]
  init(_ components: [Tensor]) { self.components = components }
}

extension CompositeValue: AdditiveObject {
  func zeros() throws -> any TensorObject {
    CompositeValue(try components.map { try Tensor.zeros(like: $0) })
  }

  func sum(with other: any TensorObject) throws -> any TensorObject {
    guard let other = other as? CompositeValue, other.components.count == components.count else {
      throw TFError.invalidArgument("only composite tensors of as many components can be added")
    }
    return CompositeValue(try zip(components, other.components).map { try Tensor.sum($0, $1) })
  }
}
