import CoreOps
import Glibc
import Synchronization

/// A file of events, which grows: what was flushed can be read while more is written.
package final class EventFile: Sendable {
  private struct State {
    var descriptor: Int32
    /// What was not written yet.
    var waiting = RecordBlock()
    var count = 0
    var size = 0
    var lastFlush: Double
  }

  package let path: String
  private let most: Int
  private let seconds: Double
  private let state: Lock<State>
  private static let number = Atomic<Int>(0)
  /// More bytes than these do not wait.
  private static let mostBytes = 1 << 24

  /// Makes the folder, where it is not there, and a file in it with a name of its own.
  ///
  /// - Parameters:
  ///   - most: how many events wait to be written.
  ///   - seconds: how long they wait at most, as far as others come.
  ///   - suffix: what the name ends with.
  /// - Throws: as the system says.
  package init(folder: String, most: Int, seconds: Double, suffix: String) throws {
    try Self.makeFolders(folder)
    let time = Event.now
    let digits = String(Int(time))
    let padded = String(repeating: "0", count: max(0, 10 - digits.utf8.count)) + digits
    let number = Self.number.add(1, ordering: .relaxed).oldValue
    path =
      "\(folder)/events.out.tfevents.\(padded).\(Self.hostName).\(getpid()).\(number)\(suffix)"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw systemError(path) }
    self.most = most
    self.seconds = seconds
    state = Lock(State(descriptor: descriptor, lastFlush: time))
    try write(Event(.fileVersion("brain.Event:2"), wallTime: time.rounded(.down)).serialized)
    try flush()
  }

  deinit { try? close() }

  /// Adds an event.
  ///
  /// - Parameter event: its bytes.
  /// - Throws: as the system says; `FAILED_PRECONDITION` when the file is closed.
  package func write(_ event: [UInt8]) throws {
    try state.withLock { state in
      guard state.descriptor >= 0 else {
        throw TFError.failedPrecondition("the file of events \(path) is closed")
      }
      event.withUnsafeBytes { state.waiting.add($0) }
      state.count += 1
      state.size += event.count
      let isDue = Event.now - state.lastFlush > seconds
      if state.count > most || state.size > Self.mostBytes || isDue { try flush(&state) }
    }
  }

  /// Writes what waits.
  package func flush() throws {
    try state.withLock { state in
      if state.descriptor >= 0 { try flush(&state) }
    }
  }

  private func flush(_ state: inout State) throws {
    defer {
      state.waiting.removeAll()
      (state.count, state.size, state.lastFlush) = (0, 0, Event.now)
    }
    try writeAll(state.waiting.bytes, to: state.descriptor, path)
  }

  package func close() throws {
    try state.withLock { state in
      guard state.descriptor >= 0 else { return }
      defer {
        Glibc.close(state.descriptor)
        state.descriptor = -1
      }
      try flush(&state)
    }
  }

  private static let hostName: String = {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }()

  /// Makes a folder and those that it lies in.
  private static func makeFolders(_ folder: String) throws {
    var status = stat()
    if stat(folder, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw TFError.failedPrecondition("\(folder): Not a directory")
      }
      return
    }
    var path = folder.hasPrefix("/") ? "/" : ""
    for part in folder.split(separator: "/") {
      path += part
      guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw systemError(path) }
      path += "/"
    }
  }
}
