import CKernels
import CoreOps

/// What a session is made with. Follows `tf.compat.v1.ConfigProto`.
///
/// Janus runs on the processor of one machine: what is about other devices and other processes is
/// kept, says nothing, and is listed by `ignored`.
public struct ConfigProto: Sendable, Hashable {
  /// How many devices of each kind there are.
  public var deviceCount: [String: Int] = [:]
  /// How many threads work on one operation; 0 for as many as there are cores. All sessions of a
  /// process share them, and the last session that says a number counts.
  public var intraOpParallelismThreads = 0
  /// How many operations run beside each other. One run has one at a time.
  public var interOpParallelismThreads = 0
  public var usePerSessionThreads = false
  public var allowSoftPlacement = false
  public var logDevicePlacement = false
  public var gpuOptions = GPUOptions()
  public var graphOptions = GraphOptions()
  /// Milliseconds that a run may take which says nothing itself; 0 for as long as it needs.
  public var operationTimeoutInMs = 0
  public var isolateSessionState = false
  public var deviceFilters: [String] = []

  public init(
    deviceCount: [String: Int] = [:], intraOpParallelismThreads: Int = 0,
    interOpParallelismThreads: Int = 0, usePerSessionThreads: Bool = false,
    allowSoftPlacement: Bool = false, logDevicePlacement: Bool = false,
    gpuOptions: GPUOptions = GPUOptions(), graphOptions: GraphOptions = GraphOptions(),
    operationTimeoutInMs: Int = 0, isolateSessionState: Bool = false, deviceFilters: [String] = []
  ) {
    self.deviceCount = deviceCount
    self.intraOpParallelismThreads = intraOpParallelismThreads
    self.interOpParallelismThreads = interOpParallelismThreads
    self.usePerSessionThreads = usePerSessionThreads
    self.allowSoftPlacement = allowSoftPlacement
    self.logDevicePlacement = logDevicePlacement
    self.gpuOptions = gpuOptions
    self.graphOptions = graphOptions
    self.operationTimeoutInMs = operationTimeoutInMs
    self.isolateSessionState = isolateSessionState
    self.deviceFilters = deviceFilters
  }

  /// The fields that were given and change nothing here, by TensorFlow's names.
  public var ignored: [String] {
    let given: [(String, Bool)] = [
      ("device_count", !deviceCount.isEmpty), ("use_per_session_threads", usePerSessionThreads),
      ("inter_op_parallelism_threads", interOpParallelismThreads > 1),
      ("allow_soft_placement", allowSoftPlacement), ("log_device_placement", logDevicePlacement),
      ("gpu_options", gpuOptions != GPUOptions()),
      ("graph_options", graphOptions != GraphOptions()),
      ("isolate_session_state", isolateSessionState), ("device_filters", !deviceFilters.isEmpty),
    ]
    return given.filter(\.1).map(\.0)
  }

  /// Seconds.
  var timeout: Double? {
    operationTimeoutInMs > 0 ? Double(operationTimeoutInMs) / 1000 : nil
  }

  /// More threads than this are of no use to anyone.
  private static let mostThreads = 1024

  func apply() {
    guard intraOpParallelismThreads > 0 else { return }
    jk_set_threads(Int32(min(intraOpParallelismThreads, Self.mostThreads)))
  }
}

/// What concerns graphics processors, of which Janus uses none. Follows
/// `tf.compat.v1.GPUOptions`.
public struct GPUOptions: Sendable, Hashable {
  public var perProcessGpuMemoryFraction = 0.0
  public var allowGrowth = false
  public var allocatorType = ""
  public var visibleDeviceList = ""

  public init(
    perProcessGpuMemoryFraction: Double = 0, allowGrowth: Bool = false, allocatorType: String = "",
    visibleDeviceList: String = ""
  ) {
    self.perProcessGpuMemoryFraction = perProcessGpuMemoryFraction
    self.allowGrowth = allowGrowth
    self.allocatorType = allocatorType
    self.visibleDeviceList = visibleDeviceList
  }
}

/// How graphs are optimised, which Janus decides itself. Follows `tf.compat.v1.GraphOptions`.
public struct GraphOptions: Sendable, Hashable {
  public var optimizerOptions = OptimizerOptions()
  public var enableBfloat16Sendrecv = false
  public var inferShapes = false
  public var placePrunedGraph = false

  public init(
    optimizerOptions: OptimizerOptions = OptimizerOptions(), enableBfloat16Sendrecv: Bool = false,
    inferShapes: Bool = false, placePrunedGraph: Bool = false
  ) {
    self.optimizerOptions = optimizerOptions
    self.enableBfloat16Sendrecv = enableBfloat16Sendrecv
    self.inferShapes = inferShapes
    self.placePrunedGraph = placePrunedGraph
  }
}

/// Follows `tf.compat.v1.OptimizerOptions`.
public struct OptimizerOptions: Sendable, Hashable {
  /// Follows `OptimizerOptions.GlobalJitLevel`.
  public enum GlobalJitLevel: Int, Sendable {
    case `default` = 0
    case off = -1
    case on1 = 1
    case on2 = 2
  }

  /// Follows `OptimizerOptions.Level`.
  public enum Level: Int, Sendable {
    case l1 = 0
    case l0 = -1
  }

  public var optLevel = Level.l1
  public var globalJitLevel = GlobalJitLevel.default
  public var doCommonSubexpressionElimination = false
  public var doConstantFolding = false
  public var doFunctionInlining = false

  public init(
    optLevel: Level = .l1, globalJitLevel: GlobalJitLevel = .default,
    doCommonSubexpressionElimination: Bool = false, doConstantFolding: Bool = false,
    doFunctionInlining: Bool = false
  ) {
    self.optLevel = optLevel
    self.globalJitLevel = globalJitLevel
    self.doCommonSubexpressionElimination = doCommonSubexpressionElimination
    self.doConstantFolding = doConstantFolding
    self.doFunctionInlining = doFunctionInlining
  }
}

extension V1API {
  public typealias ConfigProto = V1Graph.ConfigProto
  public typealias GPUOptions = V1Graph.GPUOptions
  public typealias GraphOptions = V1Graph.GraphOptions
  public typealias OptimizerOptions = V1Graph.OptimizerOptions
}
