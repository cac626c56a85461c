import CoreOps

/// A map from integers to tuples of tensors that steps hand on, element by element: what `MapStage`
/// and `MapUnstage` share.
final class StagingMap: TensorObject {
  typealias Tuple = [Tensor?]

  private struct Put: Sendable {
    let key: Int
    let indices: [Int]
    let values: [Tensor]
  }

  private struct Take: Sendable {
    /// Nil for any.
    let key: Int?
    let indices: [Int]
    let keeps: Bool
  }

  private struct State {
    var complete: [Int: Tuple] = [:]
    var incomplete: [Int: Tuple] = [:]
    var order: KeyOrder
    var bytes = 0
    var putting = WaitLine<Put, Void>()
    var taking = WaitLine<Take, (key: Int, values: [Tensor])>()
  }

  private let width: Int
  private let limits: StagingLimits
  private let state: Lock<State>

  /// - Parameters:
  ///   - width: how many tensors a whole tuple has.
  ///   - isOrdered: whether the smallest key comes first where none is asked for.
  init(width: Int, _ limits: StagingLimits, isOrdered: Bool) {
    self.width = width
    self.limits = limits
    state = Lock(State(order: KeyOrder(isSorted: isOrdered)))
  }

  var count: Int { state.withLock { $0.complete.count } }
  var incompleteCount: Int { state.withLock { $0.incomplete.count } }

  /// Adds tensors to the tuple of a key, at places of it.
  ///
  /// - Throws: `INVALID_ARGUMENT`; `RESOURCE_EXHAUSTED`; `WouldWait` while there is no room.
  func put(_ key: Int, _ indices: [Int], _ values: [Tensor], _ ticket: WaitTicket) throws {
    try Self.checkOrder(indices)
    try require(
      indices.count <= values.count,
      "\(indices.count) indices need as many values, got \(values.count)")
    try limits.check(StagingLimits.bytes(values))
    let isDone = try state.withLock { state in
      if !state.putting.has(ticket) {
        state.putting.enter(ticket, Put(key: key, indices: indices, values: values))
        serve(&state)
      }
      return try state.putting.claim(ticket) != nil
    }
    if !isDone { try wait(ticket, "MapStage") }
  }

  /// Takes tensors of a key's tuple out, or of any key's.
  ///
  /// - Parameter keeps: whether they stay there.
  /// - Throws: `INVALID_ARGUMENT`; `WouldWait` while there is no such key.
  func take(_ key: Int?, _ indices: [Int], keeps: Bool, _ ticket: WaitTicket) throws
    -> (key: Int, values: [Tensor])
  {
    try Self.checkOrder(indices)
    let taken = try state.withLock { state in
      if !state.taking.has(ticket) {
        state.taking.enter(ticket, Take(key: key, indices: indices, keeps: keeps))
        serve(&state)
      }
      return try state.taking.claim(ticket)
    }
    guard let taken else { try wait(ticket, keeps ? "MapPeek" : "MapUnstage") }
    return taken
  }

  func clear() {
    state.withLock { state in
      state.complete = [:]
      state.incomplete = [:]
      state.order = KeyOrder(isSorted: state.order.isSorted)
      state.bytes = 0
      serve(&state)
    }
  }

  private static func checkOrder(_ indices: [Int]) throws {
    try require(
      zip(indices, indices.dropFirst()).allSatisfy { $0 < $1 },
      "Indices are not strictly ordered")
  }

  private func wait(_ ticket: WaitTicket, _ operation: String) throws -> Never {
    let own = ObjectIdentifier(ticket)
    ticket.whenLeft { [weak self] in
      guard let self else { return }
      state.withLock { state in
        _ = state.putting.leave(own)
        _ = state.taking.leave(own)
        self.serve(&state)
      }
    }
    throw WouldWait(operation)
  }

  private func serve(_ state: inout State) {
    var putting = WaitLine<Put, Void>()
    var taking = WaitLine<Take, (key: Int, values: [Tensor])>()
    swap(&putting, &state.putting)
    swap(&taking, &state.taking)
    defer {
      swap(&putting, &state.putting)
      swap(&taking, &state.taking)
    }
    var isChanged: Bool
    repeat {
      isChanged = putting.serveAny { put throws(TFError) in try add(put, &state) ? () : nil }
      isChanged =
        taking.serveAny { take throws(TFError) in try remove(take, &state) } || isChanged
    } while isChanged
  }

