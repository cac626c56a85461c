import CoreOps
import Glibc
public import V1Graph

/// What a flag of the command line can hold.
public protocol FlagType: Sendable {
  /// - Throws: `INVALID_ARGUMENT` for a text that is no such value.
  static func parseFlag(_ text: String) throws -> Self
}

extension String: FlagType {
  public static func parseFlag(_ text: String) -> String { text }
}

extension Int: FlagType {
  public static func parseFlag(_ text: String) throws -> Int {
    let trimmed = text.filter { !$0.isWhitespace }
    if trimmed.hasPrefix("0x"), let value = Int(trimmed.dropFirst(2), radix: 16) { return value }
    guard let value = Int(trimmed) else {
      throw TFError.invalidArgument("invalid literal for int() with base 10: '\(text)'")
    }
    return value
  }
}

extension Double: FlagType {
  public static func parseFlag(_ text: String) throws -> Double {
    guard let value = Double(text.filter { !$0.isWhitespace }) else {
      throw TFError.invalidArgument("could not convert string to float: '\(text)'")
    }
    return value
  }
}

extension Bool: FlagType {
  public static func parseFlag(_ text: String) throws -> Bool {
    switch text.lowercased() {
    case "true", "t", "1": return true
    case "false", "f", "0": return false
    default:
      throw TFError.invalidArgument("('Non-boolean argument to boolean flag', '\(text)')")
    }
  }
}

extension Array: FlagType where Element == String {
  public static func parseFlag(_ text: String) -> [String] {
    text.isEmpty
      ? []
      : text.split(separator: ",", omittingEmptySubsequences: false).map { part in
        String(part.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
      }
  }
}

extension Optional: FlagType where Wrapped: FlagType {
  public static func parseFlag(_ text: String) throws -> Wrapped? { try Wrapped.parseFlag(text) }
}

/// The flags of a program, and what the command line gave for them. Follows
/// `tf.compat.v1.flags.FLAGS`.
///
///     let rate: Double = try tf.flags.FLAGS.learning_rate
@dynamicMemberLookup
public final class FlagValues: Sendable {
  struct Flag: Sendable {
    let help: String
    let isBool: Bool
    let choices: [String]?
    let standard: (any Sendable)?
    var value: (any Sendable)?
    let parse: @Sendable (String) throws -> any Sendable
    var isRequired = false
  }

  private struct State {
    var flags: [String: Flag] = [:]
    var order: [String] = []
    var isParsed = false
  }

  private let state = Lock(State())

  public init() {}

  func define<T: FlagType>(
    _ name: String, _ standard: T?, _ help: String, choices: [String]? = nil,
    isBool: Bool = false
  ) throws {
    try state.withLock { state in
      if let known = state.flags[name] {
        throw TFError(
          .alreadyExists,
          """
          The flag '\(name)' is defined twice. Description from first occurrence: \(known.help)
          """)
      }
      state.order.append(name)
      state.flags[name] = Flag(
        help: help, isBool: isBool, choices: choices, standard: standard, value: standard,
        parse: { try T.parseFlag($0) })
    }
  }

  /// Has the program refuse to run without a value for a flag. Follows
  /// `tf.compat.v1.flags.mark_flag_as_required`.
  func markRequired(_ name: String) throws {
    try state.withLock { state in
      guard state.flags[name] != nil else { throw Self.unknown(name, state.order) }
      state.flags[name]?.isRequired = true
    }
  }

  /// Reads the flags of a command line. Follows calling `FLAGS(argv)`.
  ///
  /// - Parameter arguments: with the program's name first.
  /// - Returns: what is no flag, with the program's name first.
  /// - Throws: `INVALID_ARGUMENT` in the words of absl.
  @discardableResult
  public func parse(_ arguments: [String]) throws -> [String] {
    var rest = Array(arguments.prefix(1))
    var index = 1
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      if argument == "--" {
        rest += arguments[index...]
        break
      }
      guard argument.hasPrefix("-"), argument.count > 1 else {
        rest.append(argument)
        continue
      }
      let body = argument.drop { $0 == "-" }
      let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      var name = String(parts[0])
      var value = parts.count > 1 ? String(parts[1]) : nil
      var flag = state.withLock { $0.flags[name] }
      if flag == nil, name.hasPrefix("no"), value == nil,
        let negated = state.withLock({ $0.flags[String(name.dropFirst(2))] }), negated.isBool
      {
        name = String(name.dropFirst(2))
        flag = negated
        value = "false"
      }
      guard let flag else { throw Self.unknown(name, state.withLock { $0.order }) }
      if value == nil {
        if flag.isBool {
          value = "true"
        } else {
          guard index < arguments.count else {
            throw TFError.invalidArgument("Missing value for flag \(argument)")
          }
          value = arguments[index]
          index += 1
        }
      }
      try set(name, value ?? "")
    }
    try state.withLock { state in
      state.isParsed = true
      for name in state.order where state.flags[name]?.isRequired == true {
        guard state.flags[name]?.value == nil else { continue }
        throw TFError.invalidArgument(
          "flag --\(name)=None: Flag --\(name) must have a value other than None.")
      }
    }
    return rest
  }

