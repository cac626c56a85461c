/// Keeps what a run does, event by event.
public final class RunTrace: RunObserver {
  private struct State {
    var events: [RunEvent] = []
    var dropped = 0
  }

  private let state = Lock(State())
  private let limit: Int

  /// - Parameter limit: events after so many are only counted.
  public init(limit: Int = 1 << 20) { self.limit = limit }

  package func record(_ event: RunEvent) {
    state.withLock {
      if $0.events.count < limit { $0.events.append(event) } else { $0.dropped += 1 }
    }
  }

  /// In the order in which they ended.
  public var events: [RunEvent] { state.withLock { $0.events } }
  /// How many more there were than the limit allows.
  public var dropped: Int { state.withLock { $0.dropped } }
}

/// Adds up what steps take, by node.
public final class RunProfile: RunObserver {
  public struct Entry: Sendable {
    /// The nodes whose work the step does.
    public let nodes: [String]
    public let op: String
    public fileprivate(set) var calls = 0
    /// Nanoseconds, without those of steps inside, such as a loop's.
    public fileprivate(set) var own: UInt64 = 0
    /// Nanoseconds, with those of steps inside.
    public fileprivate(set) var total: UInt64 = 0
  }

  private struct Key: Hashable {
    let nodes: [String]
    let op: String
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var runs = 0
    var runTime: UInt64 = 0
    /// By thread: the events that ended inside an event that has not ended yet.
    var closed: [Int: [(start: UInt64, duration: UInt64)]] = [:]
  }

  private let state = Lock(State())

  public init() {}

  package func record(_ event: RunEvent) {
    // Frames and their iterations overlap, so only their steps are counted.
    if event.kind == .frame || (event.kind == .iteration && event.frame != nil) { return }
    state.withLock { state in
      var inside: UInt64 = 0
      var closed = state.closed.removeValue(forKey: event.thread) ?? []
      while let last = closed.last, last.start >= event.start {
        inside &+= last.duration
        closed.removeLast()
      }
      closed.append((event.start, event.duration))
      state.closed[event.thread] = event.kind == .run ? nil : closed
      switch event.kind {
      case .run:
        state.runs += 1
        state.runTime &+= event.duration
      case .step, .planning:
        let key = Key(nodes: event.nodes, op: event.op)
        var entry = state.entries[key] ?? Entry(nodes: event.nodes, op: event.op)
        entry.calls += 1
        entry.total &+= event.duration
        entry.own &+= event.duration &- min(inside, event.duration)
        state.entries[key] = entry
      default: break
      }
    }
  }

  /// The steps, those that took longest first.
  public var entries: [Entry] {
    state.withLock {
      $0.entries.values.sorted { ($1.own, $0.nodes.last ?? "") < ($0.own, $1.nodes.last ?? "") }
    }
  }
  /// How many runs there were, and how many nanoseconds they took together.
  public var runs: (count: Int, time: UInt64) { state.withLock { ($0.runs, $0.runTime) } }
}
