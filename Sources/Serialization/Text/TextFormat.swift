package import CProtos
import CoreOps

/// Protocol buffer text format ⇄ the binary encoding, for any message whose schema protobuf-c has.
///
/// A field outside the schema is written under its number, as TensorFlow's printer does, and read
/// again.
package enum TextFormat {
  package typealias Schema = UnsafePointer<ProtobufCMessageDescriptor>
  package typealias Field = UnsafePointer<ProtobufCFieldDescriptor>
  static let deepest = 100

  /// The binary encoding of a message in text.
  ///
  /// - Throws: `INVALID_ARGUMENT` with line and column.
  package static func parse(_ text: String, as schema: Schema) throws -> [UInt8] {
    var parser = try TextParser(text)
    return try parser.message(schema, until: .end, depth: 0)
  }

  /// A message in text.
  ///
  /// - Throws: `DATA_LOSS` when `bytes` are not such a message.
  package static func print(_ bytes: [UInt8], as schema: Schema) throws -> String {
    try bytes.withUnsafeBytes {
      try ProtoArena.check(schema, $0)
      var printer = TextPrinter()
      try printer.message($0, schema, depth: 0)
      return String(decoding: printer.text, as: UTF8.self)
    }
  }

  /// Whether a file is more likely text than binary: it starts with a field's name, and a binary
  /// graph starts with a control character.
  package static func looksLikeText(_ bytes: [UInt8]) -> Bool {
    // A byte order mark is the text's own fault.
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { return true }
    let head = bytes.prefix(1024)
    guard let first = head.first(where: { $0 > 32 }) else { return false }
    return
      (first == UInt8(ascii: "#") || first == UInt8(ascii: "_")
      || (first | 32 >= UInt8(ascii: "a") && first | 32 <= UInt8(ascii: "z")))
      && head.allSatisfy { $0 >= 32 || (9...13).contains($0) }
  }
}

/// How a type is encoded.
enum WireForm {
  case varint, zigzag, fixed32, fixed64, bytes, message

  init(_ type: ProtobufCType) {
    switch type {
    case PROTOBUF_C_TYPE_SINT32, PROTOBUF_C_TYPE_SINT64: self = .zigzag
    case PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_FLOAT: self = .fixed32
    case PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_DOUBLE: self = .fixed64
    case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES: self = .bytes
    case PROTOBUF_C_TYPE_MESSAGE: self = .message
    default: self = .varint
    }
  }

  var wireType: Int {
    switch self {
    case .varint, .zigzag: 0
    case .fixed64: 1
    case .bytes, .message: 2
    case .fixed32: 5
    }
  }
}
