import CoreOps
import Serialization

/// The records of one unit of work, mostly of a file.
protocol WorkReader {
  /// The next record; nil when there is none left.
  mutating func next() throws -> ReaderRecord?
}

struct ReaderRecord {
  let key: [UInt8]
  let value: [UInt8]
  /// Whether the work is known to be done with it.
  var isLast = false
}

/// What a reader op stands for: it takes work from a queue, such as names of files, and gives
/// records.
final class ReaderObject: TensorObject {
  private struct State {
    var workStarted = 0
    var workFinished = 0
    var recordCount = 0
    var work: [UInt8] = []
    var reader: (any WorkReader)?

    var isWorking: Bool { workFinished < workStarted }
  }

  /// What messages call it: `TFRecordReader 'node'`.
  let name: String
  /// Whether its state can be saved.
  private let savesState: Bool
  private let open: @Sendable (_ work: [UInt8]) throws -> any WorkReader
  private let state = Lock(State())

  init(
    _ op: String, _ node: String, savesState: Bool,
    open: @escaping @Sendable (_ work: [UInt8]) throws -> any WorkReader
  ) {
    name = "\(op) '\(node)'"
    self.savesState = savesState
    self.open = open
  }

  var recordCount: Int { state.withLock { $0.recordCount } }
  var finishedCount: Int { state.withLock { $0.workFinished } }

  /// The next record.
  ///
  /// - Parameter takeWork: gives the next unit of work.
  /// - Throws: what `takeWork` throws, `WouldWait` among it; as reading a file.
  func read(_ takeWork: () throws -> [UInt8]) throws -> ReaderRecord {
    try state.withLock { state in
      while true {
        try startWork(&state, takeWork)
        if let record = try next(&state) { return record }
      }
    }
  }

  /// Up to `count` records: fewer where a unit of work ends with them.
  func read(upTo count: Int, _ takeWork: () throws -> [UInt8]) throws -> [ReaderRecord] {
    try state.withLock { state in
      var records: [ReaderRecord] = []
      var pace = Pace()
      while records.count < count {
        try startWork(&state, takeWork)
        if let record = try next(&state) {
          try pace.step(record.value.count + 64)
          records.append(record)
        }
        if !state.isWorking, !records.isEmpty { break }
      }
      return records
    }
  }

  private func startWork(_ state: inout State, _ takeWork: () throws -> [UInt8]) throws {
    if state.isWorking, state.reader != nil { return }
    state.work = try takeWork()
    state.reader = try open(state.work)
    state.workStarted += 1
  }

  private func next(_ state: inout State) throws -> ReaderRecord? {
    let record = try state.reader?.next()
    if record != nil { state.recordCount += 1 }
    if record?.isLast ?? true {
      state.workFinished = state.workStarted
      state.reader = nil
    }
    return record
  }

  func reset() { state.withLock { $0 = State() } }

  /// The state as TensorFlow's `ReaderBaseState`.
  ///
  /// - Throws: `UNIMPLEMENTED` for readers of which TensorFlow saves none.
  func saved() throws -> [UInt8] {
    guard savesState else { throw TFError.unimplemented("Reader SerializeState") }
    return state.withLock {
      ReaderState(
        workStarted: $0.workStarted, workFinished: $0.workFinished, recordCount: $0.recordCount,
        work: $0.work
      ).serialized()
    }
  }

  /// Takes a state that was saved. One that is refused resets the reader.
  ///
  /// - Throws: `INVALID_ARGUMENT`; `UNIMPLEMENTED` for readers that have none.
  func restore(_ bytes: [UInt8]) throws {
    guard savesState else {
      reset()
      throw TFError.unimplemented("Reader RestoreState")
    }
    do {
      let saved: ReaderState
      do { saved = try ReaderState(serialized: bytes) } catch is TFError {
        throw TFError.invalidArgument(
          "Could not parse state for \(name): \(String(decoding: bytes.prefix(200), as: UTF8.self))"
        )
      }
      try require(
        saved.workStarted >= 0 && saved.workFinished >= 0 && saved.recordCount >= 0,
        "Unexpected negative value when restoring in \(name): \(saved)")
      try require(
        saved.workStarted <= saved.workFinished,
        "Inconsistent work started vs. finished when restoring in \(name): \(saved)")
      state.withLock {
        $0 = State(
          workStarted: saved.workStarted, workFinished: saved.workFinished,
          recordCount: saved.recordCount, work: saved.work)
      }
    } catch {
      reset()
      throw error
    }
  }
}
