package import CoreOps

/// What TensorFlow's debugger puts beside a tensor: the tensor itself, and summaries of it.
package struct DebugSummaryOps: OpFamily {
  package static let family: Self = define(Self())

  private static let noGradient: Gradient = .none("TensorFlow has no gradient for it")

  package let identity: OpDef = OpDef(
    "DebugIdentity",
    """
    input: T -> output: T
    T: type
    device_name: string = ''
    tensor_name: string = ''
    debug_urls: list(string) = []
    gated_grpc: bool = false
    """, shape: ShapeRules.passing,
    kernel: .dynamic { context in
      try DebugSummaryOps.checkNames(context)
      return { [$0.inputs[0]] }
    }, gradient: noGradient)

  package let identityV2: OpDef = OpDef(
    "DebugIdentityV2",
    """
    input: T -> output: T
    T: type
    tfdbg_context_id: string = ''
    op_name: string = ''
    output_slot: int = -1
    tensor_debug_mode: int = -1
    debug_urls: list(string) = []
    circular_buffer_size: int = 1000
    tfdbg_run_id: string = ''
    """, stateful: true, shape: ShapeRules.passing,
    kernel: .dynamic { context in
      try DebugSummaryOps.checkTargets(context)
      return { [$0.inputs[0]] }
    }, gradient: .rule(needs: .nothing) { [try $0.gradient()] })

  package let identityV3: OpDef = OpDef(
    "DebugIdentityV3",
    """
    input: T -> output: T
    T: type
    device_name: string = ''
    tensor_name: string = ''
    io_of_node: string = ''
    is_input: bool = false
    io_index: int = -1
    debug_urls: list(string) = []
    gated_grpc: bool = false
    """, stateful: true, shape: ShapeRules.passing,
    kernel: .dynamic { context in
      try DebugSummaryOps.checkNames(context)
      return { [$0.inputs[0]] }
    }, gradient: noGradient)

  package let nanCount: OpDef = OpDef(
    "DebugNanCount",
    """
    input: T -> output: int64
    T: type
    device_name: string = ''
    tensor_name: string = ''
    debug_urls: list(string) = []
    gated_grpc: bool = false
    """, shape: { _ in [[1]] },
    kernel: .dynamic(["T": .reals]) { context in
      try DebugSummaryOps.checkNames(context)
      return { run in [try Tensor([ElementCounts(run.inputs[0]).nan], dims: [1])] }
    }, gradient: noGradient)

  package let numericSummary: OpDef = OpDef(
    "DebugNumericSummary",
    """
    input: T -> output: double
    T: type
    device_name: string = ''
    tensor_name: string = ''
    debug_urls: list(string) = []
    lower_bound: float = -inf
    upper_bound: float = inf
    mute_if_healthy: bool = false
    gated_grpc: bool = false
    """, shape: { _ in [[nil]] },
    kernel: .dynamic([
      "T": [.ints, .bool, .float32, .float64]
    ]) { context in
      try DebugSummaryOps.checkNames(context)
      let bounds = (
        Double(try context.float("lower_bound")), Double(try context.float("upper_bound"))
      )
      return { run in
        let x = run.inputs[0]
        let c = try ElementCounts(x, lower: bounds.0, upper: bounds.1)
        let head = [1, x.dims.elementCount, c.nan, c.low, c.negative, c.zero, c.positive, c.high]
        let tail = [Int(x.dtype.rawValue), x.dims.rank] + x.dims.dims
        let values =
          head.map { Double($0) } + [c.least, c.most, c.mean, c.variance] + tail.map { Double($0) }
        return [try Tensor(values, dims: [values.count])]
      }
    }, gradient: noGradient)

  package let numericSummaryV2: OpDef = OpDef(
    "DebugNumericSummaryV2",
    """
    input: T -> output: output_dtype
    output_dtype: {float, double} = float
    T: type
    tensor_debug_mode: int = -1
    tensor_id: int = -1
    """,
    shape: { context in
      switch try context.int("tensor_debug_mode") {
      case 2: [[2]]
      case 3: [[5]]
      case 4: [[11]]
      case 5: [[10]]
      case 8: [[3]]
      default: [[nil]]
      }
    },
    kernel: .dynamic(["T": [.reals, .bool]]) { context in
      let mode = try context.int("tensor_debug_mode")
      let id = Double(try context.int("tensor_id"))
      let dtype = try context.type("output_dtype")
      guard [2, 3, 4, 5, 8].contains(mode) else {
        throw TFError.unimplemented("Unimplemented tensor debug mode: \(mode)")
      }
      return { run in
        let values = try DebugSummaryOps.summary(run.inputs[0], mode, id)
        return [
          dtype == .float64
            ? try Tensor(values, dims: [values.count])
            : try Tensor(values.map { Float($0) }, dims: [values.count])
        ]
      }
    }, gradient: noGradient)

  package let gradientRefIdentity: OpDef = OpDef(
    "DebugGradientRefIdentity",
    """
    input: Ref(T) -> output: Ref(T)
    T: type
    """, allowsUninitialized: true, shape: ShapeRules.passing,
    kernel: .run { [$0.inputs[0]] },
    gradient: .rule(needs: .nothing) { [try $0.gradient()] })

  /// - Parameter mode: a number of TensorFlow's `TensorDebugMode`.
  private static func summary(_ x: Tensor, _ mode: Int, _ id: Double) throws -> [Double] {
    let dims = x.dims
    if mode == 5 {
      let last = dims.dims.suffix(6).map { Double($0) }
      let head = [Int(x.dtype.rawValue), dims.rank, dims.elementCount].map { Double($0) }
      return [id] + head + last + [Double](repeating: 0, count: 6 - last.count)
    }
    let c = try ElementCounts(x)
    switch mode {
    case 2: return [id, c.low + c.high + c.nan > 0 ? 1 : 0]
    case 3: return [id] + [dims.elementCount, c.low, c.high, c.nan].map { Double($0) }
    case 4:
      let counts = [
        -1, Int(x.dtype.rawValue), dims.rank, dims.elementCount, c.low, c.high, c.nan, c.negative,
        c.zero, c.positive,
      ]
      return [id] + counts.map { Double($0) }
    default:
      return [
        c.low > 0 ? -.infinity : 0, c.high > 0 ? .infinity : 0, c.nan > 0 ? .nan : 0,
      ]
    }
  }

  /// - Throws: `INVALID_ARGUMENT` when the watched tensor has no name; as `checkTargets`.
  private static func checkNames(_ context: KernelContext) throws {
    let name = try context.string("tensor_name")
    let parts = name.split(separator: ":", omittingEmptySubsequences: false)
    try require(
      !name.isEmpty && parts.count <= 2, "Failed to parse tensor name: \"\(name)\"")
    if parts.count == 2 {
      try require(
        Int32(parts[1]) != nil, "Invalid string value for output_slot: \"\(parts[1])\"")
    }
    try checkTargets(context)
  }

  /// - Throws: `UNIMPLEMENTED` when tensors are to be sent to TensorFlow's debugger.
  private static func checkTargets(_ context: KernelContext) throws {
    guard let url = try context.strings("debug_urls").first else { return }
    throw TFError.unimplemented(
      "debug_urls has \(url): tensors can't be sent to TensorFlow's debugger")
  }
}

