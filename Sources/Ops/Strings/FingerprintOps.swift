import CKernels
package import CoreOps

/// Fingerprints of rows, which are the same for ever and on every machine.
package struct FingerprintOps: OpFamily {
  package static let family: Self = define(Self())

  package let fingerprint = OpDef(
    "Fingerprint",
    """
    data: T, method: string -> fingerprint: uint8
    T: type
    """,
    shape: { context in
      if let rank = context.shapes[0].rank {
        try require(rank >= 1, "Shape must be at least rank 1 but is rank 0")
      }
      _ = try context.shape(1, rank: 0, "method")
      let method = context.values[1].flatMap { $0.dtype == .string ? $0.strings.first : nil }
      try require(
        method.map { $0.elementsEqual(Self.farmhash.utf8) } ?? true,
        "Unsupported method: \(method?.text ?? "")")
      return [.of(context.shapes[0][0], method == nil ? nil : 8)]
    },
    kernel: .run(["T": [.plain, .string]]) { run in
      let (data, method) = (run.inputs[0], run.inputs[1])
      try require(data.dims.rank >= 1, "`data` should have at least one dimension: \(data.dims)")
      try require(method.dims.rank == 0, "`method` should be a scalar string: \(method.dims)")
      let name = method.strings[0]
      try require(
        name.elementsEqual(Self.farmhash.utf8), "Unsupported fingerprint method: \(name.text)")
      let rows = data.dims[0]
      let output = try Tensor.uninitialized(.uint8, [rows, 8])
      let words = output.bytes.assumingMemoryBound(to: UInt64.self)
      let width = data.dims.dims[1...].reduce(1, *)
      if data.dtype == .string {
        try strings(data.strings, width, words)
      } else {
        let size = width * data.dtype.byteSize
        let bytes = data.bytes
        var pace = Pace()
        for row in 0..<rows {
          try pace.step(size + 1)
          words[row] =
            jk_fingerprint64(bytes.baseAddress.map { $0 + row * size }, size).littleEndian
        }
      }
      return [output]
    }, gradient: .zero)

  private static let farmhash = "farmhash64"

  /// Fingerprints of rows of strings: of the only one, or of the fingerprints of several.
  private static func strings(
    _ strings: StringBuffer, _ width: Int, _ words: UnsafeMutableBufferPointer<UInt64>
  ) throws {
    var pace = Pace()
    func hash(_ position: Int) throws -> UInt64 {
      let string = strings[position]
      try pace.step(string.count + 1)
      return string.withBytes { jk_fingerprint64($0.baseAddress, $0.count) }.littleEndian
    }
    for row in words.indices {
      if width == 1 {
        words[row] = try hash(row)
      } else {
        let parts = try (0..<width).map { try hash(row * width + $0) }
        words[row] =
          parts.withUnsafeBytes { jk_fingerprint64($0.baseAddress, $0.count) }
          .littleEndian
      }
    }
  }
}
