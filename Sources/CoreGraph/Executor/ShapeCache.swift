import CoreOps

/// What was specialised for the shapes that were fed last.
final class ShapeCache<Value: Sendable>: Sendable {
  private struct State {
    var latest: [(shapes: [Shape], value: Value)] = []
    /// Shapes that came so far and were not there.
    var misses = 0
  }

  private let state = Lock(State())
  private let limit: Int

  /// - Parameter limit: how many values are kept.
  init(limit: Int) { self.limit = limit }

  /// The value for `shapes`.
  ///
  /// - Parameters:
  ///   - isCurrent: whether a value that is there may be used as it is.
  ///   - make: makes a new one, from the old one if there is one; `isBrief` is whether shapes come
  ///     and go, so that what takes long to make would be thrown away soon.
  func value(
    for shapes: [Shape], isCurrent: (Value) -> Bool,
    make: (_ old: Value?, _ isBrief: Bool) throws -> Value
  ) rethrows -> Value {
    let (known, misses) = state.withLock { state -> (Value?, Int) in
      guard let index = state.latest.firstIndex(where: { $0.shapes == shapes }) else {
        state.misses += 1
        return (nil, state.misses)
      }
      if index > 0 { state.latest.insert(state.latest.remove(at: index), at: 0) }
      return (state.latest[0].value, 0)
    }
    if let known, isCurrent(known) { return known }
    let value = try make(known, misses > limit)
    state.withLock { state in
      state.latest.removeAll { $0.shapes == shapes }
      state.latest.insert((shapes, value), at: 0)
      if state.latest.count > limit { state.latest.removeLast() }
    }
    return value
  }
}
