import CoreOps
import Glibc
public import V1Graph

/// A thread of a program, which works in the environment in which it was made. Follows
/// `threading.Thread` as `tf.train` uses it.
public final class ProgramThread: Sendable {
  public let name: String
  private enum Phase { case new, running, done }
  private let phase = Monitor(Phase.new)
  private let environment = Environment.current
  private let body: @Sendable () -> Void

  /// - Parameters:
  ///   - name: what messages call it.
  ///   - body: what it does.
  public init(name: String = "thread", _ body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }

  private final class Start {
    let thread: ProgramThread
    init(_ thread: ProgramThread) { self.thread = thread }
  }

  /// Begins its work.
  ///
  /// - Throws: `FAILED_PRECONDITION` where it has begun before, `UNAVAILABLE` where the system has
  ///   no more threads.
  public func start() throws {
    try phase.change { phase in
      guard phase == .new else {
        throw TFError.failedPrecondition("threads can only be started once")
      }
      phase = .running
    }
    let context = Unmanaged.passRetained(Start(self)).toOpaque()
    var handle = pthread_t()
    let status = pthread_create(
      &handle, nil,
      { context in
        let thread = Unmanaged<Start>.fromOpaque(context!).takeRetainedValue().thread
        thread.environment.run(thread.body)
        thread.phase.change { $0 = .done }
        return nil
      }, context)
    guard status == 0 else {
      Unmanaged<Start>.fromOpaque(context).release()
      phase.change { $0 = .done }
      throw TFError(
        .unavailable, "cannot start a thread: \(String(cString: strerror(status)))")
    }
    pthread_detach(handle)
  }

  public var isAlive: Bool { phase.read { $0 == .running } }

  /// Waits until its work is done.
  ///
  /// - Parameter timeout: seconds; nil for as long as it takes.
  /// - Returns: whether it is done.
  @discardableResult
  public func join(timeout: Double? = nil) -> Bool {
    phase.wait(timeout: timeout) { $0 != .running }
  }
}

extension V1Train { public typealias ProgramThread = V1Runtime.ProgramThread }
