import CoreGraph
import CoreOps
import Glibc
import TestSupport
import Testing
import V1Graph

/// A thousand threads that wait for one queue: what ends them, and in what words.
@Suite struct WaitingTests {
  private static let count = 1000

  /// How the waiting runs ended.
  private final class Ends: Sendable {
    let codes = Lock<[TFError.Code: Int]>([:])

    func note(_ code: TFError.Code?) {
      codes.withLock { $0[code ?? .unknown, default: 0] += 1 }
    }
  }

  /// A session with a queue that is empty, and nodes that take from it and close it.
  private static func emptyQueue() throws -> Session {
    try session([
      node(
        "q", "FIFOQueueV2", [],
        ["component_types": .types([.int32]), "shapes": .shapes([.scalar])]),
      placeholderNode("x", .int32, .scalar),
      node("take", "QueueDequeueV2", ["q"], ["component_types": .types([.int32])]),
      node("put", "QueueEnqueueV2", ["q", "x"], ["Tcomponents": .types([.int32])]),
      node("size", "QueueSizeV2", ["q"]), node("close", "QueueCloseV2", ["q"]),
    ])
  }

  /// Runs `take` on as many threads, does `end` when all have begun, and waits until all are over.
  private static func afterAllWait(
    _ take: @escaping @Sendable () throws -> Void, _ end: () throws -> Void
  ) throws -> [TFError.Code: Int] {
    let ends = Ends()
    let begun = Lock(0)
    var threads: [Thread] = []
    for _ in 0..<count {
      threads.append(
        try Thread {
          begun.withLock { $0 += 1 }
          do {
            try take()
            ends.note(nil)
          } catch let error as TFError {
            ends.note(error.code)
          } catch {
            ends.note(.internal)
          }
        })
    }
    while begun.withLock({ $0 }) < count { sched_yield() }
    try end()
    for thread in threads { thread.join() }
    return ends.codes.withLock { $0 }
  }

  @Test func closingTheQueueEndsAll() throws {
    let session = try Self.emptyQueue()
    let take = try session.callable(fetches: ["take"], feeds: [])
    let codes = try Self.afterAllWait({ _ = try take([]) }) {
      _ = try session.run(fetches: [], targets: ["close"])
    }
    #expect(codes == [.outOfRange: Self.count])
  }

  @Test func closingTheSessionEndsAll() throws {
    let session = try Self.emptyQueue()
    let take = try session.callable(fetches: ["take"], feeds: [])
    let codes = try Self.afterAllWait({ _ = try take([]) }) { session.close() }
    #expect(codes == [.cancelled: Self.count])
  }

  @Test func cancellingEndsAll() throws {
    let session = try Self.emptyQueue()
    let take = try session.callable(fetches: ["take"], feeds: [])
    let cancellation = Cancellation()
    let codes = try Self.afterAllWait({ _ = try take([], cancellation: cancellation) }) {
      cancellation.cancel()
    }
    #expect(codes == [.cancelled: Self.count])
    // All have left the line.
    _ = try session.run(fetches: [], feeds: ["x": Int32(7)], targets: ["put"])
    #expect(try session.run(fetches: ["size"])[0].ints == [1])
  }

  @Test func eachElementEndsOne() throws {
    let session = try Self.emptyQueue()
    let take = try session.callable(fetches: ["take"], feeds: [])
    let taken = Lock<Set<Int>>([])
    let codes = try Self.afterAllWait({
      let value = try take([])[0].ints[0]
      taken.withLock { _ = $0.insert(value) }
    }) {
      for value in 0..<Self.count {
        _ = try session.run(fetches: [], feeds: ["x": Int32(value)], targets: ["put"])
      }
    }
    #expect(codes == [.unknown: Self.count])
    #expect(taken.withLock { $0 } == Set(0..<Self.count))
  }

  /// A thread with a small stack, so that there may be many.
  private final class Thread: @unchecked Sendable {
    private var thread = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) throws {
      var attributes = pthread_attr_t()
      pthread_attr_init(&attributes)
      pthread_attr_setstacksize(&attributes, 1 << 20)
      defer { pthread_attr_destroy(&attributes) }
      let context = Unmanaged.passRetained(Body(body)).toOpaque()
      let code = pthread_create(
        &thread, &attributes,
        { context in
          Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().run()
          return nil
        }, context)
      guard code == 0 else {
        Unmanaged<Body>.fromOpaque(context).release()
        throw TFError.resourceExhausted("no thread: \(code)")
      }
    }

    func join() { pthread_join(thread, nil) }

    private final class Body: Sendable {
      let run: @Sendable () -> Void
      init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
  }
}
