import CoreOps
import Glibc

/// Finds the features of a specification by the bytes of their keys.
struct FeatureIndex: Sendable {
  /// The keys, one after the other, and where each begins.
  private let keys: [UInt8]
  private let starts: [Int]
  /// By hash, the number of a feature and one more; 0 for a free place.
  private let slots: [Int32]

  /// - Throws: `INTERNAL` where two features have one key.
  init(_ names: [[UInt8]]) throws {
    keys = names.flatMap { $0 }
    var starts = [0]
    for name in names { starts.append(starts[starts.count - 1] + name.count) }
    self.starts = starts
    var size = 16
    while size < names.count * 4 { size *= 2 }
    var slots = [Int32](repeating: 0, count: size)
    for (number, name) in names.enumerated() {
      var place = name.withUnsafeBytes { Self.hash($0) } & (size - 1)
      while slots[place] != 0 {
        guard names[Int(slots[place]) - 1] != name else {
          throw TFError.internal("Could not avoid collision. This should not happen.")
        }
        place = (place + 1) & (size - 1)
      }
      slots[place] = Int32(number + 1)
    }
    self.slots = slots
  }

  private static func hash(_ key: UnsafeRawBufferPointer) -> Int {
    let multiplier: UInt64 = 0x9e37_79b9_7f4a_7c15
    var hash = UInt64(truncatingIfNeeded: key.count) &* multiplier
    var position = 0
    while position &+ 8 <= key.count {
      let word = key.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      hash = (hash ^ word) &* multiplier
      hash ^= hash >> 32
      position &+= 8
    }
    var rest: UInt64 = 0
    while position < key.count {
      rest = rest << 8 | UInt64(key[position])
      position &+= 1
    }
    hash = (hash ^ rest) &* multiplier
    return Int(truncatingIfNeeded: (hash ^ hash >> 29) & 0x7fff_ffff)
  }

  /// Calls `body` with what finds features, which must not leave it.
  func withFinder<R>(_ body: (Finder) throws -> R) rethrows -> R {
    try keys.withUnsafeBytes { keys in
      try starts.withUnsafeBufferPointer { starts in
        try slots.withUnsafeBufferPointer { slots in
          try body(Finder(keys: keys, starts: starts.baseAddress!, slots: slots))
        }
      }
    }
  }

  struct Finder {
    fileprivate let keys: UnsafeRawBufferPointer
    fileprivate let starts: UnsafePointer<Int>
    fileprivate let slots: UnsafeBufferPointer<Int32>

    /// The number of the feature with that key.
    @inline(__always)
    func callAsFunction(_ key: UnsafeRawBufferPointer) -> Int? {
      let mask = slots.count &- 1
      var place = FeatureIndex.hash(key) & mask
      while true {
        let number = Int(slots[place]) &- 1
        if number < 0 { return nil }
        if isKey(number, key) { return number }
        place = (place &+ 1) & mask
      }
    }

    @inline(__always)
    private func isKey(_ number: Int, _ key: UnsafeRawBufferPointer) -> Bool {
      let start = starts[number]
      guard starts[number &+ 1] &- start == key.count else { return false }
      guard let own = keys.baseAddress, let other = key.baseAddress else { return true }
      return memcmp(own + start, other, key.count) == 0
    }
  }
}
