extension UnsafeRawBufferPointer {
  /// The word of eight bytes at `position`, the lowest first; what is missing is zero.
  package func word(_ position: Int) -> UInt64 {
    if position + 8 <= count {
      return UInt64(littleEndian: loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }
    return self[position...].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// MurmurHash64A, with the seed that TensorFlow's `Hash64` has.
package enum MurmurHash {
  private static let seed: UInt64 = 0xdecaf_caffe
  private static let multiplier: UInt64 = 0xc6a4_a793_5bd1_e995

  package static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = seed ^ (UInt64(bytes.count) &* multiplier)
    var position = 0
    while position + 8 <= bytes.count {
      var word = bytes.word(position) &* multiplier
      word = (word ^ (word >> 47)) &* multiplier
      hash = (hash ^ word) &* multiplier
      position += 8
    }
    if position < bytes.count { hash = (hash ^ bytes.word(position)) &* multiplier }
    hash = (hash ^ (hash >> 47)) &* multiplier
    return hash ^ (hash >> 47)
  }
}
