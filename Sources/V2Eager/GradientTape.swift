import CoreGraph
public import CoreOps

/// Records ops as they are applied, and gives gradients of what came out. Follows
/// `tf.GradientTape`.
///
///     let tape = GradientTape()
///     let y = try tape.record {
///       tape.watch(x)
///       return try x * x
///     }
///     let dydx = try tape.gradient(y, x)
public final class GradientTape: Sendable {
  private struct State {
    var applied: [AppliedOp] = []
    var watched: Set<Tensor> = []
    var isSpent = false
  }

  private let state = Lock(State())
  private let isPersistent: Bool

  /// - Parameter persistent: whether gradients can be taken more than once.
  public init(persistent: Bool = false) { isPersistent = persistent }

  /// Has what is computed from `tensor` recorded from now on. Integers have no gradient and are not
  /// watched.
  public func watch(_ tensor: Tensor) {
    guard tensor.dtype.isFloating || tensor.dtype.isComplex || tensor.dtype == .resource else {
      return
    }
    state.withLock { _ = $0.watched.insert(tensor) }
  }

  /// Runs `body` with the tape recording.
  public func record<R>(_ body: () throws -> R) rethrows -> R {
    try Environment.current.recorded(by: self).run(body)
  }

  /// The gradients of `target` with respect to `sources`.
  ///
  /// - Parameter outputGradient: the gradient of something with respect to `target`; ones if nil.
  /// - Returns: nil where the target does not depend on the source.
  /// - Throws: `FAILED_PRECONDITION` on the second use of a tape that is not persistent;
  ///   `UNIMPLEMENTED` for an op without gradient on the way.
  public func gradient(
    _ target: Tensor, _ sources: [Tensor], outputGradient: Tensor? = nil
  ) throws -> [Tensor?] {
    let (applied, watched) = try state.withLock { state in
      guard !state.isSpent else {
        throw TFError.failedPrecondition(
          """
          A non-persistent GradientTape can only be used to compute one set of gradients (or \
          jacobians)
          """
        )
      }
      state.isSpent = !isPersistent
      return (state.applied, state.watched)
    }
    // What was not watched has no gradient, even where it met something that was.
    let known = sources.filter(watched.contains)
    var gradients = try ReverseMode.gradients(
      applied, targets: [target], targetGradients: [outputGradient], sources: known)[...]
    return sources.map { watched.contains($0) ? gradients.removeFirst() : nil }
  }

  public func gradient(_ target: Tensor, _ source: Tensor) throws -> Tensor? {
    try gradient(target, [source])[0]
  }
}

extension GradientTape: CallRecorder {
  package func note(_ op: OpDef, _ attrs: Attrs, _ inputs: [Tensor], _ outputs: [Tensor])
    -> [Tensor]
  {
    state.withLock { state in
      guard inputs.contains(where: state.watched.contains) else { return outputs }
      // An output that shares its input's memory needs an identity of its own.
      let own = outputs.map { output in inputs.contains(output) ? output.withNewIdentity() : output
      }
      if let complete = try? op.signature.resolve(inputTypes: inputs.map(\.dtype), attrs) {
        state.applied.append(AppliedOp(op: op, attrs: complete, inputs: inputs, outputs: own))
      }
      state.watched.formUnion(own)
      return own
    }
  }
}
