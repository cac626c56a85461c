package import CoreOps

/// Locks that one step at a time holds.
package struct MutexOps: OpFamily {
  package static let family: Self = define(Self())

  package let mutex = OpDef(
    "MutexV2",
    """
    -> resource: resource
    container: string = ''
    shared_name: string = ''
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .dynamic { context in
      let place = try ResourcePlace(context)
      return { run in [Tensor(resource: try place.findOrCreate(run) { _ in MutexObject() })] }
    }, gradient: .none("a mutex has no inputs"))

  package let lock = OpDef(
    "MutexLock",
    """
    mutex: resource -> mutex_lock: variant
    """, stateful: true, mayWait: true, shape: ShapeRules.scalar,
    kernel: .run { run in
      let hold = try run.inputs[0].resource(MutexObject.self).acquire(run.ticket)
      return [Tensor(.variant, objects: [hold], dims: Shape())]
    }, gradient: .none("a lock is not differentiable"))

  package let consume = OpDef(
    "ConsumeMutexLock",
    """
    mutex_lock: variant ->
    """, stateful: true, shape: { _ in [] },
    kernel: .run { run in
      let input = run.inputs[0]
      try require(
        input.dims.rank == 0, "Expected input to be a scalar, saw shape: \(input.dims)")
      guard let hold = input.objects[0] as? MutexHold else {
        throw TFError.invalidArgument(
          "Expected input to contain a SharedLockReleaser object, but saw another variant")
      }
      hold.release()
      return []
    }, gradient: .none("a lock is not differentiable"))
}

/// A lock, and who waits for it.
final class MutexObject: TensorObject {
  private struct State {
    var isHeld = false
    var waiting = WaitLine<Void, MutexHold>()
  }

  private let state = Lock(State())

  /// - Throws: `WouldWait` while someone else holds the lock.
  func acquire(_ ticket: WaitTicket) throws -> MutexHold {
    let hold = try state.withLock { state in
      if !state.waiting.has(ticket) {
        state.waiting.enter(ticket, ())
        serve(&state)
      }
      return try state.waiting.claim(ticket)
    }
    if let hold { return hold }
    let own = ObjectIdentifier(ticket)
    ticket.whenLeft { [weak self] in
      // What was not claimed is released, outside of the lock.
      _ = self?.state.withLock { $0.waiting.leave(own) }
    }
    throw WouldWait("MutexLock")
  }

  fileprivate func release() {
    state.withLock { state in
      state.isHeld = false
      serve(&state)
    }
  }

  private func serve(_ state: inout State) {
    guard !state.isHeld, let entry = state.waiting.popFirst() else { return }
    state.isHeld = true
    state.waiting.done(entry, .success(MutexHold(self)))
  }
}

/// A lock that is held until it is released, or no tensor refers to it any more.
final class MutexHold: TensorObject {
  private let mutex: Lock<MutexObject?>

  fileprivate init(_ mutex: MutexObject) { self.mutex = Lock(mutex) }

  deinit { release() }

  func release() {
    let held = mutex.withLock { mutex in
      defer { mutex = nil }
      return mutex
    }
    held?.release()
  }
}
