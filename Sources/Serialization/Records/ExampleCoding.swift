import CoreOps

/// Reads examples as the protocol buffer library does: fields in any order, numbers packed or not,
/// parts of one message that stand apart, fields that the schema does not have.
enum ExampleDecoder {
  /// The features in field `context` and the lists in field `lists` of a message.
  static func example(_ bytes: UnsafeRawBufferPointer, context: Int, lists: Int = 0) throws
    -> (context: TrainFeatures, lists: TrainFeatureLists)
  {
    var features: [String: TrainFeature] = [:]
    var sequences: [String: TrainFeatureList] = [:]
    try fields(bytes) { number, reader in
      switch number {
      case context:
        try map(reader.block()) { features[$0] = try feature($1) }
      case lists:
        try map(reader.block()) { sequences[$0] = try featureList($1) }
      default: return false
      }
      return true
    }
    return (TrainFeatures(feature: features), TrainFeatureLists(featureList: sequences))
  }

  /// Calls `body` for the fields that have a length; it says whether it read the field.
  private static func fields(
    _ bytes: UnsafeRawBufferPointer, _ body: (Int, inout WireReader) throws -> Bool
  ) throws {
    var reader = WireReader(bytes)
    while let tag = try reader.tag() {
      if tag.wireType == 2, try body(tag.number, &reader) { continue }
      try reader.skip(tag.wireType)
    }
  }

  /// Calls `body` for the entries of a map, which are its field 1.
  private static func map(
    _ bytes: UnsafeRawBufferPointer, _ body: (String, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try fields(bytes) { number, reader in
      guard number == 1 else { return false }
      var key = ""
      // A value that stands twice is one of two parts.
      var values: [UnsafeRawBufferPointer] = []
      try fields(reader.block()) { number, entry in
        switch number {
        case 1:
          guard let text = String(validating: try entry.block(), as: UTF8.self) else {
            throw TFError.invalidArgument("a key is not valid UTF-8")
          }
          key = text
        case 2: values.append(try entry.block())
        default: return false
        }
        return true
      }
      if values.count > 1 {
        try Array(values.joined()).withUnsafeBytes { try body(key, $0) }
      } else {
        try body(key, values.first ?? UnsafeRawBufferPointer(start: nil, count: 0))
      }
      return true
    }
  }

  private static func featureList(_ bytes: UnsafeRawBufferPointer) throws -> TrainFeatureList {
    var list: [TrainFeature] = []
    try fields(bytes) { number, reader in
      guard number == 1 else { return false }
      list.append(try feature(reader.block()))
      return true
    }
    return TrainFeatureList(feature: list)
  }

  private static func feature(_ bytes: UnsafeRawBufferPointer) throws -> TrainFeature {
    var feature = TrainFeature()
    try fields(bytes) { number, reader in
      // Lists of one kind are joined; one of another kind takes the place of those before.
      switch number {
      case 1: feature.kind = .bytes(feature.bytesList.value + (try strings(reader.block())))
      case 2: feature.kind = .floats(feature.floatList.value + (try floats(reader.block())))
      case 3: feature.kind = .int64s(feature.int64List.value + (try integers(reader.block())))
      default: return false
      }
      return true
    }
    return feature
  }

  private static func strings(_ bytes: UnsafeRawBufferPointer) throws -> [[UInt8]] {
    var values: [[UInt8]] = []
    try fields(bytes) { number, reader in
      guard number == 1 else { return false }
      values.append(Array(try reader.block()))
      // A string takes more room than the two bytes that it may be.
      if values.count & 1023 == 0 { try MemoryLimit.room(for: values.count * 48) }
      return true
    }
    return values
  }

  private static func floats(_ bytes: UnsafeRawBufferPointer) throws -> [Float] {
    var values: [Float] = []
    try numbers(bytes, 5) { values.append(Float(bitPattern: try $0.fixed32())) }
    return values
  }

  private static func integers(_ bytes: UnsafeRawBufferPointer) throws -> [Int64] {
    var values: [Int64] = []
    try numbers(bytes, 0) { values.append(Int64(bitPattern: try $0.varint())) }
    return values
  }

  /// Calls `read` for each number of a list's field 1.
  private static func numbers(
    _ bytes: UnsafeRawBufferPointer, _ wireType: Int, _ read: (inout WireReader) throws -> Void
  ) throws {
    var reader = WireReader(bytes)
    while let tag = try reader.tag() {
      switch (tag.number, tag.wireType) {
      case (1, wireType): try read(&reader)
      case (1, 2):
        let block = try reader.block()
        var values = WireReader(block)
        while values.position < block.count { try read(&values) }
      default: try reader.skip(tag.wireType)
      }
    }
  }
}

/// Writes examples.
package enum ExampleEncoder {
  /// A field with a length.
  static func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
    var writer = WireWriter()
    writer.tag(number, 2)
    writer.block(content)
    return writer.bytes
  }

  static func bytes(_ features: TrainFeatures) -> [UInt8] {
    map(features.feature) { bytes($0) }
  }

  static func bytes(_ lists: TrainFeatureLists) -> [UInt8] {
    map(lists.featureList) { list in list.feature.flatMap { field(1, bytes($0)) } }
  }

  private static func map<V>(_ values: [String: V], _ encode: (V) -> [UInt8]) -> [UInt8] {
    let entries = values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    return entries.flatMap { field(1, field(1, Array($0.key.utf8)) + field(2, encode($0.value))) }
  }

  private static func bytes(_ feature: TrainFeature) -> [UInt8] {
    switch feature.kind {
    case nil: []
    case .bytes(let values): field(1, values.flatMap { field(1, $0) })
    case .floats(let values): field(2, packed(values) { $0.fixed32($1.bitPattern) })
    case .int64s(let values): field(3, packed(values) { $0.varint(UInt64(bitPattern: $1)) })
    }
  }

  private static func packed<V>(_ values: [V], _ write: (inout WireWriter, V) -> Void) -> [UInt8] {
    if values.isEmpty { return [] }
    var writer = WireWriter()
    for value in values { write(&writer, value) }
    return field(1, writer.bytes)
  }
}
