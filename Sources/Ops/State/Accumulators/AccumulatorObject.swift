import CKernels
import CoreOps

/// Adds gradients up until enough have come: what `ConditionalAccumulator` and
/// `SparseConditionalAccumulator` stand for.
final class AccumulatorObject: TensorObject {
  /// What was added up.
  enum Sum: Sendable {
    case dense(Tensor)
    /// Slices, with how many gradients each has.
    case slices(indices: [Int], values: Tensor, counts: [Int])
  }

  private struct State {
    var sum: Sum?
    /// How many gradients are in the sum.
    var count = 0
    var step = 0
    var taking = WaitLine<Int, [Tensor]>()
  }

  let name: String
  let dtype: DType
  let shape: PartialShape
  let isSparse: Bool
  /// Whether the mean is taken, and not the sum.
  private let isMean: Bool
  private let state = Lock(State())

  init(name: String, dtype: DType, shape: PartialShape, isSparse: Bool, isMean: Bool) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.isSparse = isSparse
    self.isMean = isMean
  }

  /// How many gradients were added since the last were taken.
  var count: Int { state.withLock { $0.count } }

  /// Gradients of earlier steps are dropped from now on.
  func setStep(_ step: Int) { state.withLock { $0.step = step } }

  /// Adds a gradient, unless it is of an earlier step.
  ///
  /// - Parameter add: the sum of what was added before, if anything, and the gradient.
  func add(step: Int, _ add: (Sum?) throws -> Sum) throws {
    try state.withLock { state in
      guard step >= state.step else { return }
      state.sum = try add(state.count > 0 ? state.sum : nil)
      state.count += 1
      serve(&state)
    }
  }

  /// Takes the sum or mean out, once there are `required` gradients.
  ///
  /// - Throws: `WouldWait` before.
  func take(_ required: Int, _ ticket: WaitTicket) throws -> [Tensor] {
    try require(required > 0, "Argument num_required must be positive, but was \(required)")
    let outputs = try state.withLock { state in
      if !state.taking.has(ticket) {
        state.taking.enter(ticket, required)
        serve(&state)
      }
      return try state.taking.claim(ticket)
    }
    if let outputs { return outputs }
    let own = ObjectIdentifier(ticket)
    ticket.whenLeft { [weak self] in
      guard let self else { return }
      state.withLock { state in
        _ = state.taking.leave(own)
        self.serve(&state)
      }
    }
    throw WouldWait("TakeGrad")
  }

  private func serve(_ state: inout State) {
    while let entry = state.taking.popFirst() {
      guard state.count >= entry.request, let sum = state.sum else {
        state.taking.putBack(entry)
        return
      }
      let count = state.count
      state.step += 1
      state.count = 0
      state.sum = nil
      do {
        state.taking.done(entry, .success(try outputs(sum, count)))
      } catch {
        state.taking.done(entry, .failure(error as? TFError ?? .internal("\(error)")))
      }
    }
  }

  private func outputs(_ sum: Sum, _ count: Int) throws -> [Tensor] {
    switch sum {
    case .dense(let value): return [try isMean ? Means.divided(value, [count]) : value]
    case .slices(let indices, let values, let counts):
      var dims = values.dims.dims
      dims[0] = shape[0]?.value ?? -1
      return [
        try Tensor(indices, dims: [indices.count]),
        try isMean ? Means.divided(values, counts) : values,
        try Tensor(dims, dims: [dims.count]),
      ]
    }
  }
}

/// Divides equal parts of a tensor by a number each.
private enum Means {
  static func divided(_ tensor: Tensor, _ divisors: [Int]) throws -> Tensor {
    let result = try Tensor.uninitialized(tensor.dtype, tensor.dims)
    let part = tensor.dims.elementCount / max(divisors.count, 1)
    func divide<T: TensorScalar & BinaryFloatingPoint>(_: T.Type) {
      let (source, target) = (tensor.elements(T.self), result.elements(T.self))
      for (index, divisor) in divisors.enumerated() {
        let divisor = T(divisor)
        for position in index * part..<(index + 1) * part {
          target[position] = source[position] / divisor
        }
      }
    }
    switch tensor.dtype {
    case .float32: divide(Float.self)
    case .float64: divide(Double.self)
    case .half: divide(Float16.self)
    default: throw TFError.internal("an accumulator of \(tensor.dtype)")
    }
    return result
  }
}
