import CoreOps

/// Reads the protocol buffer encoding field by field, never past the end.
package struct WireReader {
  private let bytes: UnsafeRawBufferPointer
  package private(set) var position = 0

  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private var broken: TFError { TFError(.dataLoss, "a broken field at byte \(position)") }

  package mutating func varint() throws -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<10 {
      guard position < bytes.count else { throw broken }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 127) << (7 * UInt64(index))
      if byte < 128 { return value }
    }
    throw broken
  }

  /// The next field's number and wire type; nil at the end.
  package mutating func tag() throws -> (number: Int, wireType: Int)? {
    if position == bytes.count { return nil }
    let tag = try varint()
    guard tag >> 3 > 0, tag >> 3 < 1 << 29 else { throw broken }
    return (Int(tag >> 3), Int(tag & 7))
  }

  package mutating func fixed32() throws -> UInt32 {
    guard bytes.count - position >= 4 else { throw broken }
    defer { position += 4 }
    return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
  }

  package mutating func fixed64() throws -> UInt64 {
    guard bytes.count - position >= 8 else { throw broken }
    defer { position += 8 }
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }

  package mutating func block() throws -> UnsafeRawBufferPointer {
    let count = try varint()
    guard count <= UInt64(bytes.count - position) else { throw broken }
    defer { position += Int(count) }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(count)])
  }

  package mutating func skip(_ wireType: Int) throws {
    switch wireType {
    case 0: _ = try varint()
    case 1: _ = try fixed64()
    case 2: _ = try block()
    case 5: _ = try fixed32()
    default: throw broken
    }
  }
}

/// Writes the protocol buffer encoding.
package struct WireWriter {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func varint(_ value: UInt64) {
    var value = value
    while value >= 128 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 128)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }

  package mutating func tag(_ number: Int, _ wireType: Int) {
    varint(UInt64(number) << 3 | UInt64(wireType))
  }

  package mutating func fixed32(_ value: UInt32) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  package mutating func fixed64(_ value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  package mutating func raw(_ content: some Collection<UInt8>) { bytes.append(contentsOf: content) }

  package mutating func block(_ content: [UInt8]) {
    varint(UInt64(content.count))
    bytes.append(contentsOf: content)
  }
}
