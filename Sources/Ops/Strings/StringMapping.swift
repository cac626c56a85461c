import CKernels
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
    try source.withElements { source in
      for index in 0..<source.count {
        let element = source[index]
        try pace.step(element.count + 1)
        try write(element, builder)
        try builder.endElement()
      }
    }
    return Tensor(strings: try builder.finish(), dims: dims)
  }

  /// A tensor of numbers of the same shape.
  @inline(__always)
  func mappingStrings<T: TensorScalar>(
    to _: T.Type, _ value: (UnsafeRawBufferPointer) throws -> T
  ) throws -> Tensor {
    let result = try Tensor.uninitialized(T.dtype, dims)
    let target = result.elements(T.self)
    var pace = Pace()
    try strings.withElements { source in
      for index in 0..<source.count {
        let element = source[index]
        try pace.step(element.count + 1)
        target[index] = try value(element)
      }
    }
    return result
  }

  /// The same on several threads, where there are many bytes.
  ///
  /// - Throws: `CANCELLED` or `DEADLINE_EXCEEDED` when the run is to end; `RESOURCE_EXHAUSTED`.
  @inline(__always)
  func mappingStringsInParts<T: TensorScalar>(
    to _: T.Type, _ value: (UnsafeRawBufferPointer) -> T
  ) throws -> Tensor {
    let result = try Tensor.uninitialized(T.dtype, dims)
    let target = result.elements(T.self)
    strings.withElements { source in
      StringParts.run(source) { range in
        for index in range { target[index] = value(source[index]) }
      }
    }
    try Cancellation.checkKernel()
    return result
  }
}

/// Loops over the elements of string tensors on several threads.
enum StringParts {
  /// The bytes, and as many more for each element, that are worth a thread.
  private static let grain = 1 << 16
  private static let perElement = 16

  /// Calls `body` for the parts of all elements; for not all when the run is to end.
  static func run(_ strings: StringElements, _ body: (Range<Int>) -> Void) {
    withJob(body) {
      jk_parallel_for(strings.count, share(strings), call, $0)
    }
  }

  /// The same for all, also when the run is to end: where others rely on what was written.
  static func runAll(_ strings: StringElements, _ body: (Range<Int>) -> Void) {
    withJob(body) {
      jk_parallel_all(strings.count, share(strings), call, $0)
    }
  }

  /// How many elements are worth a thread.
  private static func share(_ strings: StringElements) -> Int {
    let bytes = strings.starts[strings.count] - strings.starts[0]
    return max(1, strings.count * grain / max(bytes + strings.count * perElement, 1))
  }

  private typealias Body = (Range<Int>) -> Void

  private static let call: @convention(c) (UnsafeMutableRawPointer?, Int, Int) -> Void = {
    $0!.assumingMemoryBound(to: Body.self).pointee($1..<$2)
  }

  private static func withJob(_ body: Body, _ start: (UnsafeMutableRawPointer) -> Void) {
    withoutActuallyEscaping(body) { body in
      var job = body
      withUnsafeMutablePointer(to: &job) { start($0) }
    }
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