/// How many elements of a tensor are what.
private struct ElementCounts {
  var nan = 0
  /// Those that are not above and not below the bounds.
  var low = 0
  var high = 0
  var negative = 0
  var zero = 0
  var positive = 0
  /// Of those that are finite.
  var least = Double.infinity
  var most = -Double.infinity
  var mean = Double.nan
  var variance = Double.nan

  init(_ x: Tensor, lower: Double = -.infinity, upper: Double = .infinity) throws {
    let values: [Double]
    switch x.dtype {
    case .bool: values = x.elements(UInt8.self).map { $0 == 0 ? 0 : 1 }
    case .uint64: values = x.elements(UInt64.self).map { Double($0) }
    default: values = try x.doubles()
    }
    var (sum, count) = (0.0, 0)
    for value in values {
      if value.isNaN {
        nan += 1
        continue
      }
      if value.isFinite {
        least = Swift.min(least, value)
        most = Swift.max(most, value)
        sum += value
        count += 1
      }
      if value <= lower {
        low += 1
      } else if value >= upper {
        high += 1
      } else if value < 0 {
        negative += 1
      } else if value > 0 {
        positive += 1
      } else {
        zero += 1
      }
    }
    guard count > 0 else { return }
    mean = sum / Double(count)
    variance =
      values.reduce(0) { $1.isFinite ? $0 + ($1 - mean) * ($1 - mean) : $0 } / Double(count)
  }
}
