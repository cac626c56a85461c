import Glibc

/// The elements of a string tensor: the bytes of all one after the other, and where each begins.
package final class StringBuffer: Sendable {
  private let bytes: Buffer
  /// Where each element begins in `bytes`, and where the last one ends.
  private let starts: Buffer
  private let first: Int
  package let count: Int
  /// What the elements are now, where they are those of a reference variable.
  private let memory: StringMemory?
  /// What lives as long as the elements do: the thing that they name.
  private let named: (any Sendable & AnyObject)?

  fileprivate init(
    bytes: Buffer, starts: Buffer, first: Int, count: Int, memory: StringMemory? = nil,
    named: (any Sendable & AnyObject)? = nil
  ) {
    self.bytes = bytes
    self.starts = starts
    self.first = first
    self.count = count
    self.memory = memory
    self.named = named
  }

  /// The same elements, which name something that is to live as long as they do.
  package convenience init(_ names: StringBuffer, of thing: any Sendable & AnyObject) {
    self.init(
      bytes: names.bytes, starts: names.starts, first: names.first, count: names.count,
      named: thing)
  }

  /// The elements of a reference variable, which change with it: see `current`.
  package convenience init(_ memory: StringMemory) {
    let now = memory.value
    self.init(
      bytes: now.bytes, starts: now.starts, first: now.first, count: now.count, memory: memory)
  }

  /// The elements as they are now, and stay.
  package var current: StringBuffer { memory?.value ?? self }

  /// Puts other elements, as many as there are, into the memory of a reference variable.
  ///
  /// - Returns: false where this is no such memory, or there are more or fewer.
  package func replace(by value: StringBuffer) -> Bool {
    guard let memory, value.count == count else { return false }
    memory.value = value
    return true
  }

  /// `count` empty elements.
  ///
  /// - Throws: `RESOURCE_EXHAUSTED` when they would pass the memory limit.
  package convenience init(emptyElements count: Int) throws {
    let starts = try Self.startsBuffer(count)
    starts.pointer.initializeMemory(as: Int.self, repeating: 0, count: count &+ 1)
    self.init(bytes: try Buffer(byteCount: 0), starts: starts, first: 0, count: count)
  }

  /// Elements whose sizes are known before they are written.
  ///
  /// - Parameter fill: writes all bytes, and where each element ends; the first begins at 0.
  /// - Throws: `RESOURCE_EXHAUSTED` when they would pass the memory limit; what `fill` throws.
  package convenience init(
    count: Int, byteCount: Int,
    _ fill: (_ bytes: UnsafeMutableRawPointer, _ ends: UnsafeMutablePointer<Int>) throws -> Void
  ) throws {
    let starts = try Self.startsBuffer(count)
    let bytes = try Buffer(byteCount: byteCount)
    let ends = starts.pointer.assumingMemoryBound(to: Int.self)
    ends[0] = 0
    try fill(bytes.pointer, ends + 1)
    precondition(ends[count] == byteCount)
    self.init(bytes: bytes, starts: starts, first: 0, count: count)
  }

  /// Memory for where `count` elements begin and the last ends.
  fileprivate static func startsBuffer(_ count: Int) throws -> Buffer {
    try Buffer(byteCount: count < 1 << 56 ? (count + 1) * 8 : .max)
  }

  /// The bytes of an element, which are there as long as this buffer is.
  package func bytes(_ position: Int) -> UnsafeRawBufferPointer {
    precondition(position >= 0 && position < count)
    let starts = starts.pointer.assumingMemoryBound(to: Int.self) + first
    return UnsafeRawBufferPointer(
      start: bytes.pointer + starts[position], count: starts[position + 1] - starts[position])
  }

  /// Calls `body` with the elements as they are in memory: for loops over many.
  @inlinable
  package func withElements<R>(_ body: (StringElements) throws -> R) rethrows -> R {
    try withExtendedLifetime(self) { try body(elements) }
  }

  @usableFromInline
  package var elements: StringElements {
    StringElements(
      bytes: UnsafeRawPointer(bytes.pointer),
      starts: UnsafePointer(starts.pointer.assumingMemoryBound(to: Int.self) + first),
      count: count)
  }

  /// Elements `range` in the same memory.
  package func window(_ range: Range<Int>) -> StringBuffer {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return StringBuffer(
      bytes: bytes, starts: starts, first: first + range.lowerBound, count: range.count)
  }

  /// How many bytes the elements have.
  package var byteCount: Int {
    let starts = starts.pointer.assumingMemoryBound(to: Int.self) + first
    return starts[count] - starts[0]
  }
}

