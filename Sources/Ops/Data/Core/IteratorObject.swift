package import CoreOps
import Synchronization

/// An iterator as a resource: where a program is in a dataset.
package final class IteratorObject: TensorObject {
  /// One run through a dataset. Several threads may ask for its elements; one at a time gets one.
  private final class Walk: Sendable {
    struct State {
      let iterator: DatasetIterator
      let context: IterationContext
      var isBusy = false
      /// Threads that wait for their turn, the first first.
      var waiting: [Waiter] = []
      /// How many elements it gave.
      var given = 0
    }

    let dataset: DatasetObject
    let state: Lock<State>

    init(_ dataset: DatasetObject, _ iterator: DatasetIterator, _ context: IterationContext) {
      self.dataset = dataset
      state = Lock(State(iterator: iterator, context: context))
    }

    /// Does `body` while no other thread uses the iterator.
    func alone<R>(_ execution: ExecutionContext, _ body: (DatasetIterator) throws -> R) throws -> R
    {
      let iterator = try enter(execution)
      defer {
        let next = state.withLock { state in
          state.isBusy = false
          return state.waiting.first
        }
        next?.wake()
      }
      return try body(iterator)
    }

    private func enter(_ execution: ExecutionContext) throws -> DatasetIterator {
      func attempt() -> DatasetIterator? {
        state.withLock { state in
          if state.isBusy { return nil }
          state.isBusy = true
          return state.iterator
        }
      }
      if let iterator = attempt() { return iterator }
      let waiter = Waiter(execution.resources.activity)
      state.withLock { $0.waiting.append(waiter) }
      defer { leave(waiter) }
      while true {
        let wakes = waiter.wakes
        if let iterator = attempt() { return iterator }
        try waiter.wait(after: wakes, execution.cancellation, WouldWait("IteratorGetNext"))
      }
    }

    /// Takes a thread out of those that wait. One that was woken and gives up hands the turn on.
    private func leave(_ waiter: Waiter) {
      let next = state.withLock { state in
        state.waiting.removeAll { $0 === waiter }
        return state.isBusy ? nil : state.waiting.first
      }
      next?.wake()
    }
  }

  let container: String
  let name: String
  let components: [DatasetObject.Component]
  private let walk = Lock<Walk?>(nil)

  /// - Parameter name: nil for one that is found by its handle alone.
  init(_ components: [DatasetObject.Component], container: String = "", name: String? = nil) {
    self.components = components
    self.container = container.isEmpty ? ResourceContainer.defaultName : container
    self.name = name ?? "AnonymousIterator\(Self.count.wrappingAdd(1, ordering: .relaxed).oldValue)"
  }

  private static let count = Atomic(0)

  /// Starts a run through a dataset, in place of the one before.
  ///
  /// - Throws: `INVALID_ARGUMENT` when its elements are not the iterator's.
  package func start(_ dataset: DatasetObject) throws {
    try ElementCheck.require(components, fit: dataset)
    let context = IterationContext(dataset)
    let started = Walk(dataset, try dataset.makeIterator(context), context)
    let before = walk.withLock { walk in
      defer { walk = started }
      return walk
    }
    // What the old run holds is released outside the lock.
    _ = before
  }

  /// The next element, nil when there are no more.
  ///
  /// - Throws: `FAILED_PRECONDITION` when no run was started.
  package func next(_ execution: ExecutionContext) throws -> [Tensor]? {
    let walk = try started("GetNext", "getting the next element")
    return try walk.alone(execution) { iterator in
      let element = try iterator.next(execution)
      if element != nil { walk.state.withLock { $0.given += 1 } }
      return element
    }
  }

  /// Where the run is.
  func position(_ execution: ExecutionContext) throws -> IteratorPosition {
    let walk = try started("Save", "saving it")
    return try walk.alone(execution) { _ in
      walk.state.withLock { IteratorPosition(given: $0.given, seeds: $0.context.drawnSeeds.values) }
    }
  }

  /// Starts the dataset anew and goes to where another run was.
  func go(to position: IteratorPosition, _ execution: ExecutionContext) throws {
    let dataset = try started("Restore", "restoring it").dataset
    let context = IterationContext(dataset, repeating: SeedLog(position.seeds))
    let restarted = Walk(dataset, try dataset.makeIterator(context), context)
    try restarted.alone(execution) { iterator in
      guard try iterator.skip(position.given, execution) else {
        throw TFError.outOfRange(
          "the dataset ended before the \(position.given) elements that the iterator had given")
      }
    }
    restarted.state.withLock { $0.given = position.given }
    walk.withLock { $0 = restarted }
  }

  private func started(_ call: String, _ purpose: String) throws -> Walk {
    if let walk = walk.withLock({ $0 }) { return walk }
    throw TFError.failedPrecondition(
      """
      \(call)() failed because the iterator has not been initialized. Ensure that you have run the \
      initializer operation for this iterator before \(purpose).
      """
    )
  }
}

/// How far an iterator was, and with which seeds: what `SerializeIterator` gives.
final class IteratorPosition: TensorObject {
  let given: Int
  let seeds: [(UInt64, UInt64)]

  init(given: Int, seeds: [(UInt64, UInt64)]) {
    self.given = given
    self.seeds = seeds
  }
}
