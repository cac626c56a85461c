import CoreGraph
public import CoreOps
import Serialization
public import V1Graph
import Variables

/// - Throws: `FAILED_PRECONDITION` for a graph without a global step.
private func globalStep(_ hook: String) throws -> Variable {
  guard let step = try API.globalStep() else {
    throw TFError.failedPrecondition("Global step should be created to use \(hook).")
  }
  return step
}

extension Session {
  fileprivate func step(_ variable: Variable?) throws -> Int {
    guard let variable else { return 0 }
    let value = try run(variable)
    return value.dtype == .int64
      ? value.elements(Int.self)[0] : Int(value.elements(Int32.self)[0])
  }
}

/// Asks to stop after some steps, or at a step. Follows `tf.compat.v1.train.StopAtStepHook`.
public final class StopAtStepHook: SessionRunHook {
  private let numSteps: Int?
  private let state: Lock<(last: Int?, step: Variable?)>

  /// - Parameters:
  ///   - numSteps: how many more steps there are.
  ///   - lastStep: the step to stop at.
  /// - Throws: `INVALID_ARGUMENT` for both or neither.
  public init(numSteps: Int? = nil, lastStep: Int? = nil) throws {
    try require(
      numSteps != nil || lastStep != nil, "One of num_steps or last_step must be specified.")
    try require(
      numSteps == nil || lastStep == nil,
      "Only one of num_steps or last_step can be specified.")
    self.numSteps = numSteps
    state = Lock((lastStep, nil))
  }

  public func begin() throws {
    let step = try globalStep("StopAtStepHook")
    state.withLock { $0.step = step }
  }

  public func afterCreateSession(_ session: Session, _: Coordinator) throws {
    let (last, variable) = state.withLock { $0 }
    guard last == nil, let numSteps else { return }
    let now = try session.step(variable)
    state.withLock { $0.last = now + numSteps }
  }

  public func afterRun(_ context: SessionRunContext, _: SessionRunValues) throws {
    let (last, variable) = state.withLock { $0 }
    if let last, try context.session.step(variable) >= last { context.requestStop() }
  }
}

/// Saves the variables each so many steps or seconds, at the start and at the end. Follows
/// `tf.compat.v1.train.CheckpointSaverHook`.
public final class CheckpointSaverHook: SessionRunHook {
  private let path: String
  private let folder: String
  private let scaffold: Scaffold?
  private let ownSaver: (any SessionSaver)?
  private let state: Lock<(timer: SecondOrStepTimer, step: Variable?)>

  /// - Parameters:
  ///   - checkpointDir: the folder.
  ///   - saveSecs: how often.
  ///   - saveSteps: how often, in steps.
  ///   - saver: nil for that of `scaffold`.
  ///   - checkpointBasename: what the names of the files begin with.
  ///   - scaffold: has the saver.
  /// - Throws: `INVALID_ARGUMENT` for seconds and steps together, or neither.
  public init(
    _ checkpointDir: String, saveSecs: Double? = nil, saveSteps: Int? = nil,
    saver: (any SessionSaver)? = nil, checkpointBasename: String = "model.ckpt",
    scaffold: Scaffold? = nil
  ) throws {
    try require(
      saver == nil || scaffold == nil, "You cannot provide both saver and scaffold.")
    folder = checkpointDir
    path = "\(checkpointDir)/\(checkpointBasename)"
    self.scaffold = scaffold
    ownSaver = saver
    state = Lock((try SecondOrStepTimer(everySecs: saveSecs, everySteps: saveSteps), nil))
  }

  public func begin() throws {
    let step = try globalStep("CheckpointSaverHook")
    state.withLock { $0.step = step }
  }

  public func afterCreateSession(_ session: Session, _: Coordinator) throws {
    try FileSystem.makeDirectories(folder)
    try writeFile("\(folder)/graph.pbtxt", Array(session.graph.graphDef.text().utf8))
    let now = try session.step(state.withLock { $0.step })
    try save(session, now)
    state.withLock { _ = $0.timer.updateLastTriggeredStep(now) }
  }

