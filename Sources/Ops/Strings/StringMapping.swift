import CoreOps

extension Tensor {
  /// A string tensor of the same shape.
  ///
  /// - Parameter write: writes the element that comes of one; it does not end it.
  /// - Throws: what `write` throws; `CANCELLED` or `DEADLINE_EXCEEDED` when the run is to end;
  ///   `RESOURCE_EXHAUSTED` when the strings would pass the memory limit.
  func mappingStrings(
    _ write: (UnsafeRawBufferPointer, StringBuilder) throws -> Void
  ) throws -> Tensor {
    let source = strings
    let builder = try StringBuilder(count: source.count, byteCount: source.byteCount)
    var pace = Pace()
    for element in source {
      try pace.step(element.count + 1)
      try element.withBytes { try write($0, builder) }
      try builder.endElement()
    }
    return Tensor(strings: try builder.finish(), dims: dims)
  }

  /// A tensor of numbers of the same shape.
  func mappingStrings<T: TensorScalar>(
    to _: T.Type, _ value: (UnsafeRawBufferPointer) throws -> T
  ) throws -> Tensor {
    let result = try Tensor.uninitialized(T.dtype, dims)
    let elements = result.elements(T.self)
    var pace = Pace()
    for (index, element) in strings.enumerated() {
      try pace.step(element.count + 1)
      elements[index] = try element.withBytes(value)
    }
    return result
  }
}

/// Bytes of ASCII text.
enum ASCII {
  /// Blanks as C's `isspace` has them.
  static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (byte >= 9 && byte <= 13) }

  /// Without the blanks at both ends.
  static func trimmed(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var (start, end) = (0, text.count)
    while start < end, isBlank(text[start]) { start += 1 }
    while end > start, isBlank(text[end - 1]) { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: text[start..<end])
  }
}

/// Characters of UTF-8 text, told by their first bytes, as TensorFlow counts them.
enum UTF8Characters {
  static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xc0 == 0x80 }

  static func count(_ text: UnsafeRawBufferPointer) -> Int {
    text.reduce(0) { isContinuation($1) ? $0 : $0 + 1 }
  }

  /// Where the character after that at `position` begins.
  static func next(_ text: UnsafeRawBufferPointer, _ position: Int) -> Int {
    var next = position + 1
    while next < text.count, isContinuation(text[next]) { next += 1 }
    return min(next, text.count)
  }
}