  /// - Returns: whether there was room.
  private func add(_ put: Put, _ state: inout State) throws(TFError) -> Bool {
    let bytes = StagingLimits.bytes(put.values)
    let isWhole = put.indices.count == width
    // Tuples that are not whole count only by their bytes.
    let count = isWhole ? state.complete.count : 0
    guard limits.hasRoom(count: isWhole ? count : -1, used: state.bytes, for: bytes) else {
      return false
    }
    var tuple = isWhole ? nil : state.incomplete[put.key]
    let isKnown = tuple != nil
    tuple = tuple ?? Tuple(repeating: nil, count: width)
    for (position, index) in put.indices.enumerated() {
      try checkIndex(index, put.key)
      if tuple![index] != nil {
        throw .invalidArgument(
          """
          The tensor for index '\(index)' for key '\(put.key)' was already initialized '\(width)'.
          """
        )
      }
      tuple![index] = put.values[position]
    }
    state.bytes += bytes
    guard isWhole || (isKnown && tuple!.allSatisfy { $0 != nil }) else {
      state.incomplete[put.key] = tuple
      return true
    }
    if !isWhole { state.incomplete[put.key] = nil }
    // What has a tuple keeps it, as in TensorFlow.
    if state.complete[put.key] == nil {
      state.complete[put.key] = tuple
      state.order.insert(put.key)
    }
    return true
  }

  private func remove(_ take: Take, _ state: inout State) throws(TFError)
    -> (key: Int, values: [Tensor])?
  {
    guard let key = take.key ?? state.order.first, var tuple = state.complete[key] else {
      return nil
    }
    var values: [Tensor] = []
    for index in take.indices {
      try checkIndex(index, key)
      guard let value = tuple[index] else {
        throw .invalidArgument(
          "Tensor at index '\(index)' for key '\(key)' has already been removed.")
      }
      values.append(value)
      if !take.keeps { tuple[index] = nil }
    }
    if take.keeps { return (key, values) }
    state.bytes -= StagingLimits.bytes(values)
    if tuple.allSatisfy({ $0 == nil }) {
      state.complete[key] = nil
      state.order.remove(key)
    } else {
      state.complete[key] = tuple
    }
    return (key, values)
  }

  private func checkIndex(_ index: Int, _ key: Int) throws(TFError) {
    guard index >= 0, index < width else {
      // TensorFlow shows the index without its sign.
      throw .invalidArgument(
        "Index '\(UInt(bitPattern: index))' for key '\(key)' was out of bounds '\(width)'.")
    }
  }
}

/// The keys of a map in the order in which they are taken where none is asked for.
///
/// In a map that is not sorted it is that of the C++ standard library's hash map, so that it is
/// TensorFlow's, as long as there are not too many.
struct KeyOrder: Sendable {
  let isSorted: Bool
  /// The last comes first.
  private var keys: [Int] = []
  private var buckets = 1

  /// The numbers of buckets that the library goes through.
  private static let growth = [13, 29, 59, 127, 257, 541, 1109, 2357]

  init(isSorted: Bool) { self.isSorted = isSorted }

  var first: Int? { keys.last }

  /// Adds a key that is not there.
  mutating func insert(_ key: Int) {
    if isSorted {
      keys.insert(key, at: place { $0 < key })
      return
    }
    if keys.count >= buckets { grow() }
    link(key)
  }

  mutating func remove(_ key: Int) {
    if isSorted {
      keys.remove(at: place { $0 <= key })
    } else if let index = keys.lastIndex(of: key) {
      keys.remove(at: index)
    }
  }

  /// The first place of a key for which `isPast` holds; the keys are sorted, the largest first.
  private func place(_ isPast: (Int) -> Bool) -> Int {
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if isPast(keys[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private mutating func grow() {
    guard let larger = Self.growth.first(where: { $0 > max(keys.count, 2 * buckets - 1, 11) })
    else { return }
    buckets = larger
    let old = keys.reversed()
    keys = []
    for key in old { link(key) }
  }

  /// A key comes before those of its bucket, or first of all.
  private mutating func link(_ key: Int) {
    let own = bucket(key)
    let last = keys.count <= Self.growth.last! ? keys.lastIndex { bucket($0) == own } : nil
    keys.insert(key, at: last.map { $0 + 1 } ?? keys.count)
  }

  private func bucket(_ key: Int) -> UInt { UInt(bitPattern: key) % UInt(buckets) }
}