  public func afterRun(_ context: SessionRunContext, _: SessionRunValues) throws {
    let now = try context.session.step(state.withLock { $0.step })
    let isDue = state.withLock { state in
      guard state.timer.shouldTriggerForStep(now) else { return false }
      state.timer.updateLastTriggeredStep(now)
      return true
    }
    if isDue { try save(context.session, now) }
  }

  public func end(_ session: Session) throws {
    let now = try session.step(state.withLock { $0.step })
    if state.withLock({ $0.timer.lastTriggeredStep() }) != now { try save(session, now) }
  }

  private func save(_ session: Session, _ step: Int) throws {
    guard let saver = ownSaver ?? scaffold?.saver else {
      throw TFError.failedPrecondition(
        "No items in collection savers. Please add a saver or scaffold.")
    }
    V1Logging.info("Saving checkpoints for \(step) into \(path).")
    _ = try saver.saveVariables(of: session, to: path, globalStep: step)
  }
}

/// Logs values each so many steps or seconds. Follows `tf.compat.v1.train.LoggingTensorHook`.
public final class LoggingTensorHook: SessionRunHook {
  private struct State {
    var timer: SecondOrStepTimer?
    var step = 0
    var isDue = false
    var last: Double?
  }

  private let tensors: [(tag: String, fetch: any Fetchable & Sendable)]
  private let atEnd: Bool
  private let formatter: (@Sendable ([String: Tensor]) -> String)?
  private let state: Lock<State>

  /// - Parameters:
  ///   - tensors: tensors or names, by what they are called.
  ///   - everyNIter: how often, in runs.
  ///   - everyNSecs: how often.
  ///   - atEnd: whether they are logged at the end.
  ///   - formatter: makes the text of the values.
  /// - Throws: `INVALID_ARGUMENT` for runs and seconds together, or nothing.
  public init(
    _ tensors: [String: any Fetchable & Sendable], everyNIter: Int? = nil,
    everyNSecs: Double? = nil, atEnd: Bool = false,
    formatter: (@Sendable ([String: Tensor]) -> String)? = nil
  ) throws {
    let onlyAtEnd = atEnd && everyNIter == nil && everyNSecs == nil
    try require(
      onlyAtEnd || (everyNIter == nil) != (everyNSecs == nil),
      "either at_end and/or exactly one of every_n_iter and every_n_secs must be provided.")
    try require(everyNIter ?? 1 > 0, "invalid every_n_iter=\(everyNIter ?? 0).")
    self.tensors = tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    self.atEnd = atEnd
    self.formatter = formatter
    state = Lock(
      State(
        timer: onlyAtEnd
          ? nil : try SecondOrStepTimer(everySecs: everyNSecs, everySteps: everyNIter)))
  }

  public func beforeRun(_: SessionRunContext) -> SessionRunArgs? {
    let isDue = state.withLock { state in
      state.isDue = state.timer?.shouldTriggerForStep(state.step) ?? false
      return state.isDue
    }
    return isDue ? SessionRunArgs(tensors.map { $0.fetch as any Fetchable }) : nil
  }

  public func afterRun(_: SessionRunContext, _ values: SessionRunValues) {
    if state.withLock({ $0.isDue }) { log(values.results) }
    state.withLock { $0.step += 1 }
  }

  public func end(_ session: Session) throws {
    guard atEnd else { return }
    var list = try session.fetchList()
    for tensor in tensors { try tensor.fetch.add(to: &list) }
    log(try session.run(list, [:], nil, nil, nil))
  }

  private func log(_ values: [Tensor]) {
    let seconds = state.withLock { state in
      state.timer?.updateLastTriggeredStep(state.step)?.seconds
    }
    let named = zip(tensors, values).map { (tag: $0.tag, value: $1) }
    if let formatter {
      return V1Logging.info(
        formatter([String: Tensor](named.map { ($0.tag, $0.value) }) { $1 }))
    }
    let text = named.map { "\($0.tag) = \($0.value.valuesText)" }.joined(separator: ", ")
    V1Logging.info(seconds.map { "\(text) (\(Self.rounded($0)) sec)" } ?? text)
  }

