import CoreOps

/// Google's compression Snappy, in which some checkpoints have their index: TensorFlow's public
/// versions write none, but Google's own have.
enum Snappy {
  /// The bytes before compression; nil when these are no such bytes.
  ///
  /// - Throws: `RESOURCE_EXHAUSTED` when they would pass the memory limit.
  static func decompress(_ bytes: [UInt8]) throws -> [UInt8]? {
    try bytes.withUnsafeBytes { bytes in
      var position = 0
      guard let size = varint(bytes, &position), size <= bytes.count * mostExpansion else {
        return nil
      }
      try MemoryLimit.room(for: size)
      var output: [UInt8] = []
      output.reserveCapacity(size)
      /// A number of `count` bytes, the lowest first.
      func number(_ count: Int) -> Int? {
        guard count <= bytes.count - position else { return nil }
        defer { position += count }
        return (0..<count).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
      }
      while position < bytes.count {
        let tag = Int(bytes[position])
        position += 1
        let offset: Int?
        let length: Int
        switch tag & 3 {
        case 0:
          let short = tag >> 2
          guard let count = short < 60 ? short : number(short - 59) else { return nil }
          guard count < bytes.count - position, count < size - output.count else { return nil }
          output.append(contentsOf: bytes[position...position + count])
          position += count + 1
          continue
        case 1:
          length = 4 + (tag >> 2 & 7)
          offset = number(1).map { $0 | (tag >> 5) << 8 }
        case let kind:
          length = 1 + tag >> 2
          offset = number(kind == 2 ? 2 : 4)
        }
        guard let offset, offset > 0, offset <= output.count, length <= size - output.count else {
          return nil
        }
        // A copy may go on into what it has written itself.
        for _ in 0..<length { output.append(output[output.count - offset]) }
      }
      return output.count == size ? output : nil
    }
  }

  /// A copy of 64 bytes takes three; more is no compression of these bytes.
  private static let mostExpansion = 64

  private static func varint(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Int? {
    var value = 0
    for index in 0..<5 where position < bytes.count {
      let byte = bytes[position]
      position += 1
      value |= Int(byte & 127) << (7 * index)
      if byte < 128 { return value }
    }
    return nil
  }
}
