extension UnsafeRawBufferPointer {
  /// The word of eight bytes at `position`, the lowest first; what is missing is zero.
  ///
  /// - Parameter position: in `0..<count`, which is not checked.
  @inlinable @inline(__always)
  package func word(_ position: Int) -> UInt64 {
    let (start, left) = (baseAddress! + position, count &- position)
    if left >= 8 { return UInt64(littleEndian: start.loadUnaligned(as: UInt64.self)) }
    if left >= 4 {
      // Two words that overlap where there are fewer than eight bytes.
      let low = UInt64(UInt32(littleEndian: start.loadUnaligned(as: UInt32.self)))
      let high = UInt64(UInt32(littleEndian: (start + left - 4).loadUnaligned(as: UInt32.self)))
      return low | high << UInt64(8 &* (left &- 4))
    }
    var word = UInt64(start.load(as: UInt8.self))
    if left > 1 { word |= UInt64((start + 1).load(as: UInt8.self)) << 8 }
    if left > 2 { word |= UInt64((start + 2).load(as: UInt8.self)) << 16 }
    return word
  }
}

/// MurmurHash64A, with the seed that TensorFlow's `Hash64` has.
package enum MurmurHash {
  @usableFromInline static let seed: UInt64 = 0xdecaf_caffe
  @usableFromInline static let multiplier: UInt64 = 0xc6a4_a793_5bd1_e995

  @inlinable
  package static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = seed ^ (UInt64(bytes.count) &* multiplier)
    var position = 0
    while position &+ 8 <= bytes.count {
      var word = bytes.word(position) &* multiplier
      word = (word ^ (word >> 47)) &* multiplier
      hash = (hash ^ word) &* multiplier
      position &+= 8
    }
    if position < bytes.count { hash = (hash ^ bytes.word(position)) &* multiplier }
    hash = (hash ^ (hash >> 47)) &* multiplier
    return hash ^ (hash >> 47)
  }
}

/// SipHash-2-4 (Aumasson and Bernstein, 2012).
package struct SipHash {
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64

  package static func hash(_ bytes: UnsafeRawBufferPointer, key: (UInt64, UInt64)) -> UInt64 {
    var state = SipHash(key)
    var position = 0
    while position + 8 <= bytes.count {
      state.absorb(bytes.word(position))
      position += 8
    }
    let rest = position < bytes.count ? bytes.word(position) : 0
    state.absorb(rest | UInt64(truncatingIfNeeded: bytes.count) << 56)
    state.c ^= 0xff
    for _ in 0..<4 { state.round() }
    return state.a ^ state.b ^ state.c ^ state.d
  }

  private init(_ key: (UInt64, UInt64)) {
    a = key.0 ^ 0x736f_6d65_7073_6575
    b = key.1 ^ 0x646f_7261_6e64_6f6d
    c = key.0 ^ 0x6c79_6765_6e65_7261
    d = key.1 ^ 0x7465_6462_7974_6573
  }

  private mutating func absorb(_ word: UInt64) {
    d ^= word
    round()
    round()
    a ^= word
  }

  private mutating func round() {
    func turned(_ x: UInt64, _ bits: UInt64) -> UInt64 { x << bits | x >> (64 - bits) }
    a = a &+ b
    b = turned(b, 13) ^ a
    a = turned(a, 32)
    c = c &+ d
    d = turned(d, 16) ^ c
    a = a &+ d
    d = turned(d, 21) ^ a
    c = c &+ b
    b = turned(b, 17) ^ c
    c = turned(c, 32)
  }
}
