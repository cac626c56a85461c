import Glibc
import Synchronization

/// A block of memory aligned to 64 bytes, shared by reference and never written once a tensor shows it.
///
/// A buffer may also be a window of another one, which it then keeps alive.
package final class Buffer: @unchecked Sendable {
  package let pointer: UnsafeMutableRawPointer
  package let byteCount: Int
  private let owner: AnyObject?

  /// Whether the memory is another one's, who may show it elsewhere too.
  package var isWindow: Bool { owner != nil }

  /// Memory for `byteCount` bytes, uninitialised.
  ///
  /// - Throws: `RESOURCE_EXHAUSTED` when it would pass the memory limit or the system has no more.
  package init(byteCount: Int) throws {
    self.byteCount = byteCount
    owner = nil
    if byteCount >= MemoryLimit.trackedSize {
      try MemoryLimit.reserve(byteCount)
    }
    // Room for whole vectors past the end, so that loops may round up.
    guard let memory = aligned_alloc(64, (max(byteCount, 1) &+ 63) & ~63) else {
      throw TFError.resourceExhausted("OOM when allocating \(byteCount) bytes")
    }
    pointer = memory
  }

  /// A window of `parent`.
  package init(parent: Buffer, offset: Int, byteCount: Int) {
    precondition(offset >= 0 && byteCount >= 0 && offset + byteCount <= parent.byteCount)
    pointer = parent.pointer + offset
    self.byteCount = byteCount
    owner = parent
  }

  /// Memory that `owner` keeps alive.
  package init(pointer: UnsafeMutableRawPointer, byteCount: Int, owner: AnyObject) {
    self.pointer = pointer
    self.byteCount = byteCount
    self.owner = owner
  }

  deinit {
    guard owner == nil else { return }
    free(pointer)
    if byteCount >= MemoryLimit.trackedSize { MemoryLimit.release(byteCount) }
  }
}

/// How much memory tensors may take, all in all.
public enum MemoryLimit {
  /// Smaller buffers are not counted.
  static let trackedSize = 1 << 16

  private static let used = Atomic<Int>(0)
  private static let limit = Atomic<Int>(
    max(sysconf(Int32(_SC_PHYS_PAGES)), 1 << 18) &* max(sysconf(Int32(_SC_PAGESIZE)), 4096))

  /// The most bytes that live tensors may take together. Default: the machine's physical memory.
  public static var bytes: Int {
    get { limit.load(ordering: .relaxed) }
    set { limit.store(newValue, ordering: .relaxed) }
  }

  /// The bytes that live tensors take now, not counting those under 64 KiB.
  public static var usedBytes: Int { used.load(ordering: .relaxed) }

  static func reserve(_ count: Int) throws {
    let total = used.add(count, ordering: .relaxed).newValue
    if total > bytes {
      used.subtract(count, ordering: .relaxed)
      throw TFError.resourceExhausted(
        "OOM when allocating \(count) bytes: the memory limit is \(bytes) bytes, \(total &- count) are in use"
      )
    }
  }

  static func release(_ count: Int) { used.subtract(count, ordering: .relaxed) }
}

/// The elements of a string tensor.
package final class StringBuffer: Sendable {
  package let values: [[UInt8]]
  package init(_ values: [[UInt8]]) { self.values = values }
}

/// What a resource or variant tensor holds: something with identity and a run-time type.
package protocol TensorObject: AnyObject, Sendable {}

/// The elements of a resource or variant tensor; nil is the empty variant.
package final class ObjectBuffer: Sendable {
  package let values: [(any TensorObject)?]
  package init(_ values: [(any TensorObject)?]) { self.values = values }
}

extension MemoryLimit {
  /// Counts memory that is not a tensor's.
  package static func take(_ count: Int) throws { try reserve(count) }
  package static func giveBack(_ count: Int) { release(count) }
}
