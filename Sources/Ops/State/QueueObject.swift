import CoreOps

/// A queue of tuples of tensors, first in, first out: what `FIFOQueueV2` stands for.
///
/// Operations that wait do so in the order in which they came.
final class QueueObject: TensorObject {
  /// Operations of one kind wait in one line.
  private enum Line: Sendable { case putting, taking }

  private struct State {
    var elements: [[Tensor]] = []
    /// Where the first element is: those before are gone.
    var head = 0
    var isClosed = false
    /// Enqueues from before it was closed go on, unless they were cancelled then.
    var cancelsEnqueues = false
    /// The operations that wait, and those that are about to try.
    var putting: [ObjectIdentifier] = []
    var taking: [ObjectIdentifier] = []

    var count: Int { elements.count - head }

    subscript(line: Line) -> [ObjectIdentifier] {
      get { line == .putting ? putting : taking }
      set { if line == .putting { putting = newValue } else { taking = newValue } }
    }
  }

  let name: String
  let types: [DType]
  /// The shapes of the components; empty where they may have any.
  let shapes: [PartialShape]
  private let capacity: Int
  private let state = Lock(State())
  private let activity: ResourceActivity

  /// - Parameter capacity: negative for no limit.
  init(
    name: String, types: [DType], shapes: [PartialShape], capacity: Int, activity: ResourceActivity
  ) {
    self.name = name
    self.types = types
    self.shapes = shapes
    self.capacity = capacity < 0 ? .max : capacity
    self.activity = activity
  }

  var count: Int { state.withLock { $0.count } }
  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// Appends a tuple.
  ///
  /// - Throws: `CANCELLED` when the queue is closed; `WouldWait` while it is full.
  func put(_ tuple: [Tensor], _ ticket: WaitTicket) throws {
    try check(tuple)
    try changing { state in
      let own = ObjectIdentifier(ticket)
      let isNew = !state.putting.contains(own)
      if state.isClosed, isNew || state.cancelsEnqueues {
        state.putting.removeAll { $0 == own }
        throw isNew
          ? TFError(.cancelled, "FIFOQueue '\(name)' is closed.")
          : WouldWait("Enqueue").cancelled
      }
      if isNew { enter(.putting, ticket, &state) }
      guard state.putting.first == own, state.count < capacity else { throw WouldWait("Enqueue") }
      state.elements.append(tuple)
      state.putting.removeFirst()
    }
  }

  /// Takes the first tuple out.
  ///
  /// - Throws: `OUT_OF_RANGE` when the queue is closed and empty; `WouldWait` while it is empty.
  func take(_ ticket: WaitTicket) throws -> [Tensor] {
    try changing { state in
      let own = ObjectIdentifier(ticket)
      if !state.taking.contains(own) { enter(.taking, ticket, &state) }
      guard state.taking.first == own, state.count > 0 else {
        if state.count == 0, state.isClosed, state.putting.isEmpty || state.cancelsEnqueues {
          state.taking.removeAll { $0 == own }
          throw TFError.outOfRange(
            """
            FIFOQueue '\(name)' is closed and has insufficient elements (requested 1, current \
            size 0)
            """
          )
        }
        throw WouldWait("Dequeue")
      }
      let tuple = state.elements[state.head]
      state.elements[state.head] = []
      state.head += 1
      if state.head > 32, state.head * 2 > state.elements.count {
        state.elements.removeFirst(state.head)
        state.head = 0
      }
      state.taking.removeFirst()
      return tuple
    }
  }

  /// Refuses what comes from now on.
  ///
  /// - Throws: `CANCELLED` when it is closed already.
  func close(cancellingEnqueues: Bool) throws {
    try changing { state in
      guard !state.isClosed || cancellingEnqueues else {
        throw TFError(.cancelled, "Queue '\(name)' is already closed.")
      }
      state.isClosed = true
      state.cancelsEnqueues = state.cancelsEnqueues || cancellingEnqueues
    }
  }

  /// Does a change, and wakes those who wait for one.
  private func changing<R>(_ body: (inout State) throws -> R) throws -> R {
    do {
      let result = try state.withLock(body)
      activity.signal()
      return result
    } catch {
      // An operation that failed has left its line.
      if !(error is WouldWait) { activity.signal() }
      throw error
    }
  }

  private func enter(_ line: Line, _ ticket: WaitTicket, _ state: inout State) {
    let own = ObjectIdentifier(ticket)
    state[line].append(own)
    // The operation may end without its turn.
    ticket.whenLeft { [weak self] in
      guard let self else { return }
      let left = self.state.withLock { state in
        let before = state[line].count
        state[line].removeAll { $0 == own }
        return state[line].count != before
      }
      if left { activity.signal() }
    }
  }

  private func check(_ tuple: [Tensor]) throws {
    for (index, shape) in shapes.enumerated() where index < tuple.count {
      guard shape.isEqual(to: tuple[index].dims) else {
        throw TFError.invalidArgument(
          """
          Shape mismatch in tuple component \(index). Expected \(shape), got \(tuple[index].dims)
          """
        )
      }
    }
  }
}