  /// Three digits behind the point.
  static func rounded(_ value: Double) -> String {
    let thousandths = Int((value * 1000).rounded())
    let rest = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }
}

/// Measures steps per second. Follows `tf.compat.v1.train.StepCounterHook`.
public final class StepCounterHook: SessionRunHook {
  private let folder: String?
  private let state: Lock<(timer: SecondOrStepTimer, step: Variable?, writer: SummaryFileWriter?)>

  /// - Parameters:
  ///   - everyNSteps: how often, in steps.
  ///   - everyNSecs: how often.
  ///   - outputDir: where the summaries go; nil for nowhere.
  ///   - summaryWriter: writes them, in place of one for the folder.
  public init(
    everyNSteps: Int? = 100, everyNSecs: Double? = nil, outputDir: String? = nil,
    summaryWriter: SummaryFileWriter? = nil
  ) throws {
    try require(
      (everyNSteps == nil) != (everyNSecs == nil),
      "exactly one of every_n_steps and every_n_secs should be provided.")
    folder = outputDir
    state = Lock(
      (try SecondOrStepTimer(everySecs: everyNSecs, everySteps: everyNSteps), nil, summaryWriter))
  }

  public func begin() throws {
    let step = try globalStep("StepCounterHook")
    let writer = try folder.map { try SummaryFileWriter($0) }
    state.withLock { state in
      state.step = step
      state.writer = state.writer ?? writer
    }
  }

  public func afterRun(_ context: SessionRunContext, _: SessionRunValues) throws {
    let variable = state.withLock { $0.step }
    let now = try context.session.step(variable)
    let elapsed: (seconds: Double, steps: Int)? = state.withLock { state in
      guard state.timer.shouldTriggerForStep(now) else { return nil }
      return state.timer.updateLastTriggeredStep(now)
    }
    guard let elapsed, elapsed.seconds > 0 else { return }
    let rate = Double(elapsed.steps) / elapsed.seconds
    let tag = "\(variable?.op?.name ?? "global_step")/sec"
    V1Logging.info("\(tag): \(rate)")
    try state.withLock { $0.writer }?.addScalar(tag, Float(rate), globalStep: now)
  }

  public func end(_: Session) throws { try state.withLock { $0.writer }?.flush() }
}

/// Stops when a loss is not a number. Follows `tf.compat.v1.train.NanTensorHook`.
public final class NanTensorHook: SessionRunHook {
  private let loss: Tensor
  private let fails: Bool

  /// - Parameters:
  ///   - lossTensor: a float scalar.
  ///   - failOnNanLoss: whether that is an error, rather than the end.
  public init(_ lossTensor: Tensor, failOnNanLoss: Bool = true) {
    loss = lossTensor
    fails = failOnNanLoss
  }

  public func beforeRun(_: SessionRunContext) -> SessionRunArgs? { SessionRunArgs(loss) }

  public func afterRun(_ context: SessionRunContext, _ values: SessionRunValues) throws {
    let loss = try EagerCast.double(values.results[0])
    guard loss.elements(Double.self).contains(where: \.isNaN) else { return }
    if fails {
      V1Logging.error("Model diverged with loss = NaN.")
      throw NanLossDuringTrainingError()
    }
    V1Logging.warning("Model diverged with loss = NaN.")
    context.requestStop()
  }
}

/// Casts of values, whatever graph is open.
enum EagerCast {
  private static let environment = Environment.process.with(state: EnvironmentState(.v2))

  static func double(_ tensor: Tensor) throws -> Tensor {
    try environment.run { try API.cast(tensor, .float64) }
  }
}

/// A loss that is not a number. Follows `tf.compat.v1.train.NanLossDuringTrainingError`.
public struct NanLossDuringTrainingError: Error, CustomStringConvertible {
  public init() {}
  public var description: String { "NaN loss during training." }
}

