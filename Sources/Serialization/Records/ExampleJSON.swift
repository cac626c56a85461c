import CoreOps

/// Turns JSON into serialized `tf.train.Example`s, by the protocol buffer library's mapping.
///
/// As that library does, it takes names in either spelling, numbers in quotes, single quotes, keys
/// without quotes and commas at the end of lists.
package struct ExampleJSON {
  private var lexer: JSONLexer

  /// The serialized example that a text describes.
  ///
  /// - Throws: `INVALID_ARGUMENT` with the place of what is wrong.
  package static func serialized(_ text: UnsafeRawBufferPointer) throws -> [UInt8] {
    var reader = ExampleJSON(lexer: JSONLexer(text))
    let bytes = try reader.example()
    try reader.lexer.expectEnd()
    return bytes
  }

  /// The fields of an object, each read by what `field` says of its name.
  ///
  /// - Parameter field: reads the value and gives the bytes that stand for it; nil where there is
  ///   no such field.
  private mutating func object(
    _ field: (inout ExampleJSON, String) throws -> [UInt8]?
  ) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try lexer.expect("{")
    while try !lexer.take("}") {
      let name = try lexer.name()
      try lexer.expect(":")
      guard let value = try field(&self, name) else {
        throw lexer.error("no such field: '\(name)'")
      }
      bytes += value
      if try lexer.take("}") { break }
      try lexer.expect(",")
    }
    return bytes
  }

  private mutating func example() throws -> [UInt8] {
    var isSet = false
    return try object { reader, name in
      guard name == "features" else { return nil }
      if reader.lexer.takeNull() { return [] }
      if isSet { throw reader.lexer.error("'features' has already been set") }
      isSet = true
      return ExampleEncoder.field(1, try reader.features())
    }
  }

  private mutating func features() throws -> [UInt8] {
    try object { reader, name in
      guard name == "feature" else { return nil }
      if reader.lexer.takeNull() { return [] }
      var keys: Set<String> = []
      return try reader.object { reader, key in
        guard keys.insert(key).inserted else {
          throw reader.lexer.error("got unexpectedly-repeated repeated map key: '\(key)'")
        }
        let entry = ExampleEncoder.field(1, Array(key.utf8))
        if reader.lexer.takeNull() { return ExampleEncoder.field(1, entry) }
        return ExampleEncoder.field(1, entry + ExampleEncoder.field(2, try reader.feature()))
      }
    }
  }

  private mutating func feature() throws -> [UInt8] {
    var isSet = false
    return try object { reader, name in
      let number: Int
      switch name {
      case "bytesList", "bytes_list": number = 1
      case "floatList", "float_list": number = 2
      case "int64List", "int64_list": number = 3
      default: return nil
      }
      if reader.lexer.takeNull() { return [] }
      if isSet { throw reader.lexer.error("the values of the feature have already been set") }
      isSet = true
      return ExampleEncoder.field(
        number,
        try reader.object { reader, name in
          guard name == "value" else { return nil }
          if reader.lexer.takeNull() { return [] }
          var writer = WireWriter()
          try reader.values(number, depth: 0, &writer)
          return writer.bytes
        })
    }
  }

  /// A value, or a list of values and lists.
  private mutating func values(_ kind: Int, depth: Int, _ writer: inout WireWriter) throws {
    guard try lexer.take("[") else { return try value(kind, &writer) }
    guard depth < 100 else { throw lexer.error("JSON content was too deeply nested") }
    while try !lexer.take("]") {
      try values(kind, depth: depth + 1, &writer)
      if try lexer.take("]") { break }
      try lexer.expect(",")
    }
  }

  private mutating func value(_ kind: Int, _ writer: inout WireWriter) throws {
    let isNull = lexer.takeNull()
    switch kind {
    case 1:
      let bytes = isNull ? [] : try lexer.base64()
      writer.tag(1, 2)
      writer.block(bytes)
    case 2:
      let value = isNull ? 0 : try lexer.float()
      writer.tag(1, 5)
      writer.fixed32(value.bitPattern)
    default:
      let value = isNull ? 0 : try lexer.integer()
      writer.tag(1, 0)
      writer.varint(UInt64(bitPattern: Int64(value)))
    }
  }
}
