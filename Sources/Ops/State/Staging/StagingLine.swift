import CoreOps

/// A line of tuples of tensors that steps hand on: what `Stage` and `Unstage` share.
final class StagingLine: TensorObject {
  private enum Request: Sendable {
    case get
    case peek(Int)
  }

  private struct State {
    var tuples = Deque<[Tensor]>()
    var bytes = 0
    var putting = WaitLine<[Tensor], Void>()
    var taking = WaitLine<Request, [Tensor]>()
  }

  private let limits: StagingLimits
  private let state = Lock(State())

  init(_ limits: StagingLimits) { self.limits = limits }

  var count: Int { state.withLock { $0.tuples.count } }

  /// - Throws: `RESOURCE_EXHAUSTED`; `WouldWait` while there is no room.
  func put(_ tuple: [Tensor], _ ticket: WaitTicket) throws {
    try limits.check(StagingLimits.bytes(tuple))
    let isDone = try state.withLock { state in
      if !state.putting.has(ticket) {
        state.putting.enter(ticket, tuple)
        serve(&state)
      }
      return try state.putting.claim(ticket) != nil
    }
    if !isDone { try wait(ticket, "Stage") }
  }

  /// Takes the first tuple out.
  ///
  /// - Throws: `WouldWait` while there is none.
  func get(_ ticket: WaitTicket) throws -> [Tensor] { try take(ticket, .get, "Unstage") }

  /// The tuple at a place, which stays there.
  func peek(_ index: Int, _ ticket: WaitTicket) throws -> [Tensor] {
    try require(index >= 0, "index must not be negative, but is \(index)")
    return try take(ticket, .peek(index), "StagePeek")
  }

  func clear() {
    state.withLock { state in
      state.tuples.removeAll()
      state.bytes = 0
      serve(&state)
    }
  }

  private func take(_ ticket: WaitTicket, _ request: Request, _ operation: String) throws
    -> [Tensor]
  {
    let tuple = try state.withLock { state in
      if !state.taking.has(ticket) {
        state.taking.enter(ticket, request)
        serve(&state)
      }
      return try state.taking.claim(ticket)
    }
    guard let tuple else { try wait(ticket, operation) }
    return tuple
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
    var (putting, taking) = (WaitLine<[Tensor], Void>(), WaitLine<Request, [Tensor]>())
    swap(&putting, &state.putting)
    swap(&taking, &state.taking)
    defer {
      swap(&putting, &state.putting)
      swap(&taking, &state.taking)
    }
    var isChanged: Bool
    repeat {
      isChanged = taking.serveAny { request in
        switch request {
        case .get:
          guard let tuple = state.tuples.popFirst() else { return nil }
          state.bytes -= StagingLimits.bytes(tuple)
          return tuple
        case .peek(let index): return index < state.tuples.count ? state.tuples[index] : nil
        }
      }
      isChanged =
        putting.serveAny { tuple in
          let bytes = StagingLimits.bytes(tuple)
          guard limits.hasRoom(count: state.tuples.count, used: state.bytes, for: bytes) else {
            return nil
          }
          state.tuples.append(tuple)
          state.bytes += bytes
          return ()
        } || isChanged
    } while isChanged
  }
}