/// Writes summaries each so many steps or seconds. Follows
/// `tf.compat.v1.train.SummarySaverHook`.
public final class SummarySaverHook: SessionRunHook {
  private let folder: String?
  private let scaffold: Scaffold?
  private let summary: Tensor?
  private struct State {
    var timer: SecondOrStepTimer
    var step: Variable?
    var writer: SummaryFileWriter?
    var next: Int?
    var isDue = false
  }
  private let state: Lock<State>

  /// - Parameters:
  ///   - saveSteps: how often, in steps.
  ///   - saveSecs: how often.
  ///   - outputDir: the folder.
  ///   - summaryWriter: writes them, in place of one for the folder.
  ///   - scaffold: has the summaries.
  ///   - summaryOp: gives the summaries, in place of those of `scaffold`.
  /// - Throws: `INVALID_ARGUMENT` for both or neither of `scaffold` and `summaryOp`.
  public init(
    saveSteps: Int? = nil, saveSecs: Double? = nil, outputDir: String? = nil,
    summaryWriter: SummaryFileWriter? = nil, scaffold: Scaffold? = nil, summaryOp: Tensor? = nil
  ) throws {
    try require(
      (scaffold == nil) != (summaryOp == nil),
      "Exactly one of scaffold or summary_op must be provided.")
    folder = outputDir
    self.scaffold = scaffold
    summary = summaryOp
    state = Lock(
      State(
        timer: try SecondOrStepTimer(everySecs: saveSecs, everySteps: saveSteps),
        writer: summaryWriter))
  }

  public func begin() throws {
    let step = try globalStep("SummarySaverHook")
    let writer = try folder.map { try SummaryFileWriter($0) }
    state.withLock { state in
      state.step = step
      state.writer = state.writer ?? writer
    }
  }

  public func beforeRun(_: SessionRunContext) -> SessionRunArgs? {
    let isDue = state.withLock { state in
      state.isDue = state.next.map { state.timer.shouldTriggerForStep($0) } ?? true
      return state.isDue
    }
    guard isDue, let summary = summary ?? scaffold?.summaryOp else { return nil }
    return SessionRunArgs(summary)
  }

  public func afterRun(_ context: SessionRunContext, _ values: SessionRunValues) throws {
    let (writer, variable, isFirst) = state.withLock { ($0.writer, $0.step, $0.next == nil) }
    guard let writer else { return }
    let now = try context.session.step(variable)
    if isFirst { try writer.addSessionLogStart(now) }
    if state.withLock({ $0.isDue }) {
      state.withLock { _ = $0.timer.updateLastTriggeredStep(now) }
      for value in values.results { try writer.addSummary(value, globalStep: now) }
    }
    state.withLock { $0.next = now + 1 }
  }

  public func end(_: Session) throws { try state.withLock { $0.writer }?.flush() }
}

/// Waits before each run until the global step has come so far. Follows
/// `tf.compat.v1.train.GlobalStepWaiterHook`.
public final class GlobalStepWaiterHook: SessionRunHook {
  private let waitUntilStep: Int
  private let step = Lock<Variable?>(nil)
  private let isReached = Lock(false)

  /// - Parameter waitUntilStep: the step.
  public init(_ waitUntilStep: Int) { self.waitUntilStep = waitUntilStep }

  public func begin() throws {
    let variable = try globalStep("_GlobalStepWaiterHook")
    step.withLock { $0 = variable }
  }

  public func beforeRun(_ context: SessionRunContext) throws -> SessionRunArgs? {
    guard waitUntilStep > 0, !isReached.withLock({ $0 }) else { return nil }
    let never = Monitor(false)
    while try context.session.step(step.withLock { $0 }) < waitUntilStep {
      never.wait(timeout: Self.pause) { $0 }
    }
    isReached.withLock { $0 = true }
    return nil
  }

  /// Seconds between looks.
  private static let pause = 0.5
}

