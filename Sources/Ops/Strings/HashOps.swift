import CKernels
package import CoreOps

/// Hashes of strings, with TensorFlow's bits.
package struct HashOps: OpFamily {
  package static let family: Self = define(Self())

  package let toHashBucket = hashing("StringToHashBucket", input: "string_tensor") { _ in
    { MurmurHash.hash($0) }
  }

  package let toHashBucketFast = OpDef(
    "StringToHashBucketFast",
    """
    input: string -> output: int64
    num_buckets: int >= 1
    """, shape: ShapeRules.same,
    kernel: .dynamic { context in
      let buckets = UInt64(try context.int("num_buckets"))
      return { run in
        let input = run.inputs[0]
        let output = try Tensor.uninitialized(.int64, input.dims)
        let hashes = output.pointer.assumingMemoryBound(to: Int64.self)
        input.strings.withElements { strings in
          strings.starts.withMemoryRebound(to: Int64.self, capacity: strings.count + 1) { starts in
            StringParts.run(strings) {
              jk_fingerprint_strings(
                strings.bytes, starts, $0.lowerBound, $0.upperBound, buckets, hashes)
            }
          }
        }
        try Cancellation.checkKernel()
        return [output]
      }
    }, gradient: .zero)

  package let toHashBucketStrong = hashing("StringToHashBucketStrong", "key: list(int)") {
    context in
    let key = try context.ints("key").map { UInt64(bitPattern: Int64($0)) }
    try require(key.count == 2, "Key must have 2 elements")
    return { SipHash.hash($0, key: (key[0], key[1])) }
  }

  package let tensorToHashBucketFast = OpDef(
    "_TensorToHashBucketFast",
    """
    input: T -> output: int64
    T: {int8, uint8, int16, uint16, int32, uint32, int64, uint64}
    num_buckets: int >= 1
    """, shape: ShapeRules.same,
    kernel: .dynamic { context in
      let buckets = UInt64(try context.int("num_buckets"))
      let dtype = try context.type("T")
      try require(
        [.int8, .int16, .int32, .int64].contains(dtype), "Type not supported: \(dtype.name)")
      return { run in
        let input = run.inputs[0]
        let output = try Tensor.uninitialized(.int64, input.dims)
        let hashes = output.elements(Int64.self)
        var pace = Pace()
        for (index, value) in try input.wrappingIntegers().enumerated() {
          try pace.step(64)
          var digits = String(value)
          let hash = digits.withUTF8 { jk_fingerprint64($0.baseAddress, $0.count) }
          hashes[index] = Int64(truncatingIfNeeded: hash % buckets)
        }
        return [output]
      }
    }, gradient: .zero)

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
            try run.inputs[0].mappingStringsInParts(to: Int64.self) {
              Int64(truncatingIfNeeded: hash($0) % buckets)
            }
          ]
        }
      }, gradient: .zero)
  }
}