/// The bytes of the elements of a string tensor, which are there as long as its buffer is.
package struct StringElements: BitwiseCopyable {
  package let bytes: UnsafeRawPointer
  /// Where each element begins, and where the last one ends.
  package let starts: UnsafePointer<Int>
  package let count: Int

  package init(bytes: UnsafeRawPointer, starts: UnsafePointer<Int>, count: Int) {
    self.bytes = bytes
    self.starts = starts
    self.count = count
  }

  /// The bytes of an element.
  ///
  /// - Parameter position: in `0..<count`, which is not checked.
  @inlinable
  package subscript(position: Int) -> UnsafeRawBufferPointer {
    @inline(__always) get {
      let start = starts[position]
      return UnsafeRawBufferPointer(start: bytes + start, count: starts[position &+ 1] &- start)
    }
  }
}

/// The memory of a reference variable of strings.
package final class StringMemory: Sendable {
  private let content: Lock<StringBuffer>

  package init(_ value: StringBuffer) { content = Lock(value.current) }

  fileprivate(set) var value: StringBuffer {
    get { content.withLock { $0 } }
    set { content.withLock { $0 = newValue.current } }
  }
}

extension StringBuffer: RandomAccessCollection {
  package var startIndex: Int { 0 }
  package var endIndex: Int { count }
  package subscript(position: Int) -> ByteString { ByteString(owner: self, position: position) }
}

extension StringBuffer: Hashable {
  package static func == (a: StringBuffer, b: StringBuffer) -> Bool {
    a === b || a.elementsEqual(b)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    for element in self { hasher.combine(element) }
  }
}

/// An element of a string tensor, whose memory it keeps alive.
///
/// Elements are equal, and ordered, by their bytes.
package struct ByteString: Sendable, RandomAccessCollection, Hashable, Comparable {
  fileprivate let owner: StringBuffer
  fileprivate let position: Int

  package var startIndex: Int { 0 }
  package var endIndex: Int { owner.bytes(position).count }
  package subscript(index: Int) -> UInt8 { owner.bytes(position)[index] }

  /// Calls `body` with the bytes, which must not leave it.
  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(owner) { try body(owner.bytes(position)) }
  }

  package func withContiguousStorageIfAvailable<R>(
    _ body: (UnsafeBufferPointer<UInt8>) throws -> R
  ) rethrows -> R? {
    try withBytes { try $0.withMemoryRebound(to: UInt8.self, body) }
  }

  /// The bytes as text; what is not UTF-8 becomes U+FFFD.
  package var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }

  package static func == (a: ByteString, b: ByteString) -> Bool {
    a.withBytes { a in
      b.withBytes { b in a.count == b.count && compare(a, b) == 0 }
    }
  }

  package static func < (a: ByteString, b: ByteString) -> Bool {
    a.withBytes { a in
      b.withBytes { b in
        let order = compare(a, b)
        return order == 0 ? a.count < b.count : order < 0
      }
    }
  }

  /// The order of the bytes that both have.
  private static func compare(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int32 {
    guard let p = a.baseAddress, let q = b.baseAddress else { return 0 }
    return memcmp(p, q, Swift.min(a.count, b.count))
  }

  package func hash(into hasher: inout Hasher) {
    withBytes {
      hasher.combine($0.count)
      hasher.combine(bytes: $0)
    }
  }
}