/// Runs operations at the end. Follows `tf.compat.v1.train.FinalOpsHook`.
public final class FinalOpsHook: SessionRunHook {
  private let operations: [any Fetchable & Sendable]
  private let values = Lock<[Tensor]?>(nil)

  /// - Parameter finalOps: what is run and fetched.
  public init(_ finalOps: [any Fetchable & Sendable]) { operations = finalOps }

  /// The values of the tensors among them; nil before the end. Follows
  /// `FinalOpsHook.final_ops_values`.
  public var finalOpsValues: [Tensor]? { values.withLock { $0 } }

  public func end(_ session: Session) throws {
    var list = try session.fetchList()
    for operation in operations { try operation.add(to: &list) }
    let fetched = try session.run(list, [:], nil, nil, nil)
    values.withLock { $0 = fetched }
  }
}

/// Feeds each run. Follows `tf.compat.v1.train.FeedFnHook`.
public final class FeedFnHook: SessionRunHook {
  private let function: @Sendable () throws -> FeedDict

  /// - Parameter feedFn: gives what the next run is fed.
  public init(_ feedFn: @escaping @Sendable () throws -> FeedDict) { function = feedFn }

  public func beforeRun(_: SessionRunContext) throws -> SessionRunArgs? {
    SessionRunArgs(fetches: [], feedDict: try function())
  }
}

/// Writes a trace of a run each so many steps or seconds, in Chrome's format. Follows
/// `tf.compat.v1.train.ProfilerHook`.
public final class ProfilerHook: SessionRunHook {
  private let folder: String
  private let state: Lock<(timer: SecondOrStepTimer, step: Variable?, next: Int?, isDue: Bool)>

  /// - Parameters:
  ///   - saveSteps: how often, in steps.
  ///   - saveSecs: how often.
  ///   - outputDir: the folder.
  public init(saveSteps: Int? = nil, saveSecs: Double? = nil, outputDir: String = "") throws {
    folder = outputDir.isEmpty ? "." : outputDir
    state = Lock(
      (try SecondOrStepTimer(everySecs: saveSecs, everySteps: saveSteps), nil, nil, false))
  }

  public func begin() throws {
    let step = try globalStep("ProfilerHook")
    state.withLock { $0.step = step }
  }

  public func beforeRun(_: SessionRunContext) -> SessionRunArgs? {
    let isDue = state.withLock { state in
      state.isDue = state.next.map { state.timer.shouldTriggerForStep($0) } ?? false
      return state.isDue
    }
    guard isDue else { return nil }
    return SessionRunArgs(options: RunOptions(traceLevel: .fullTrace))
  }

  public func afterRun(_ context: SessionRunContext, _ values: SessionRunValues) throws {
    let now = try context.session.step(state.withLock { $0.step })
    if state.withLock({ $0.isDue }), let metadata = values.runMetadata {
      state.withLock { _ = $0.timer.updateLastTriggeredStep(now) }
      try FileSystem.makeDirectories(folder)
      try writeFile(
        "\(folder)/timeline-\(now).json",
        Array(metadata.stepStats.generateChromeTraceFormat().utf8))
    }
    state.withLock { $0.next = now + 1 }
  }
}

extension V1Train {
  public typealias StopAtStepHook = V1Runtime.StopAtStepHook
  public typealias CheckpointSaverHook = V1Runtime.CheckpointSaverHook
  public typealias LoggingTensorHook = V1Runtime.LoggingTensorHook
  public typealias StepCounterHook = V1Runtime.StepCounterHook
  public typealias NanTensorHook = V1Runtime.NanTensorHook
  public typealias NanLossDuringTrainingError = V1Runtime.NanLossDuringTrainingError
  public typealias SummarySaverHook = V1Runtime.SummarySaverHook
  public typealias GlobalStepWaiterHook = V1Runtime.GlobalStepWaiterHook
  public typealias FinalOpsHook = V1Runtime.FinalOpsHook
  public typealias FeedFnHook = V1Runtime.FeedFnHook
  public typealias ProfilerHook = V1Runtime.ProfilerHook
}
