import CoreOps
import Glibc
public import V1Graph

/// `tf.logging`: messages for whoever runs the program, on standard error.
public enum V1Logging {
  /// How much a message matters, by the numbers that `tf.logging` has.
  public struct Level: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }

    var name: String {
      switch rawValue {
      case 10: "DEBUG"
      case 20: "INFO"
      case 30: "WARNING"
      case 40: "ERROR"
      case 50: "FATAL"
      default: "Level \(rawValue)"
      }
    }
  }

  public static let DEBUG = Level(rawValue: 10)
  public static let INFO = Level(rawValue: 20)
  public static let WARN = Level(rawValue: 30)
  public static let WARNING = WARN
  public static let ERROR = Level(rawValue: 40)
  public static let FATAL = Level(rawValue: 50)

  private struct State {
    var verbosity = WARN
    /// How often the messages that are not to be written each time came.
    var counts: [String: Int] = [:]
  }

  private static let state = Lock(State())
  /// Takes the lines of a task in place of standard error.
  @TaskLocal package static var sink: (@Sendable (String) -> Void)?

  /// The least level that is written. Follows `tf.compat.v1.logging.get_verbosity`.
  public static func getVerbosity() -> Level { state.withLock { $0.verbosity } }
  /// Follows `tf.compat.v1.logging.set_verbosity`.
  public static func setVerbosity(_ level: Level) { state.withLock { $0.verbosity = level } }

  /// Writes a message. Follows `tf.compat.v1.logging.log`.
  public static func log(_ level: Level, _ message: @autoclosure () -> String) {
    if let sink { return sink("\(level.name):tensorflow:\(message())") }
    guard level >= getVerbosity() else { return }
    let line = "\(level.name):tensorflow:\(message())\n"
    // One write to the descriptor keeps a line together, whatever other threads print.
    line.utf8.withContiguousStorageIfAvailable { _ = Glibc.write(2, $0.baseAddress, $0.count) }
      ?? Array(line.utf8).withUnsafeBytes { _ = Glibc.write(2, $0.baseAddress, $0.count) }
  }

  /// Follows `tf.compat.v1.logging.debug`.
  public static func debug(_ message: @autoclosure () -> String) { log(DEBUG, message()) }
  /// Follows `tf.compat.v1.logging.info`.
  public static func info(_ message: @autoclosure () -> String) { log(INFO, message()) }
  /// Follows `tf.compat.v1.logging.warning`.
  public static func warning(_ message: @autoclosure () -> String) { log(WARN, message()) }
  /// Follows `tf.compat.v1.logging.warn`.
  public static func warn(_ message: @autoclosure () -> String) { log(WARN, message()) }
  /// Follows `tf.compat.v1.logging.error`.
  public static func error(_ message: @autoclosure () -> String) { log(ERROR, message()) }
  /// Writes a message, and goes on. Follows `tf.compat.v1.logging.fatal`.
  public static func fatal(_ message: @autoclosure () -> String) { log(FATAL, message()) }

  /// Writes the message of this place each `n`th time. Follows
  /// `tf.compat.v1.logging.log_every_n`.
  public static func logEveryN(
    _ level: Level, _ message: @autoclosure () -> String, _ n: Int, file: String = #fileID,
    line: Int = #line
  ) {
    let count = next(file, line)
    if n > 0, count % n == 0 { log(level, message()) }
  }

  /// Writes the message of this place the first `n` times. Follows
  /// `tf.compat.v1.logging.log_first_n`.
  public static func logFirstN(
    _ level: Level, _ message: @autoclosure () -> String, _ n: Int, file: String = #fileID,
    line: Int = #line
  ) { if next(file, line) < n { log(level, message()) } }

  /// Follows `tf.compat.v1.logging.log_if`.
  public static func logIf(
    _ level: Level, _ message: @autoclosure () -> String, _ condition: Bool
  ) { if condition { log(level, message()) } }

  /// Nothing waits to be written. Follows `tf.compat.v1.logging.flush`.
  public static func flush() {}

  private static func next(_ file: String, _ line: Int) -> Int {
    state.withLock { state in
      let place = "\(file):\(line)"
      let count = state.counts[place] ?? 0
      state.counts[place] = count + 1
      return count
    }
  }
}

extension V1API { public typealias logging = V1Logging }
