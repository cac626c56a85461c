import ArgumentParser
import CoreGraph
import CoreOps
import Glibc
import Models
import Serialization
import V1Graph

struct BenchWaitingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waiting",
    abstract: "Has many threads wait for an empty queue, and times how soon they end.")

  @Option(help: "How many threads wait.") var threads = 1000
  @Option(help: "How often each way to end them is timed; the middle one counts.") var rounds = 5
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard threads >= 1, threads <= 10_000 else {
      throw ValidationError("--threads takes 1 to 10000")
    }
    guard rounds >= 1 else { throw ValidationError("--rounds takes at least 1") }
  }

  func run() throws {
    var figures: [(String, Double)] = [("threads", Double(threads))]
    var held = 0.0
    for way in WaitingThreads.Way.allCases {
      let outcomes = try (0..<rounds).map { _ in try WaitingThreads(way).run(threads) }
      figures.append(("\(way.rawValue)_ms", median(outcomes.map(\.milliseconds).sorted())))
      held = max(held, median(outcomes.map(\.processors).sorted()))
    }
    figures.append(("processors_while_waiting", held))
    if json {
      try printLine(JSON.object(figures.map { ($0.0, .number($0.1)) }).text())
    } else {
      for (name, value) in figures {
        try printLine("\(name)\t\(decimal(value, name == "threads" ? 0 : 3))")
      }
    }
  }
}

/// Threads that wait for one empty queue until all are ended.
struct WaitingThreads {
  enum Way: String, CaseIterable {
    case closedQueue = "queue_closed"
    case closedSession = "session_closed"
    case cancelled
  }

  struct Outcome {
    /// From the call that ends them until all have ended.
    var milliseconds: Double
    /// How many processors the process kept busy while all waited.
    var processors: Double
  }

  /// How long it is looked on while all wait.
  private static let watched: UInt32 = 200_000

  private static let graph = """
    node { name: "q" op: "FIFOQueueV2"
      attr { key: "component_types" value { list { type: DT_INT32 } } }
      attr { key: "shapes" value { list { shape { } } } } }
    node { name: "take" op: "QueueDequeueV2" input: "q"
      attr { key: "component_types" value { list { type: DT_INT32 } } } }
    node { name: "close" op: "QueueCloseV2" input: "q" }
    """

  private let way: Way
  private let session: Session
  private let take: Session.Callable

  init(_ way: Way) throws {
    self.way = way
    session = try Session(graph: Graph(importing: GraphDef(text: Self.graph)))
    take = try session.callable(fetches: ["take:0"], feeds: [])
  }

  func run(_ count: Int) throws -> Outcome {
    let state = Lock((begun: 0, ended: 0, wrong: TFError?.none))
    let cancellation = Cancellation()
    let threads = try (0..<count).map { _ in
      try WorkerThread(stackSize: 1 << 19) { [take, way] in
        state.withLock { $0.begun += 1 }
        var fault = TFError.internal("a thread took an element of an empty queue") as TFError?
        do { _ = try take([], cancellation: cancellation) } catch let error as TFError {
          fault = error.code == way.code ? nil : error
        } catch {}
        state.withLock {
          $0.ended += 1
          if let fault { $0.wrong = $0.wrong ?? fault }
        }
      }
    }
    while state.withLock({ $0.begun }) < count { usleep(1000) }
    let processors = settledProcessors()
    let start = now()
    switch way {
    case .closedQueue: _ = try session.run(fetches: [], targets: ["close"])
    case .closedSession: session.close()
    case .cancelled: cancellation.cancel()
    }
    while state.withLock({ $0.ended }) < count { usleep(200) }
    let milliseconds = (now() - start) * 1e3
    for thread in threads { thread.join() }
    if let wrong = state.withLock({ $0.wrong }) { throw wrong }
    return Outcome(milliseconds: milliseconds, processors: processors)
  }

  /// The processors that are kept busy once the last thread has come to wait: the least of some
  /// looks, as making threads goes on for a while.
  private func settledProcessors() -> Double {
    var least = Double.infinity
    for _ in 0..<5 {
      let (before, start) = (processTime(), now())
      usleep(Self.watched)
      least = min(least, (processTime() - before) / (now() - start))
      if least < 0.01 { break }
    }
    return least
  }
}

extension WaitingThreads.Way {
  /// With what a waiting run ends.
  fileprivate var code: TFError.Code {
    switch self {
    case .closedQueue: .outOfRange
    case .closedSession, .cancelled: .cancelled
    }
  }
}
