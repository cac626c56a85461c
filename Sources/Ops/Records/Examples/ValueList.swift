import CoreOps

/// The values in a feature: what follows the tag of a `BytesList`, `FloatList` or `Int64List`.
///
/// Numbers stand one after the other behind one tag, or each behind its own.
enum ValueList {
  private static let packedTag: UInt8 = 10
  private static let floatTag: UInt8 = 13
  private static let varintTag: UInt8 = 8

  /// The dtype of a feature's values, by its first byte.
  static func dtype(tag: UInt8) -> DType? {
    switch tag {
    case 10: .string
    case 18: .float32
    case 26: .int64
    default: nil
    }
  }

  static func tag(_ dtype: DType) -> UInt8 {
    switch dtype {
    case .string: 10
    case .float32: 18
    default: 26
    }
  }

  /// How many values a list has; nil when it is broken.
  ///
  /// - Parameter isExact: whether a packed list of floats must have whole ones only.
  static func count(_ list: WireCursor, _ dtype: DType, isExact: Bool = false) -> Int? {
    switch dtype {
    case .float32: floatCount(list, isExact: isExact)
    case .int64: integerCount(list)
    default: stringCount(list)
    }
  }

  private static func floatCount(_ list: WireCursor, isExact: Bool) -> Int? {
    var list = list
    guard let tag = list.peek else { return 0 }
    if tag == packedTag {
      _ = list.take(packedTag)
      guard let length = list.length() else { return nil }
      if isExact {
        let size = min(length, list.count)
        return size % 4 == 0 ? size / 4 : nil
      }
      return length / 4 * 4 <= list.count ? length / 4 : nil
    }
    guard tag == floatTag, list.count % 5 == 0 else { return nil }
    return list.count / 5
  }

  private static func integerCount(_ list: WireCursor) -> Int? {
    var list = list
    guard let tag = list.peek else { return 0 }
    guard tag == packedTag else {
      var count = 0
      while !list.isAtEnd {
        guard list.take(varintTag), list.varint() != nil else { return nil }
        count &+= 1
      }
      return count
    }
    _ = list.take(packedTag)
    guard let values = list.part() else { return nil }
    if values.isAtEnd { return 0 }
    // The last byte of each number has no upper bit.
    guard values.end[-1] < 128 else { return nil }
    var count = 0
    for byte in values.bytes { count &+= Int(~byte >> 7) }
    return count
  }

  private static func stringCount(_ list: WireCursor) -> Int? {
    var list = list
    var count = 0
    while !list.isAtEnd {
      guard list.take(packedTag), let length = list.length(), list.skip(length) else { return nil }
      count &+= 1
    }
    return count
  }

  /// Writes the floats of a list.
  ///
  /// - Parameter room: how many there is room for; what is past it is counted only.
  /// - Returns: how many there are; nil when the list is broken.
  static func floats(
    _ list: WireCursor, into target: UnsafeMutablePointer<Float>, room: Int
  ) -> Int? {
    guard let count = floatCount(list, isExact: false) else { return nil }
    var list = list
    let written = min(count, room)
    if written == 0 { return count }
    if list.take(packedTag) {
      _ = list.length()
      UnsafeMutableRawPointer(target).copyMemory(from: list.next, byteCount: written &* 4)
      return count
    }
    for index in 0..<count {
      guard list.take(floatTag) else { return nil }
      if index < room {
        target[index] = UnsafeRawPointer(list.next).loadUnaligned(as: Float.self)
      }
      guard list.skip(4) else { return nil }
    }
    return count
  }

  /// As `floats`, for integers.
  static func integers(
    _ list: WireCursor, into target: UnsafeMutablePointer<Int64>, room: Int
  ) -> Int? {
    var list = list
    guard let tag = list.peek else { return 0 }
    var count = 0
    if tag == packedTag {
      _ = list.take(packedTag)
      guard var values = list.part() else { return nil }
      while !values.isAtEnd {
        guard let value = values.varint() else { return nil }
        if count < room { target[count] = Int64(bitPattern: value) }
        count &+= 1
      }
      return count
    }
    while !list.isAtEnd {
      guard list.take(varintTag), let value = list.varint() else { return nil }
      if count < room { target[count] = Int64(bitPattern: value) }
      count &+= 1
    }
    return count
  }

  /// Appends the strings of a list.
  ///
  /// - Returns: how many there are; nil when the list is broken.
  /// - Throws: `RESOURCE_EXHAUSTED`.
  static func strings(_ list: WireCursor, into target: StringBuilder) throws -> Int? {
    var list = list
    var count = 0
    while !list.isAtEnd {
      guard list.take(packedTag), let bytes = list.block() else { return nil }
      try target.append(bytes)
      count &+= 1
    }
    return count
  }
}
