public import CoreGraph
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
    var recording = Recording()
    var isSpent = false
    var isStopped = false
  }

  private let state = Lock(State())
  private let isPersistent: Bool

  private let watchesVariables: Bool

  /// - Parameters:
  ///   - persistent: whether gradients can be taken more than once.
  ///   - watchAccessedVariables: whether trainable variables are watched when they are read.
  public init(persistent: Bool = false, watchAccessedVariables: Bool = true) {
    isPersistent = persistent
    watchesVariables = watchAccessedVariables
  }

  /// Has what is computed from `tensor` recorded from now on. Integers have no gradient and are not
  /// watched.
  public func watch(_ tensor: Tensor) {
    guard tensor.dtype.isFloating || tensor.dtype.isComplex || tensor.dtype == .resource else {
      return
    }
    state.withLock { $0.recording.watch(tensor) }
  }

  /// Runs `body` with the tape recording.
  public func record<R>(_ body: () throws -> R) rethrows -> R {
    try Environment.current.recorded(by: self).run(body)
  }

  /// Runs `body` without recording what it does. Follows `tf.GradientTape.stop_recording`.
  public func stopRecording<R>(_ body: () throws -> R) rethrows -> R {
    let before = state.withLock { state in
      defer { state.isStopped = true }
      return state.isStopped
    }
    defer { state.withLock { $0.isStopped = before } }
    return try body()
  }

  /// Forgets what was recorded and watched. Follows `tf.GradientTape.reset`.
  public func reset() {
    state.withLock { state in
      state.recording = Recording()
      state.isSpent = false
    }
  }

  /// The gradients of the sum of `targets` with respect to `sources`, slices where they are.
  /// Follows `tf.GradientTape.gradient`.
  ///
  /// - Parameters:
  ///   - outputGradients: one per target, the gradient of something with respect to it; nil stands
  ///     for ones.
  ///   - unconnectedGradients: whether a source that no target depends on has no gradient, or
  ///     zeros.
  /// - Throws: `FAILED_PRECONDITION` on the second use of a tape that is not persistent;
  ///   `UNIMPLEMENTED` for an op without gradient on the way.
  public func gradientValues(
    _ targets: [Tensor], _ sources: [Tensor], outputGradients: [Tensor?]? = nil,
    unconnectedGradients: UnconnectedGradients = .none
  ) throws -> [GradientValue?] {
    guard outputGradients == nil || outputGradients?.count == targets.count else {
      throw TFError.invalidArgument(
        "there are \(targets.count) targets, but \(outputGradients?.count ?? 0) output gradients")
    }
    var recording = try state.withLock { state in
      guard !state.isSpent else {
        throw TFError.failedPrecondition(
          """
          A non-persistent GradientTape can only be used to compute one set of gradients (or \
          jacobians)
          """
        )
      }
      guard !isPersistent else { return state.recording }
      state.isSpent = true
      let recording = state.recording
      state.recording = Recording()
      return recording
    }
    let known = sources.compactMap { recording.slot($0) }
    let wanted = targets.enumerated().compactMap { index, target in
      recording.slot(target).map {
        GradientTarget(target, slot: $0, gradient: outputGradients?[index].map { .dense($0) })
      }
    }
    var gradients = try ReverseMode.gradients(
      &recording.calls, slotCount: recording.slotCount, targets: wanted, sources: known)[...]
    return try sources.map { source in
      // What was not watched has no gradient, even where it met something that was.
      if recording.slot(source) != nil, let gradient = gradients.removeFirst() { return gradient }
      return unconnectedGradients == .zero ? .dense(try BasicOps.zerosLike(source)) : nil
    }
  }

  /// The gradients of the sum of `targets` with respect to `sources`, as tensors.
  ///
  /// - Parameters: as for `gradientValues`.
  public func gradient(
    _ targets: [Tensor], _ sources: [Tensor], outputGradients: [Tensor?]? = nil,
    unconnectedGradients: UnconnectedGradients = .none
  ) throws -> [Tensor?] {
    try gradientValues(
      targets, sources, outputGradients: outputGradients,
      unconnectedGradients: unconnectedGradients
    ).map { try $0?.tensor() }
  }

  /// The gradients of one target.
  public func gradient(
    _ target: Tensor, _ sources: [Tensor], outputGradients: Tensor? = nil,
    unconnectedGradients: UnconnectedGradients = .none
  ) throws -> [Tensor?] {
    try gradient(
      [target], sources, outputGradients: outputGradients.map { [$0] },
      unconnectedGradients: unconnectedGradients)
  }

  /// The gradient of one target with respect to one source.
  public func gradient(
    _ target: Tensor, _ source: Tensor, outputGradients: Tensor? = nil,
    unconnectedGradients: UnconnectedGradients = .none
  ) throws -> Tensor? {
    try gradientValues(
      [target], [source], outputGradients: outputGradients.map { [$0] },
      unconnectedGradients: unconnectedGradients)[0]?.tensor()
  }
}

extension GradientTape: CallRecorder {
  package func note(_ op: OpDef, _ attrs: Attrs, _ inputs: [Tensor], _ outputs: [Tensor])
    -> [Tensor]
  {
    note(.op(op, attrs), inputs, outputs)
    return outputs
  }

  package func noteRead(of handle: Tensor) {
    if watchesVariables, !(state.withLock { $0.isStopped }) { watch(handle) }
  }
}

extension GradientTape: FunctionRecorder {
  package func concerns(_ tensors: [Tensor]) -> Bool {
    state.withLock { !$0.isStopped && $0.recording.concerns(tensors) }
  }

  package func note(_ action: RecordedCall.Action, _ inputs: [Tensor], _ outputs: [Tensor]) {
    state.withLock { state in
      if !state.isStopped { state.recording.note(action, inputs, outputs) }
    }
  }
}
