import CKernels
import Glibc

/// A block of memory aligned to 64 bytes, shared by reference and never written once a tensor shows
/// it.
///
/// A buffer may also be a window of another one, which it then keeps alive.
package final class Buffer: @unchecked Sendable {
  package let pointer: UnsafeMutableRawPointer
  package let byteCount: Int
  private let owner: AnyObject?

  /// Whether the memory is another one's, who may show it elsewhere too.
  package var isWindow: Bool { owner != nil }

  /// Whether ops write to it while others read it: the memory of a reference variable.
  package let isVariable: Bool

  /// Memory for `byteCount` bytes, uninitialised.
  ///
  /// - Throws: `RESOURCE_EXHAUSTED` when it would pass the memory limit or the system has no more.
  package init(byteCount: Int, isVariable: Bool = false) throws {
    self.byteCount = byteCount
    self.isVariable = isVariable
    owner = nil
    try MemoryLimit.take(byteCount &+ Self.overhead)
    // There is room for whole vectors past the end, so that loops may round up.
    guard let memory = jk_block_take(byteCount) else {
      MemoryLimit.giveBack(byteCount &+ Self.overhead)
      throw TFError.resourceExhausted("OOM when allocating \(byteCount) bytes")
    }
    pointer = memory
  }

  /// A window of `parent`.
  package init(parent: Buffer, offset: Int, byteCount: Int) {
    precondition(offset >= 0 && byteCount >= 0 && offset + byteCount <= parent.byteCount)
    pointer = parent.pointer + offset
    self.byteCount = byteCount
    isVariable = parent.isVariable
    owner = parent
  }

  /// Memory that `owner` keeps alive.
  package init(pointer: UnsafeMutableRawPointer, byteCount: Int, owner: AnyObject) {
    self.pointer = pointer
    self.byteCount = byteCount
    isVariable = false
    self.owner = owner
  }

  deinit {
    guard owner == nil else { return }
    jk_block_give_back(pointer, byteCount)
    MemoryLimit.giveBack(byteCount &+ Self.overhead)
  }

  /// What a buffer takes beside its bytes.
  private static let overhead = 128
}

/// Memory outside of tensors that counts against the limit for as long as this lives.
package final class MemoryShare: Sendable {
  private let byteCount: Int

  /// - Throws: `RESOURCE_EXHAUSTED` when it would pass the limit.
  package init(_ byteCount: Int) throws {
    self.byteCount = byteCount
    try MemoryLimit.take(byteCount)
  }

  deinit { MemoryLimit.giveBack(byteCount) }
}

/// How much memory tensors may take, all in all.
public enum MemoryLimit {
  /// The most bytes that live tensors and plans may take together. Default: the machine's physical
  /// memory.
  public static var bytes: Int {
    get { Int(jk_memory_limit()) }
    set { jk_memory_set_limit(Int64(newValue)) }
  }

  /// The bytes that live tensors and plans take now, to within 64 KiB a thread.
  public static var usedBytes: Int { Int(jk_memory_used()) }

  /// Counts `count` bytes.
  ///
  /// - Throws: `RESOURCE_EXHAUSTED` when that would pass the limit; nothing is counted then.
  package static func take(_ count: Int) throws {
    guard count < 1 << 60, jk_memory_take(Int64(count)) else {
      throw exhausted("OOM when allocating \(count) bytes", usedBytes)
    }
  }

  /// - Throws: `RESOURCE_EXHAUSTED` when a tensor of that shape passes the limit by itself: what is
  ///   made ready for it then, such as tables and offsets, would be as large.
  @inline(__always)
  package static func requireRoom(_ shape: Shape, _ dtype: DType) throws {
    if shape.elementCount &* dtype.byteSize > bytes {
      throw TFError.resourceExhausted(
        "OOM when allocating tensor with shape\(shape) and type \(dtype.signatureName)")
    }
  }

  /// Checks that `count` bytes more would not pass the limit, for memory that is not counted
  /// itself.
  ///
  /// - Throws: `RESOURCE_EXHAUSTED` when they would.
  package static func room(for count: Int) throws {
    try take(count)
    giveBack(count)
  }

  package static func giveBack(_ count: Int) { jk_memory_count(Int64(-count)) }

  /// Counts what is there already; the next check finds it.
  static func add(_ count: Int) { jk_memory_count(Int64(count)) }

  /// - Throws: `RESOURCE_EXHAUSTED` when more is in use than the limit allows.
  @inline(__always)
  package static func check() throws {
    if jk_memory_over() { throw exhausted("OOM", usedBytes) }
  }

  @inline(never)
  private static func exhausted(_ what: String, _ used: Int) -> TFError {
    .resourceExhausted("\(what): the memory limit is \(bytes) bytes, \(used) are in use")
  }
}

/// What a resource or variant tensor holds: something with identity and a run-time type.
package protocol TensorObject: AnyObject, Sendable {}

/// The elements of a resource or variant tensor; nil is the empty variant.
package final class ObjectBuffer: Sendable {
  package var values: [(any TensorObject)?] { elements }
  /// Changed only when the buffer is released, by the one who holds it last.
  private nonisolated(unsafe) var elements: [(any TensorObject)?]

  package init(_ values: [(any TensorObject)?]) {
    elements = values
    MemoryLimit.add(128 &+ values.count &* 16)
  }

  deinit {
    MemoryLimit.giveBack(128 &+ elements.count &* 16)
    ReleaseQueue.release(&elements)
  }
}

/// What the thread still has to release: objects hold tensors that hold objects, as deep as a graph
/// made them, and releasing them within each other would take as much of the stack.
private final class ReleaseQueue {
  private var pending: [[(any TensorObject)?]] = []

  static func release(_ values: inout [(any TensorObject)?]) {
    let slot = jk_release_slot()!
    if let queue = slot.pointee {
      Unmanaged<ReleaseQueue>.fromOpaque(queue).takeUnretainedValue().pending.append(values)
      values = []
      return
    }
    let queue = ReleaseQueue()
    slot.pointee = Unmanaged.passUnretained(queue).toOpaque()
    values = []
    while let next = queue.pending.popLast() { _ = consume next }
    slot.pointee = nil
  }
}
