package import CoreOps

/// Numbers from their bytes.
package struct RawOps: OpFamily {
  package static let family: Self = define(Self())

  package let decodeRaw = OpDef(
    "DecodeRaw",
    """
    bytes: string -> output: out_type
    out_type: {half, float, double, int32, uint16, uint8, int16, int8, int64, complex64, \
    complex128, bool, bfloat16}
    little_endian: bool = true
    """,
    shape: { [$0.shapes[0].concatenated(with: [nil])] },
    kernel: .dynamic { context in
      let dtype = try context.type("out_type")
      let swaps = try !context.bool("little_endian")
      return { run in [try decode(run.inputs[0], dtype, swaps)] }
    }, gradient: .zero)

  package let decodePaddedRaw = OpDef(
    "DecodePaddedRaw",
    """
    input_bytes: string, fixed_length: int32 -> output: out_type
    out_type: {half, float, double, int32, uint16, uint8, int16, int8, int64, bfloat16}
    little_endian: bool = true
    """,
    shape: { context in
      let dtype = try context.type("out_type")
      let width = try context.size(1).map { $0 / Dimension(dtype.byteSize) }
      return [context.shapes[0].concatenated(with: PartialShape([width] as [Dimension?]))]
    },
    kernel: .dynamic { context in
      let dtype = try context.type("out_type")
      let swaps = try !context.bool("little_endian")
      return { run in
        let length = run.inputs[1]
        try require(length.dims.rank == 0, "k must be scalar, got shape \(length.dims)")
        return [try decode(run.inputs[0], dtype, swaps, length: length.integers()[0])]
      }
    }, gradient: .zero)

  private static func decode(_ input: Tensor, _ dtype: DType, _ swaps: Bool) throws -> Tensor {
    let (strings, size) = (input.strings, dtype.byteSize)
    let length = strings.first?.count ?? 0
    for (index, string) in strings.enumerated() where string.count != length {
      throw TFError.invalidArgument(
        """
        DecodeRaw requires input strings to all be the same size, but element \(index) has size \
        \(length) != \(string.count)
        """)
    }
    try require(
      length % size == 0,
      """
      Input to DecodeRaw has length \(length) that is not a multiple of \(size), the size of \
      \(dtype.signatureName)
      """)
    return try filled(input, dtype, swaps, length)
  }

  private static func decode(
    _ input: Tensor, _ dtype: DType, _ swaps: Bool, length: Int
  ) throws -> Tensor {
    try require(length > 0, "fixed_length (\(length)) must be greater than zero.")
    try require(
      length % dtype.byteSize == 0,
      """
      fixed_length (\(length)) must be a multiple of the size of out_type (\(dtype.byteSize))
      """)
    return try filled(input, dtype, swaps, length)
  }

  /// The first `length` bytes of each string, or zeros where it has fewer.
  private static func filled(
    _ input: Tensor, _ dtype: DType, _ swaps: Bool, _ length: Int
  ) throws -> Tensor {
    let strings = input.strings
    let dims = Shape(input.dims.dims + [length / dtype.byteSize])
    let output = try Tensor.zeros(dtype, dims)
    let bytes = output.bytes
    for (index, string) in strings.enumerated() {
      string.withBytes { text in
        let part = UnsafeRawBufferPointer(rebasing: text.prefix(length))
        UnsafeMutableRawBufferPointer(rebasing: bytes[(index * length)...]).copyMemory(from: part)
      }
    }
    // A complex number is two of its parts.
    let unit = dtype.isComplex ? dtype.byteSize / 2 : dtype.byteSize
    if swaps, unit > 1 {
      for start in stride(from: 0, to: bytes.count, by: unit) {
        bytes[start..<start + unit].reverse()
      }
    }
    if dtype == .bool {
      // Any byte but zero is true.
      for index in bytes.indices where bytes[index] > 1 { bytes[index] = 1 }
    }
    return output
  }
}
