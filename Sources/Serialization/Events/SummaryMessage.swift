import CoreOps

/// `tensorflow.Summary`, a list of tagged values, put together field by field.
package struct SummaryMessage {
  private var writer = WireWriter()

  package init() {}

  package var bytes: [UInt8] { writer.bytes }

  /// Adds a value.
  ///
  /// - Parameter write: writes its fields after the tag, with rising numbers.
  package mutating func add(
    tag: [UInt8] = [], _ write: (inout WireWriter) throws -> Void
  ) rethrows {
    var value = WireWriter()
    if !tag.isEmpty {
      value.tag(1, 2)
      value.block(tag)
    }
    try write(&value)
    add(value: value.bytes)
  }

  private mutating func add(value: [UInt8]) {
    writer.tag(1, 2)
    writer.block(value)
  }

  /// Adds the values of another message.
  ///
  /// - Parameter tags: those that are there already; the message's are added.
  /// - Throws: `INVALID_ARGUMENT`, in TensorFlow's words, for bytes that are no message, and for a
  ///   tag that is there.
  package mutating func merge(_ message: [UInt8], _ tags: inout Set<[UInt8]>) throws {
    let broken = TFError.invalidArgument("Could not parse one of the summary inputs")
    guard let fields = try? splitFields(message) else { throw broken }
    for field in fields where field.number == 1 {
      guard field.wireType == 2, let parts = Self.value(field.content) else { throw broken }
      let tag = parts.last { $0.number == 1 }.map(\.content) ?? []
      if !tag.isEmpty, !tags.insert(tag).inserted {
        throw TFError.invalidArgument(
          "Duplicate tag \(String(decoding: tag, as: UTF8.self)) found in summary inputs ")
      }
      var value = WireWriter()
      for part in parts {
        value.tag(part.number, part.wireType)
        value.raw(part.bytes)
      }
      add(value: value.bytes)
    }
  }

  /// The message without the metadata of tags that had theirs before.
  ///
  /// - Parameter tags: those; the message's are added.
  /// - Throws: `DATA_LOSS` for bytes that are no message.
  package static func withoutKnownMetadata(
    _ message: [UInt8], _ tags: inout Set<[UInt8]>
  ) throws -> [UInt8] {
    guard isValid(message) else { throw TFError(.dataLoss, "not a valid Summary message") }
    var writer = WireWriter()
    for field in try splitFields(message) {
      writer.tag(field.number, field.wireType)
      guard field.number == 1, var parts = value(field.content) else {
        writer.raw(field.bytes)
        continue
      }
      let tag = parts.last { $0.number == 1 }.map(\.content) ?? []
      if parts.contains(where: { $0.number == 9 }), !tags.insert(tag).inserted {
        parts.removeAll { $0.number == 9 }
      }
      var value = WireWriter()
      for part in parts {
        value.tag(part.number, part.wireType)
        value.raw(part.bytes)
      }
      writer.block(value.bytes)
    }
    return writer.bytes
  }

  /// Whether bytes are such a message.
  package static func isValid(_ message: [UInt8]) -> Bool {
    guard let fields = try? splitFields(message) else { return false }
    return fields.allSatisfy {
      $0.number != 1 || ($0.wireType == 2 && value($0.content) != nil)
    }
  }

  /// `tensorflow.SummaryMetadata` as it is written: ordered, and without what is empty.
  ///
  /// - Returns: nothing for bytes that are no message.
  package static func metadata(_ bytes: [UInt8]) -> [UInt8] {
    guard let fields = try? splitFields(bytes) else { return [] }
    var writer = WireWriter()
    for field in fields.sorted(by: { $0.number < $1.number })
    where field.number == 1 || field.bytes != [0] {
      writer.tag(field.number, field.wireType)
      guard field.number == 1, field.wireType == 2,
        let parts = try? splitFields(field.content)
      else {
        writer.raw(field.bytes)
        continue
      }
      // The plugin's name and data.
      var plugin = WireWriter()
      for part in parts where part.bytes != [0] {
        plugin.tag(part.number, part.wireType)
        plugin.raw(part.bytes)
      }
      writer.block(plugin.bytes)
    }
    return writer.bytes
  }

  /// The wire types of a value's fields.
  private static let wireTypes = [1: 2, 2: 5, 3: 2, 4: 2, 5: 2, 6: 2, 7: 2, 8: 2, 9: 2]
  /// The fields of which a value has one.
  private static let contents: Set<Int> = [2, 3, 4, 5, 6, 8]

  /// The fields of a value as they are written: ordered, of each the last; nil when the bytes are
  /// no value.
  private static func value(_ bytes: [UInt8]) -> [UnknownField]? {
    guard let fields = try? splitFields(bytes) else { return nil }
    var known: [Int: UnknownField] = [:]
    var unknown: [UnknownField] = []
    for field in fields {
      guard let wireType = wireTypes[field.number] else {
        unknown.append(field)
        continue
      }
      guard wireType == field.wireType else { return nil }
      // Texts are UTF-8, and messages are made of fields.
      if field.number == 1 || field.number == 7 {
        guard String(validating: field.content, as: UTF8.self) != nil else { return nil }
      } else if wireType == 2, field.number != 3 {
        guard (try? splitFields(field.content)) != nil else { return nil }
      }
      if contents.contains(field.number) {
        for other in contents { known[other] = nil }
      }
      known[field.number] = field
    }
    return known.keys.sorted().compactMap { known[$0] } + unknown
  }
}
