import CoreOps

/// A queue of tuples of tensors: what `FIFOQueueV2` and its kin stand for.
///
/// Operations that wait do so in the order in which they came, those that put and those that take
/// each in a line of their own. One that puts or takes many elements does so as far as it can, and
/// waits for the rest.
final class QueueObject: TensorObject {
  typealias Tuple = [Tensor]

  /// What an operation puts in.
  private enum Put: Sendable {
    case tuples([Tuple], next: Int)
    /// Closing waits for what was to be put in before.
    case close
  }

  /// What an operation takes out.
  private struct Take: Sendable {
    /// How many tuples are still missing.
    var missing: Int
    let isMany: Bool
    let allowsFewer: Bool
    var taken: [Tuple] = []
  }

  private struct State {
    var store: QueueStore
    var isClosed = false
    var putting = WaitLine<Put, Void>()
    var taking = WaitLine<Take, [Tuple]>()
  }

  let name: String
  let container: String
  let order: QueueOrder
  let types: [DType]
  /// The shapes of the components; empty where they may have any.
  let shapes: [PartialShape]
  /// As TensorFlow counts it, where there is no limit.
  static let noLimit = Int(Int32.max)
  let capacity: Int
  private let state: Lock<State>

  /// - Parameter capacity: negative for no limit.
  init(
    name: String, container: String = ResourceContainer.defaultName, order: QueueOrder,
    types: [DType], shapes: [PartialShape], capacity: Int
  ) {
    self.name = name
    self.container = container
    self.order = order
    self.types = types
    self.shapes = shapes
    self.capacity = capacity < 0 ? Self.noLimit : capacity
    state = Lock(State(store: QueueStore(order)))
  }

  var count: Int { state.withLock { $0.store.count } }
  var isClosed: Bool { state.withLock { $0.isClosed } }

  // MARK: - Operations

  /// Puts a tuple in.
  ///
  /// - Throws: `CANCELLED` when the queue is closed; `WouldWait` while it is full;
  ///   `INVALID_ARGUMENT` when the components do not have the shapes of the queue's.
  func put(_ tuple: Tuple, _ ticket: WaitTicket) throws {
    try check(tuple)
    try put(ticket) { .tuples([tuple], next: 0) }
  }

  /// Puts in the tuples of the components' slices along their first dimension.
  func putMany(_ batch: Tuple, _ ticket: WaitTicket) throws {
    if try checkMany(batch) == 0 { return }
    try put(ticket) {
      let columns = try batch.map { try Stacking.rows($0.settled()) }
      return .tuples(columns[0].indices.map { row in columns.map { $0[row] } }, next: 0)
    }
  }

  /// Refuses what comes from now on.
  ///
  /// - Parameter cancelling: ends what still waits to be put in. Otherwise it is put in before.
  /// - Throws: `CANCELLED` when the queue is closed already; `WouldWait`.
  func close(cancelling: Bool, _ ticket: WaitTicket) throws {
    guard cancelling else { return try put(ticket) { .close } }
    state.withLock { state in
      state.isClosed = true
      state.putting.fail(WouldWait("Enqueue").cancelled)
      serve(&state)
    }
  }

  private func put(_ ticket: WaitTicket, _ request: () throws -> Put) throws {
    let isDone = try state.withLock { state in
      if !state.putting.has(ticket) {
        state.putting.enter(ticket, try request())
        serve(&state)
      }
      return try state.putting.claim(ticket) != nil
    }
    if !isDone {
      watch(ticket)
      throw WouldWait("Enqueue")
    }
  }

  /// Takes the next tuple out.
  ///
  /// - Throws: `OUT_OF_RANGE` when the queue is closed and empty; `WouldWait` while it is empty.
  func take(_ ticket: WaitTicket) throws -> Tuple {
    try take(ticket, Take(missing: 1, isMany: false, allowsFewer: false))[0]
  }

  /// Takes `count` tuples out, as slices of one tuple.
  ///
  /// - Parameter allowsFewer: whether a closed queue may give fewer.
  func takeMany(_ count: Int, allowsFewer: Bool, _ ticket: WaitTicket) throws -> Tuple {
    guard !shapes.isEmpty else {
      let ops = order == .priority ? "DequeueMany requires" : "DequeueMany and DequeueUpTo require"
      throw TFError.invalidArgument(
        "\(order.op)'s \(ops) the components to have specified shapes.")
    }
    if count == 0 { return try joined([]) }
    return try joined(
      take(ticket, Take(missing: count, isMany: true, allowsFewer: allowsFewer)))
  }

