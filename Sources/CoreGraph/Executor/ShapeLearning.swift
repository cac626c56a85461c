import CoreOps

/// What runs of a plan have shown of the shapes that no rule infers: those of variables that were
/// declared without one, of elements of lists, of what loops give.
///
/// The first runs of a plan only look. Once such a value had the same shape twice, later programs
/// are made as if it always had, and check that when it is there. Where it has another, the run
/// goes on with a plan for the nodes that are left, and no later program relies on that value
/// again.
final class ShapeLearning: Sendable {
  private struct State {
    var seen: [Int: Shape] = [:]
    var varying: Set<Int> = []
    var runs = 0
    var failures = 0
  }

  private let state = Lock(State())
  /// Runs that look before shapes are relied upon.
  private static let looks = 2
  /// Wrong assumptions after which none are made any more.
  private static let failureLimit = 8

  /// Adds the shapes of one run.
  ///
  /// - Returns: whether enough was seen to make a better program.
  func record(_ shapes: [(value: Int, shape: Shape)]) -> Bool {
    state.withLock { state in
      for (value, shape) in shapes {
        if let before = state.seen[value], before != shape { state.varying.insert(value) }
        state.seen[value] = shape
      }
      state.runs += 1
      return state.runs >= Self.looks
    }
  }

  /// A value did not have the shape that was assumed.
  func refute(_ value: Int) {
    state.withLock {
      $0.varying.insert(value)
      $0.failures += 1
    }
  }

  /// Whether a shape that the graph states may be relied upon, which a run may have refuted.
  func mayRely(on value: Int) -> Bool {
    state.withLock { $0.failures <= Self.failureLimit && !$0.varying.contains(value) }
  }

  /// Nothing is relied upon any more.
  func giveUp() { state.withLock { $0.failures = Self.failureLimit + 1 } }

  /// The shapes to rely on; nil while they are still looked for.
  var assumptions: [Int: Shape]? {
    state.withLock { state in
      guard state.failures <= Self.failureLimit else { return [:] }
      guard state.runs >= Self.looks else { return nil }
      return state.seen.filter { !state.varying.contains($0.key) }
    }
  }
}