  private func set(_ name: String, _ text: String) throws {
    try state.withLock { state in
      guard let flag = state.flags[name] else { throw Self.unknown(name, state.order) }
      do {
        if let choices = flag.choices, !choices.contains(text) {
          throw TFError.invalidArgument(
            "value should be one of <\(choices.joined(separator: "|"))>")
        }
        state.flags[name]?.value = try flag.parse(text)
      } catch let error as TFError {
        throw TFError.invalidArgument("flag --\(name)=\(text): \(error.message)")
      }
    }
  }

  private static func unknown(_ name: String, _ known: [String]) -> TFError {
    let near = known.filter { $0.hasPrefix(name) || name.hasPrefix($0) }.sorted()
    return .invalidArgument(
      "Unknown command line flag '\(name)'"
        + (near.isEmpty ? "" : ". Did you mean: \(near.joined(separator: ", ")) ?"))
  }

  /// The value of a flag, which is read off the command line of the process when the first is asked
  /// for.
  ///
  /// - Throws: `NOT_FOUND` for a flag that was not defined, `INVALID_ARGUMENT` for one of another
  ///   type, and as `parse`.
  public func value<T: Sendable>(_ name: String, as _: T.Type = T.self) throws -> T {
    if !state.withLock({ $0.isParsed }) { try parse(CommandLine.arguments) }
    return try state.withLock { state in
      guard let flag = state.flags[name] else {
        throw TFError.notFound("flag '\(name)' was not defined")
      }
      if let value = flag.value as? T { return value }
      if let value = flag.value as? Double, let value = Float(value) as? T { return value }
      throw TFError.invalidArgument(
        """
        flag --\(name) is \(flag.value.map { "\($0)" } ?? "None"), which is no \(T.self)
        """)
    }
  }

  public subscript<T: Sendable>(dynamicMember name: String) -> T {
    get throws { try value(name) }
  }

  /// Whether a flag was defined.
  public func contains(_ name: String) -> Bool { state.withLock { $0.flags[name] != nil } }

  /// Sets a flag as a test or program wants it. Follows assigning to `FLAGS.name`.
  ///
  /// - Throws: `NOT_FOUND` for a flag that was not defined.
  public func setValue(_ name: String, _ value: some FlagType) throws {
    try state.withLock { state in
      guard state.flags[name] != nil else {
        throw TFError.notFound("flag '\(name)' was not defined")
      }
      state.flags[name]?.value = value
    }
  }

  /// A line per flag: its name, what it is for and what it is without a value.
  public var helpText: String {
    state.withLock { state in
      state.order.sorted().map { name in
        let flag = state.flags[name]!
        let standard = flag.standard.map { " (default: \($0))" } ?? ""
        return "  --\(flag.isBool ? "[no]" : "")\(name): \(flag.help)\(standard)"
      }.joined(separator: "\n")
    }
  }

  /// Forgets what the command line gave. Follows `FLAGS.unparse_flags`.
  public func unparse() {
    state.withLock { state in
      state.isParsed = false
      for (name, flag) in state.flags { state.flags[name]?.value = flag.standard }
    }
  }
}

/// A flag that was defined. Follows what `tf.compat.v1.flags.DEFINE_…` give.
public struct FlagHolder<Value: Sendable>: Sendable {
  public let name: String
  let values: FlagValues

  /// - Throws: as `FlagValues.value`.
  public var value: Value { get throws { try values.value(name) } }
}

/// `tf.flags` and `tf.app.flags`.
public enum V1Flags {
  /// The flags of the program.
  public static let FLAGS = FlagValues()