  /// Whether the operation has asked before.
  func isTaking(_ ticket: WaitTicket) -> Bool { state.withLock { $0.taking.has(ticket) } }

  private func take(_ ticket: WaitTicket, _ request: Take) throws -> [Tuple] {
    let tuples = try state.withLock { state in
      if !state.taking.has(ticket) {
        state.taking.enter(ticket, request)
        serve(&state)
      }
      return try state.taking.claim(ticket)
    }
    guard let tuples else {
      watch(ticket)
      throw WouldWait("Dequeue")
    }
    return tuples
  }

  /// Gives the operation's place up when it ends without its turn, and puts back what it took.
  private func watch(_ ticket: WaitTicket) {
    let own = ObjectIdentifier(ticket)
    ticket.whenLeft { [weak self] in
      guard let self else { return }
      state.withLock { state in
        _ = state.putting.leave(own)
        let (waited, unclaimed) = state.taking.leave(own)
        state.store.restore(waited?.taken ?? unclaimed ?? [])
        self.serve(&state)
      }
    }
  }

  // MARK: - Serving those that wait

  private func serve(_ state: inout State) {
    var isChanged: Bool
    repeat {
      isChanged = servePutting(&state)
      isChanged = serveTaking(&state) || isChanged
    } while isChanged
  }

  /// - Returns: whether anything was put in, or an operation ended.
  private func servePutting(_ state: inout State) -> Bool {
    var isChanged = false
    while var entry = state.putting.popFirst() {
      switch entry.request {
      case .close:
        state.putting.done(
          entry,
          state.isClosed
            ? .failure(TFError(.cancelled, "Queue '\(name)' is already closed.")) : .success(()))
        state.isClosed = true
      case .tuples(let tuples, let next):
        if state.isClosed {
          state.putting.done(
            entry, .failure(TFError(.cancelled, "\(order.op) '\(name)' is closed.")))
          break
        }
        let room = min(capacity - state.store.count, tuples.count - next)
        if room <= 0 {
          state.putting.putBack(entry)
          return isChanged
        }
        for tuple in tuples[next..<next + room] { state.store.append(tuple) }
        if next + room < tuples.count {
          entry.request = .tuples(tuples, next: next + room)
          state.putting.putBack(entry)
          return true
        }
        state.putting.done(entry, .success(()))
      }
      isChanged = true
    }
    return isChanged
  }

  /// - Returns: whether anything was taken out, or an operation ended.
  private func serveTaking(_ state: inout State) -> Bool {
    var isChanged = false
    while var entry = state.taking.popFirst() {
      let before = entry.request.missing
      do {
        let isDone =
          try order == .priority
          ? takeSorted(&entry.request, &state) : takeSome(&entry.request, &state)
        guard isDone else {
          state.taking.putBack(entry)
          return isChanged || entry.request.missing != before
        }
        state.taking.done(entry, .success(entry.request.taken))
      } catch {
        state.taking.done(entry, .failure(error))
      }
      isChanged = true
    }
    return isChanged
  }

  /// - Returns: whether the operation has all it wants.
  private func takeSome(_ take: inout Take, _ state: inout State) throws(TFError) -> Bool {
    if state.isClosed, state.store.count < take.missing {
      let count = state.store.count
      state.store.restore(take.taken)
      take.taken = []
      guard take.allowsFewer, state.store.count > 0 else {
        throw insufficient(take.missing, count)
      }
      take.missing = state.store.count
    }
    var available = state.store.count
    if !state.isClosed, case .shuffle(let minimum, _, _) = order { available -= minimum }
    while available > 0, take.missing > 0 {
      take.taken.append(state.store.takeNext())
      take.missing -= 1
      available -= 1
    }
    return take.missing == 0
  }

  /// As `takeSome`, but all at once, so that a batch is sorted.
  private func takeSorted(_ take: inout Take, _ state: inout State) throws(TFError) -> Bool {
    let count = state.store.count
    if state.isClosed, count == 0 || (!take.allowsFewer && count < take.missing) {
      throw insufficient(take.missing, count)
    }
    if count < take.missing {
      guard state.isClosed, take.allowsFewer else { return false }
      take.missing = count
    }
    for _ in 0..<take.missing { take.taken.append(state.store.takeNext()) }
    take.missing = 0
    return true
  }

  private func insufficient(_ requested: Int, _ count: Int) -> TFError {
    .outOfRange(
      """
      \(order.op) '\(name)' is closed and has insufficient elements (requested \(requested), \
      current size \(count))
      """
    )
  }
}
