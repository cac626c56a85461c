import CoreOps

/// A barrier: tuples whose components come one by one, by key, and which are taken when they are
/// whole, in the order in which their keys came.
final class BarrierObject: TensorObject {
  private struct Tuple {
    let index: Int
    var components: [Tensor?]
  }

  private struct State {
    var incomplete: [ByteString: Tuple] = [:]
    /// Where the next new key stands; the keys of one call stand together.
    var nextIndex = Int.min
    var isClosed = false
    var cancels = false
  }

  let name: String
  let types: [DType]
  let shapes: [PartialShape]
  private let ready: QueueObject
  private let state = Lock(State())

  init(name: String, types: [DType], shapes: [PartialShape]) {
    self.name = name
    self.types = types
    self.shapes = shapes
    ready = QueueObject(
      name: "\(name)_queue", order: .priority, types: [.int64, .string] + types,
      shapes: [.scalar, .scalar] + shapes, capacity: -1)
  }

  var readyCount: Int { ready.count }
  var incompleteCount: Int { state.withLock { $0.incomplete.count } }

  /// Sets one component of the tuples of some keys.
  ///
  /// - Parameters:
  ///   - keys: a vector of strings.
  ///   - values: one slice per key.
  func insert(_ keys: Tensor, component: Int, _ values: Tensor) throws {
    let names = keys.strings
    let element = Shape(values.dims.dims.dropFirst())
    try require(
      names.isEmpty || values.dims.elementCount > 0,
      "Tensors with no elements are not supported \(name): received shape \(values.dims)")
    try require(
      values.dims.rank > 0 && values.dims[0] == names.count,
      "BarrierInsertMany of \(names.count) keys needs as many values, got shape \(values.dims)")
    let rows = try names.isEmpty ? [] : Stacking.rows(values.settled())
    var whole: [QueueObject.Tuple] = []
    try state.withLock { state in
      if state.isClosed, state.cancels || (!names.isEmpty && state.incomplete.isEmpty) {
        throw TFError(
          .cancelled,
          """
          Barrier \(name) is closed.  Pending enqueues cancelled: \(state.cancels ? 1 : 0).  \
          Number of new insertions: \(names.count).  Number of incomplete keys: \
          \(state.incomplete.count).
          """
        )
      }
      let index = state.nextIndex
      for (position, key) in names.enumerated() {
        if let tuple = try insert(
          key, position, component, rows[position].reshaped(element), index, &state)
        {
          whole.append(tuple)
        }
      }
    }
    // Those that take wait at the queue.
    for tuple in whole { try ready.put(tuple, WaitTicket()) }
  }

  /// - Returns: the tuple of the key, if it is whole now.
  private func insert(
    _ key: ByteString, _ position: Int, _ component: Int, _ value: Tensor, _ index: Int,
    _ state: inout State
  ) throws -> QueueObject.Tuple? {
    if state.isClosed, state.incomplete[key] == nil {
      throw TFError(
        .cancelled,
        """
        Barrier \(name) is closed, but attempted to insert a brand new key: \(key.text).  Pending \
        enqueues cancelled: \(state.cancels ? 1 : 0).  Insertion index: \(position).  Number of \
        incomplete keys: \(state.incomplete.count).
        """
      )
    }
    if state.incomplete[key] == nil { state.nextIndex = index + 1 }
    var tuple =
      state.incomplete[key]
      ?? Tuple(index: index, components: [Tensor?](repeating: nil, count: types.count))
    try require(
      tuple.components[component] == nil,
      "Key \(key.text) already has a value for component \(component) in barrier \(name)")
    tuple.components[component] = value
    let components = tuple.components.compactMap { $0 }
    guard components.count == types.count else {
      state.incomplete[key] = tuple
      return nil
    }
    state.incomplete[key] = nil
    let keyTensor = try Tensor(strings: [Array(key)], dims: Shape())
    let whole = [try Tensor(scalar: tuple.index), keyTensor] + components
    try ready.check(whole)
    return whole
  }

  /// Takes `count` whole tuples out: their places, their keys and their components.
  ///
  /// - Parameter allowsFewer: whether a closed barrier may give fewer.
  /// - Throws: `OUT_OF_RANGE` when it is closed and has too few; `WouldWait`.
  func take(_ count: Int, allowsFewer: Bool, _ ticket: WaitTicket) throws -> [Tensor] {
    try require(count >= 0, "BarrierTakeMany requested \(count) < 0 elements")
    var wanted = count
    if !ready.isTaking(ticket) {
      try state.withLock { state in
        guard state.isClosed else { return }
        var available = ready.count
        if allowsFewer {
          wanted = min(count, available)
        } else {
          available += state.incomplete.count
        }
        if available < max(wanted, 1) {
          throw TFError.outOfRange(
            """
            Barrier '\(name)' is closed and has insufficient elements (requested \(wanted), total \
            size \(available))
            """
          )
        }
      }
    }
    return try ready.takeMany(wanted, allowsFewer: allowsFewer, ticket)
  }

  /// Refuses new keys from now on; what has begun may become whole.
  ///
  /// - Parameter cancelling: refuses that too.
  func close(cancelling: Bool) throws {
    let closesQueue = try state.withLock { state in
      // It may be closed again where that cancels and the first did not.
      if state.isClosed, state.cancels || !cancelling {
        throw TFError(.cancelled, "Barrier '\(name)' is already closed.")
      }
      state.isClosed = true
      state.cancels = cancelling
      if cancelling { state.incomplete = [:] }
      return state.incomplete.isEmpty
    }
    if closesQueue, !ready.isClosed { try ready.close(cancelling: cancelling, WaitTicket()) }
  }
}
