import CKernels
package import CoreOps

/// Hashes of strings, with TensorFlow's bits.
package struct HashOps: OpFamily {
  package static let family: Self = define(Self())

  package let toHashBucket = hashing("StringToHashBucket", input: "string_tensor") { _ in
    { MurmurHash.hash($0) }
  }

  package let toHashBucketFast = hashing("StringToHashBucketFast") { _ in
    { jk_fingerprint64($0.baseAddress, $0.count) }
  }

  package let toHashBucketStrong = hashing("StringToHashBucketStrong", "key: list(int)") {
    context in
    let key = try context.ints("key").map { UInt64(bitPattern: Int64($0)) }
    try require(key.count == 2, "Key must have 2 elements")
    return { SipHash.hash($0, key: (key[0], key[1])) }
  }

  private typealias Hash = @Sendable (UnsafeRawBufferPointer) -> UInt64

  /// - Parameters:
  ///   - attribute: a further line of the signature.
  ///   - hash: the function by the op's attributes.
  private static func hashing(
    _ name: String, input: String = "input", _ attribute: String = "",
    _ hash: @escaping @Sendable (KernelContext) throws -> Hash
  ) -> OpDef {
    OpDef(
      name,
      """
      \(input): string -> output: int64
      num_buckets: int >= 1\(attribute.isEmpty ? "" : "\n" + attribute)
      """, shape: ShapeRules.same,
      kernel: .dynamic { context in
        let buckets = UInt64(try context.int("num_buckets"))
        let hash = try hash(context)
        return { run in
          [
            try run.inputs[0].mappingStrings(to: Int64.self) {
              Int64(truncatingIfNeeded: hash($0) % buckets)
            }
          ]
        }
      }, gradient: .zero)
  }
}

/// SipHash-2-4 (Aumasson and Bernstein, 2012).
private struct SipHash {
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64

  static func hash(_ bytes: UnsafeRawBufferPointer, key: (UInt64, UInt64)) -> UInt64 {
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
