import CKernels

/// Memory of runs that is between two runs: a place for each of some threads, so that threads that
/// share a plan neither wait for each other nor write to the same lines of the cache.
final class StateSlots: @unchecked Sendable {
  private static let count = 32
  /// Pointers per place, so that each has a line of the cache to itself.
  private static let stride = 16

  private let places: UnsafeMutablePointer<UnsafeMutableRawPointer?>

  init() {
    places = .allocate(capacity: Self.count * Self.stride)
    places.initialize(repeating: nil, count: Self.count * Self.stride)
  }

  deinit {
    for index in 0..<Self.count { _ = swap(index, nil) }
    places.deallocate()
  }

  /// This thread's place; threads may share one, and then take turns.
  static var own: Int { Int(jk_thread_id()) % count }

  private func swap(_ place: Int, _ state: LinearProgram.RunState?) -> LinearProgram.RunState? {
    let new = state.map { Unmanaged.passRetained($0).toOpaque() }
    return jk_swap(places + place * Self.stride, new).map {
      Unmanaged<LinearProgram.RunState>.fromOpaque($0).takeRetainedValue()
    }
  }

  /// What lies in a place, which is empty then.
  func take(_ place: Int) -> LinearProgram.RunState? { swap(place, nil) }

  /// Lays `state` into a place; gives what lay there.
  func put(_ place: Int, _ state: LinearProgram.RunState) -> LinearProgram.RunState? {
    swap(place, state)
  }
}
