/// The bytes of a serialized message, read from front to back and never past their end.
///
/// It accepts what TensorFlow's parser of examples accepts, and gives nil for what it refuses: a
/// part that says it is longer than what is left ends there. Nothing is thrown or allocated, so
/// that a call costs some nanoseconds.
struct WireCursor {
  private(set) var next: UnsafePointer<UInt8>
  let end: UnsafePointer<UInt8>

  init(_ bytes: UnsafeRawBufferPointer) {
    next = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? Self.nothing
    end = next + bytes.count
  }

  init(_ next: UnsafePointer<UInt8>, count: Int) {
    self.next = next
    end = next + count
  }

  /// What an empty message points at.
  private static var nothing: UnsafePointer<UInt8> { UnsafePointer(bitPattern: 1)! }

  var isAtEnd: Bool { next == end }
  var count: Int { end - next }
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: next, count: count) }

  /// A number of up to ten bytes; bits past the 64th are dropped.
  @inline(__always)
  mutating func varint() -> UInt64? {
    guard next < end else { return nil }
    let byte = next.pointee
    if byte < 128 {
      next += 1
      return UInt64(byte)
    }
    return longVarint()
  }

  private mutating func longVarint() -> UInt64? {
    var value: UInt64 = 0
    for index in 0..<10 {
      guard next < end else { return nil }
      let byte = next.pointee
      next += 1
      value |= UInt64(byte & 127) << (7 &* UInt64(index))
      if byte < 128 { return value }
    }
    return nil
  }

  /// A length, of which 32 bits count.
  @inline(__always)
  mutating func length() -> Int? { varint().map { Int(UInt32(truncatingIfNeeded: $0)) } }

  /// Goes past a tag of one byte, if it comes next.
  @inline(__always)
  mutating func take(_ tag: UInt8) -> Bool {
    guard next < end, next.pointee == tag else { return false }
    next += 1
    return true
  }

  var peek: UInt8? { next < end ? next.pointee : nil }

  /// The part whose length comes next, or as much of it as there is. The cursor stays at its
  /// beginning.
  @inline(__always)
  mutating func part() -> WireCursor? {
    guard let length = length() else { return nil }
    return WireCursor(next, count: Swift.min(length > Int(Int32.max) ? .max : length, count))
  }

  /// Goes on where a part was left.
  @inline(__always)
  mutating func resume(after part: WireCursor) { next = part.next }

  /// The bytes whose length comes before them.
  @inline(__always)
  mutating func block() -> UnsafeRawBufferPointer? {
    guard let length = length(), length <= count else { return nil }
    let start = next
    next += length
    return UnsafeRawBufferPointer(start: start, count: length)
  }

  /// Goes past `length` bytes.
  @inline(__always)
  mutating func skip(_ length: Int) -> Bool {
    guard length <= count else { return false }
    next += length
    return true
  }

  /// Goes past a field that is not of the schema.
  ///
  /// - Returns: false for one that cannot be passed over, such as a group.
  mutating func skipField() -> Bool {
    guard let tag = varint() else { return false }
    switch tag & 7 {
    case 0: return varint() != nil
    case 1: return skip(8)
    case 2:
      guard let length = length() else { return false }
      // One that is too long ends with the message, and a negative one has no length.
      if length <= Int(Int32.max) { next += Swift.min(length, count) }
      return true
    case 5: return skip(4)
    default: return false
    }
  }
}