/// Puts the elements of a string tensor together, one after the other.
package final class StringBuilder {
  private var bytes: Buffer
  private var used = 0
  private var starts: Buffer
  private var count = 0
  /// Whether a `StringBuffer` shows the memory, which is not written any more then.
  private var isFinished = false

  /// - Parameters:
  ///   - count, byteCount: how many elements and bytes there is room for at first; more find room
  ///     as they come.
  /// - Throws: `RESOURCE_EXHAUSTED` when they would pass the memory limit.
  package init(count: Int = 0, byteCount: Int = 0) throws {
    let bytes = try Buffer(byteCount: byteCount)
    let starts = try StringBuffer.startsBuffer(count)
    starts.pointer.storeBytes(of: 0, as: Int.self)
    self.bytes = bytes
    self.starts = starts
  }

  /// Adds bytes to the element that is being written.
  package func write(_ source: UnsafeRawBufferPointer) throws {
    precondition(!isFinished)
    if source.isEmpty { return }
    if used + source.count > bytes.byteCount {
      bytes = try Self.grown(bytes, used, to: used + source.count)
    }
    UnsafeMutableRawBufferPointer(start: bytes.pointer + used, count: source.count)
      .copyMemory(from: source)
    used += source.count
  }

  package func write(_ source: ByteString) throws {
    let bytes = source.owner.bytes(source.position)
    try write(bytes)
    withExtendedLifetime(source) {}
  }

  /// Ends the element that is being written; what is written next is another one's.
  package func endElement() throws {
    precondition(!isFinished)
    if (count + 2) * 8 > starts.byteCount {
      starts = try Self.grown(starts, (count + 1) * 8, to: (count + 2) * 8)
    }
    count += 1
    starts.pointer.storeBytes(of: used, toByteOffset: count * 8, as: Int.self)
  }

  package func append(_ element: UnsafeRawBufferPointer) throws {
    try write(element)
    try endElement()
  }

  package func append(_ element: ByteString) throws {
    try write(element)
    try endElement()
  }

  package func append(_ element: [UInt8]) throws {
    try element.withUnsafeBytes { try write($0) }
    try endElement()
  }

  package func append(_ element: String) throws {
    var element = element
    try element.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    try endElement()
  }

  /// The elements that were ended. Nothing can be added after that.
  package func finish() throws -> StringBuffer {
    isFinished = true
    // Room for as much again is kept rather than copied away.
    if used < bytes.byteCount / 2 {
      bytes = try Self.grown(bytes, used, to: used, exactly: true)
    }
    return StringBuffer(bytes: bytes, starts: starts, first: 0, count: count)
  }

  private static func grown(
    _ buffer: Buffer, _ used: Int, to needed: Int, exactly: Bool = false
  ) throws -> Buffer {
    let size = exactly ? needed : Swift.max(needed, 2 &* buffer.byteCount, 64)
    let larger = try Buffer(byteCount: size)
    larger.pointer.copyMemory(from: buffer.pointer, byteCount: used)
    return larger
  }
}

extension Tensor {
  package init(strings: StringBuffer, dims: Shape) {
    precondition(strings.count == dims.elementCount)
    self.init(dtype: .string, dims: dims, payload: .strings(strings))
  }

  /// - Throws: `RESOURCE_EXHAUSTED` when the strings would pass the memory limit.
  package init(strings: [[UInt8]], dims: Shape) throws {
    let builder = try StringBuilder(
      count: strings.count, byteCount: strings.reduce(0) { $0 + $1.count })
    for string in strings { try builder.append(string) }
    self.init(strings: try builder.finish(), dims: dims)
  }

  /// - Throws: `RESOURCE_EXHAUSTED` when the strings would pass the memory limit.
  package init(strings: [String], dims: Shape) throws {
    let builder = try StringBuilder(
      count: strings.count, byteCount: strings.reduce(0) { $0 + $1.utf8.count })
    for string in strings { try builder.append(string) }
    self.init(strings: try builder.finish(), dims: dims)
  }

  /// The elements of a string tensor; of a reference variable, as they are now.
  package var strings: StringBuffer {
    guard case .strings(let buffer) = payload else { preconditionFailure("not a string tensor") }
    return buffer.current
  }
}
