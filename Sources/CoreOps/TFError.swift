/// An error with TensorFlow's canonical code and a message that names the node and op it came from.
///
/// Follows `tf.errors.OpError`.
public struct TFError: Error, Sendable, Equatable, CustomStringConvertible {
  /// TensorFlow's canonical error codes (`tensorflow/core/protobuf/error_codes.proto`).
  public enum Code: String, Sendable, CaseIterable {
    case cancelled = "CANCELLED"
    case unknown = "UNKNOWN"
    case invalidArgument = "INVALID_ARGUMENT"
    case deadlineExceeded = "DEADLINE_EXCEEDED"
    case notFound = "NOT_FOUND"
    case alreadyExists = "ALREADY_EXISTS"
    case permissionDenied = "PERMISSION_DENIED"
    case resourceExhausted = "RESOURCE_EXHAUSTED"
    case failedPrecondition = "FAILED_PRECONDITION"
    case aborted = "ABORTED"
    case outOfRange = "OUT_OF_RANGE"
    case unimplemented = "UNIMPLEMENTED"
    case `internal` = "INTERNAL"
    case unavailable = "UNAVAILABLE"
    case dataLoss = "DATA_LOSS"
  }

  public var code: Code
  public var message: String
  /// The node that failed, where one did.
  public var node: String?
  /// The op type of that node.
  public var op: String?

  public init(_ code: Code, _ message: String, node: String? = nil, op: String? = nil) {
    self.code = code
    self.message = message
    self.node = node
    self.op = op
  }

  public static func invalidArgument(_ message: String) -> TFError {
    TFError(.invalidArgument, message)
  }
  public static func unimplemented(_ message: String) -> TFError {
    TFError(.unimplemented, message)
  }
  public static func failedPrecondition(_ message: String) -> TFError {
    TFError(.failedPrecondition, message)
  }
  public static func notFound(_ message: String) -> TFError { TFError(.notFound, message) }
  public static func outOfRange(_ message: String) -> TFError { TFError(.outOfRange, message) }
  public static func resourceExhausted(_ message: String) -> TFError {
    TFError(.resourceExhausted, message)
  }
  public static func `internal`(_ message: String) -> TFError { TFError(.internal, message) }

  /// The same error, said to come from `node`, unless it already names one.
  package func at(node: String?, op: String) -> TFError {
    guard self.op == nil else { return self }
    var error = self
    error.node = node
    error.op = op
    return error
  }

  public var description: String {
    let place =
      switch (node, op) {
      case (let node?, let op?): "node \(node) (\(op)): "
      case (nil, let op?): "\(op): "
      case (let node?, nil): "node \(node): "
      case (nil, nil): ""
      }
    let text = "\(code.rawValue): \(place)\(message)"
    // One line, also where a name or a message of TensorFlow's has several.
    return text.utf8.contains { $0 == 10 || $0 == 13 }
      ? text.split(whereSeparator: \.isNewline).joined(separator: " ") : text
  }
}

/// Throws an `INVALID_ARGUMENT` error with `message` unless `condition` holds.
@inline(__always)
package func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
  if !condition { throw TFError(.invalidArgument, message()) }
}
