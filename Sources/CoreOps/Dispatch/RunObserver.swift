import CKernels
import Glibc

/// The dtype and the shape of a value.
public struct ValueSpec: Sendable, Equatable, CustomStringConvertible {
  public let dtype: DType
  public let shape: PartialShape

  package init(_ dtype: DType, _ shape: PartialShape) {
    self.dtype = dtype
    self.shape = shape
  }

  package init(_ tensor: Tensor) { self.init(tensor.dtype, tensor.shape) }

  public var description: String { "\(dtype)\(shape)" }
}

/// Something that took time in a run.
public struct RunEvent: Sendable {
  public enum Kind: String, Sendable {
    case load, planning, run, call, step, frame, iteration
  }

  public var kind: Kind
  /// The node; of steps that do several nodes' work, all of them.
  public var nodes: [String]
  public var op: String
  /// Nanoseconds of the monotonic clock.
  public var start: UInt64
  public var end: UInt64
  /// The system's number of the thread.
  public var thread: Int
  public var inputs: [ValueSpec] = []
  public var outputs: [ValueSpec] = []
  /// The loop in which a node of a TF-1 loop ran, and the iteration.
  public var frame: (name: String, iteration: Int)?

  /// An event on this thread that ends now.
  package init(
    _ kind: Kind, nodes: [String], op: String, start: UInt64, inputs: [ValueSpec] = [],
    outputs: [ValueSpec] = [], frame: (name: String, iteration: Int)? = nil
  ) {
    self.kind = kind
    self.nodes = nodes
    self.op = op
    self.start = start
    end = Self.now
    thread = Int(jk_thread_id())
    self.inputs = inputs
    self.outputs = outputs
    self.frame = frame
  }

  /// Nanoseconds of the monotonic clock.
  package static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  public var duration: UInt64 { end &- start }
}

/// Is told what happens in a run, from the thread on which it happens.
package protocol RunObserver: AnyObject, Sendable {
  func record(_ event: RunEvent)
}

extension RunObserver {
  /// Records what `body` takes.
  package func timing<R>(_ kind: RunEvent.Kind, _ name: String, _ body: () throws -> R) rethrows
    -> R
  {
    let start = RunEvent.now
    defer { record(RunEvent(kind, nodes: [name], op: kind.rawValue, start: start)) }
    return try body()
  }
}

/// Records what `body` takes, where someone observes.
package func observing<R>(
  _ observer: (any RunObserver)?, _ kind: RunEvent.Kind, _ name: @autoclosure () -> String,
  _ body: () throws -> R
) rethrows -> R {
  guard let observer else { return try body() }
  return try observer.timing(kind, name(), body)
}
