public import CoreOps
import Serialization

/// What of a run is recorded, and how long it may take. Follows `tf.compat.v1.RunOptions`.
public struct RunOptions: Sendable {
  /// Follows `RunOptions.TraceLevel`. Janus records on the processor only: `softwareTrace` and
  /// `hardwareTrace` record nothing.
  public enum TraceLevel: Int, Sendable {
    case noTrace, softwareTrace, hardwareTrace, fullTrace
  }

  public var traceLevel: TraceLevel
  /// Milliseconds that the run may take; 0 for as long as it needs.
  public var timeoutInMs: Int

  public init(traceLevel: TraceLevel = .noTrace, timeoutInMs: Int = 0) {
    self.traceLevel = traceLevel
    self.timeoutInMs = timeoutInMs
  }

  var timeout: Double? { timeoutInMs > 0 ? Double(timeoutInMs) / 1000 : nil }
}

/// What was recorded of a run. Follows `tf.compat.v1.RunMetadata`.
public final class RunMetadata: Sendable {
  private let state = Lock(StepStats([]))

  public init() {}

  /// When each step ran, and for how long.
  public internal(set) var stepStats: StepStats {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}

/// The steps of a run by device, of which Janus has one. Follows TensorFlow's `StepStats`.
public struct StepStats: Sendable {
  public struct Device: Sendable {
    public let device: String
    public let nodeStats: [NodeStats]
  }

  /// One step. Follows `NodeExecStats`; times are in microseconds.
  public struct NodeStats: Sendable {
    /// The node; of a step that does several nodes' work, the last.
    public let nodeName: String
    /// All nodes whose work the step does.
    public let nodeNames: [String]
    /// `node = Op(input shapes)`, as traces show it.
    public let timelineLabel: String
    /// Since some fixed moment.
    public let allStartMicros: Int
    public let allEndRelMicros: Int
    public let threadID: Int
    public let output: [ValueSpec]
  }

  public let devStats: [Device]
  /// All that was recorded: steps, planning, calls, frames and iterations.
  public let events: [RunEvent]

  package init(_ events: [RunEvent]) {
    self.events = events
    let steps = events.filter { $0.kind == .step }.map { event in
      NodeStats(
        nodeName: event.nodes.last ?? "", nodeNames: event.nodes,
        timelineLabel:
          """
          \(event.nodes.joined(separator: "+")) = \
          \(event.op)(\(event.inputs.map(\.description).joined(separator: ", ")))
          """,
        allStartMicros: Int(event.start / 1000),
        allEndRelMicros: Int((event.duration + 500) / 1000),
        threadID: event.thread, output: event.outputs)
    }
    devStats =
      events.isEmpty
      ? [] : [Device(device: "/job:localhost/replica:0/task:0/device:CPU:0", nodeStats: steps)]
  }

  /// The events in Chrome's trace-event format. Follows
  /// `timeline.Timeline(step_stats).generate_chrome_trace_format()`.
  public func generateChromeTraceFormat() -> String { ChromeTrace.json(events).text() }
}

extension RunMetadata {
  /// The protocol buffer `RunMetadata`, with the time of each step. Follows
  /// `RunMetadata.SerializeToString`.
  public func serializeToString() -> [UInt8] {
    var stats = WireWriter()
    for device in stepStats.devStats {
      var message = WireWriter()
      message.tag(1, 2)
      message.block(Array(device.device.utf8))
      for node in device.nodeStats {
        message.tag(2, 2)
        message.block(node.serialized)
      }
      stats.tag(1, 2)
      stats.block(message.bytes)
    }
    var metadata = WireWriter()
    metadata.tag(1, 2)
    metadata.block(stats.bytes)
    return metadata.bytes
  }
}

extension StepStats.NodeStats {
  /// The protocol buffer `NodeExecStats`.
  fileprivate var serialized: [UInt8] {
    var writer = WireWriter()
    func text(_ number: Int, _ value: String) {
      writer.tag(number, 2)
      writer.block(Array(value.utf8))
    }
    func number(_ field: Int, _ value: Int) {
      writer.tag(field, 0)
      writer.varint(UInt64(bitPattern: Int64(value)))
    }
    text(1, nodeName)
    number(2, allStartMicros)
    number(5, allEndRelMicros)
    text(8, timelineLabel)
    number(10, threadID)
    return writer.bytes
  }
}

extension V1API {
  public typealias RunOptions = V1Graph.RunOptions
  public typealias RunMetadata = V1Graph.RunMetadata
}
