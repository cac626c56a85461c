import CoreOps
import Glibc

/// A thread of the system's.
final class WorkerThread {
  private final class Body {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }

  private var handle = pthread_t()

  /// - Parameter stackSize: in bytes; nil for what the system gives.
  /// - Throws: `UNAVAILABLE` when the system starts no more threads.
  init(stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void) throws {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    if let stackSize { pthread_attr_setstacksize(&attributes, stackSize) }
    let context = Unmanaged.passRetained(Body(body)).toOpaque()
    let status = pthread_create(
      &handle, &attributes,
      { context in
        Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, context)
    guard status == 0 else {
      Unmanaged<Body>.fromOpaque(context).release()
      throw TFError(.unavailable, "cannot start a thread: \(String(cString: strerror(status)))")
    }
  }

  func join() { pthread_join(handle, nil) }
}