  private static func define<T: FlagType>(
    _ name: String, _ standard: T?, _ help: String, _ values: FlagValues?,
    choices: [String]? = nil, isBool: Bool = false
  ) throws -> FlagHolder<T> {
    let values = values ?? FLAGS
    try values.define(name, standard, help, choices: choices, isBool: isBool)
    return FlagHolder(name: name, values: values)
  }

  /// Defines a flag. Follows `tf.compat.v1.flags.DEFINE_string`.
  ///
  /// - Parameters:
  ///   - name: of the flag, without dashes.
  ///   - default: its value where the command line gives none; nil for none.
  ///   - help: what it is for.
  ///   - flagValues: where it is defined; nil for the flags of the program.
  /// - Throws: `ALREADY_EXISTS` for a name that is taken.
  @discardableResult
  public static func defineString(
    _ name: String, _ default: String?, _ help: String = "", flagValues: FlagValues? = nil
  ) throws -> FlagHolder<String> { try define(name, `default`, help, flagValues) }

  /// Follows `tf.compat.v1.flags.DEFINE_integer`.
  @discardableResult
  public static func defineInteger(
    _ name: String, _ default: Int?, _ help: String = "", flagValues: FlagValues? = nil
  ) throws -> FlagHolder<Int> { try define(name, `default`, help, flagValues) }

  /// Follows `tf.compat.v1.flags.DEFINE_float`.
  @discardableResult
  public static func defineFloat(
    _ name: String, _ default: Double?, _ help: String = "", flagValues: FlagValues? = nil
  ) throws -> FlagHolder<Double> { try define(name, `default`, help, flagValues) }

  /// Defines a flag that `--name` sets and `--noname` clears. Follows
  /// `tf.compat.v1.flags.DEFINE_boolean`.
  @discardableResult
  public static func defineBoolean(
    _ name: String, _ default: Bool?, _ help: String = "", flagValues: FlagValues? = nil
  ) throws -> FlagHolder<Bool> { try define(name, `default`, help, flagValues, isBool: true) }

  /// Follows `tf.compat.v1.flags.DEFINE_bool`.
  @discardableResult
  public static func defineBool(
    _ name: String, _ default: Bool?, _ help: String = "", flagValues: FlagValues? = nil
  ) throws -> FlagHolder<Bool> {
    try defineBoolean(name, `default`, help, flagValues: flagValues)
  }

  /// Defines a flag that takes one of some texts. Follows `tf.compat.v1.flags.DEFINE_enum`.
  @discardableResult
  public static func defineEnum(
    _ name: String, _ default: String?, _ enumValues: [String], _ help: String = "",
    flagValues: FlagValues? = nil
  ) throws -> FlagHolder<String> {
    try define(name, `default`, help, flagValues, choices: enumValues)
  }

  /// Defines a flag whose value is split at commas. Follows `tf.compat.v1.flags.DEFINE_list`.
  @discardableResult
  public static func defineList(
    _ name: String, _ default: [String]?, _ help: String = "", flagValues: FlagValues? = nil
  ) throws -> FlagHolder<[String]> { try define(name, `default`, help, flagValues) }

  /// Has the program refuse to run without a value. Follows
  /// `tf.compat.v1.flags.mark_flag_as_required`.
  public static func markFlagAsRequired(_ name: String, flagValues: FlagValues? = nil) throws {
    try (flagValues ?? FLAGS).markRequired(name)
  }
}

/// `tf.app`.
public enum V1App {
  public typealias flags = V1Flags

  /// Reads the flags, runs the program and ends the process. Follows `tf.compat.v1.app.run`.
  ///
  /// - Parameters:
  ///   - argv: nil for the command line of the process.
  ///   - main: is given what is no flag, with the program's name first.
  public static func run(argv: [String]? = nil, _ main: ([String]) throws -> Void) -> Never {
    exit(status(argv ?? CommandLine.arguments, V1Flags.FLAGS, main))
  }

  /// What the process ends with: 0, 1 for an error of the program, 2 for a wrong command line.
  package static func status(
    _ arguments: [String], _ flags: FlagValues, _ main: ([String]) throws -> Void
  ) -> Int32 {
    let rest: [String]
    do { rest = try flags.parse(arguments) } catch {
      let text = (error as? TFError)?.message ?? "\(error)"
      V1Logging.log(V1Logging.FATAL, "Flags parsing error: \(text)")
      return 2
    }
    do { try main(rest) } catch {
      V1Logging.log(V1Logging.FATAL, "\(error)")
      return 1
    }
    return 0
  }
}

extension V1API {
  public typealias flags = V1Flags
  public typealias app = V1App
}
