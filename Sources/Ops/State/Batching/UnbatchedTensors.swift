import CKernels
import CoreOps

/// Which rows of a batch belong to which request.
struct BatchIndex: Sendable {
  let entries: [(id: Int, start: Int, end: Int)]

  /// - Parameter data: the batch whose rows they are, where it is known.
  init(_ index: Tensor, _ data: Tensor?) throws {
    if index.dims.elementCount == 0 {
      entries = []
      return
    }
    try require(
      index.dims.rank == 2, "Wrong shape for index tensor. Expected rank 2; Got \(index.dims)")
    try require(
      index.dims[1] == 3,
      "Wrong shape for index tensor. Expected 1st dimension size to be 3 ; Got: \(index.dims[1]).")
    let numbers = try index.integers()
    entries = (0..<index.dims[0]).map {
      (numbers[3 * $0], numbers[3 * $0 + 1], numbers[3 * $0 + 2])
    }
    guard let data else { return }
    let count = data.dims.rank == 0 ? 0 : data.dims[0]
    var total = 0
    for entry in entries {
      try require(
        entry.start >= 0 && entry.end >= entry.start && entry.end <= count
          && entry.start == total, "Sum of split sizes must not exceed dim0-size of input tensor")
      total = entry.end
    }
  }
}

/// The parts of batches that wait for the requests that they belong to.
final class UnbatchedTensors: TensorObject {
  private struct State {
    var parts: [Int: Tensor] = [:]
    var waiting = WaitLine<(id: Int, deadline: Int64), Tensor>()
    /// Until when each operation waits.
    var deadlines: [ObjectIdentifier: Int64] = [:]
  }

  private let state = Lock(State())

  /// Leaves the parts of a batch here, and takes the one of `id`.
  ///
  /// - Parameter timeout: microseconds.
  /// - Throws: `DEADLINE_EXCEEDED` when it does not come in time; `WouldWait`.
  func take(
    _ batch: Tensor, _ index: BatchIndex, _ id: Int, timeout: Int, _ ticket: WaitTicket
  ) throws -> Tensor {
    let (limit, overflow) = Int64(clamping: timeout).multipliedReportingOverflow(by: 1000)
    let (now, own) = (jk_now(), ObjectIdentifier(ticket))
    let (taken, deadline): (Tensor?, Int64) = try state.withLock { state in
      if !state.waiting.has(ticket) {
        for entry in index.entries {
          var dims = batch.dims
          dims[0] = entry.end - entry.start
          state.parts[entry.id] = batch.rows(entry.start, entry.end, dims: dims)
        }
        let (end, isEndless) = now.addingReportingOverflow(max(limit, 0))
        state.deadlines[own] = overflow || isEndless ? .max : end
        state.waiting.enter(ticket, (id, state.deadlines[own]!))
      }
      serve(&state, now)
      let taken = try state.waiting.claim(ticket)
      return (taken, state.deadlines[own] ?? 0)
    }
    ticket.whenLeft { [weak self] in
      self?.state.withLock { state in
        _ = state.waiting.leave(own)
        state.deadlines[own] = nil
      }
    }
    if let taken { return taken }
    throw WouldWait("Unbatch", until: deadline)
  }

  private func serve(_ state: inout State, _ now: Int64) {
    var waiting = WaitLine<(id: Int, deadline: Int64), Tensor>()
    swap(&waiting, &state.waiting)
    defer { swap(&waiting, &state.waiting) }
    _ = waiting.serveAny { request throws(TFError) in
      if let part = state.parts.removeValue(forKey: request.id) { return part }
      if now >= request.deadline {
        throw TFError(
          .deadlineExceeded, "Batched data did not arrive within timeout window.")
      }
      return nil
    }
  }
}

/// The gradients of requests that wait for the others of their batch.
final class BatchedGradients: TensorObject {
  private struct State {
    var gradients: [Int: Tensor] = [:]
    var waiting = WaitLine<[Int], [Tensor]>()
  }

  private let state = Lock(State())

  /// Leaves a request's gradient here, and takes those of the batch that the request led, if it led
  /// one.
  func take(_ gradient: Tensor, _ index: BatchIndex, _ id: Int, _ ticket: WaitTicket) throws
    -> Tensor
  {
    try require(gradient.dims.rank > 0, "grad must have at least one dimension")
    let parts: [Tensor]? = try state.withLock { state in
      if !state.waiting.has(ticket) {
        state.gradients[id] = gradient
        state.waiting.enter(ticket, index.entries.map(\.id))
        serve(&state)
      }
      return try state.waiting.claim(ticket)
    }
    guard let parts else {
      let own = ObjectIdentifier(ticket)
      ticket.whenLeft { [weak self] in _ = self?.state.withLock { $0.waiting.leave(own) } }
      throw WouldWait("UnbatchGrad")
    }
    guard let first = parts.first else { return try Tensor.zeros(gradient.dtype, [0]) }
    let row = first.dims.dims.dropFirst()
    try require(
      parts.allSatisfy { $0.dtype == gradient.dtype && $0.dims.dims.dropFirst() == row },
      "the gradients of a batch have different shapes")
    return try Stacking.joined(
      parts, gradient.dtype, Shape([parts.reduce(0) { $0 + $1.dims[0] }] + row))
  }

  private func serve(_ state: inout State) {
    var waiting = WaitLine<[Int], [Tensor]>()
    swap(&waiting, &state.waiting)
    defer { swap(&waiting, &state.waiting) }
    _ = waiting.serveAny { ids throws(TFError) in
      guard ids.allSatisfy({ state.gradients[$0] != nil }) else { return nil }
      return ids.compactMap { state.gradients.removeValue(forKey: $0) }
    }
  }
}
