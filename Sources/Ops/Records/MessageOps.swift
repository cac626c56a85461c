package import CoreOps
import Serialization

/// Tensors and examples as messages, and bytes that are compressed.
package struct MessageOps: OpFamily {
  package static let family: Self = define(Self())

  package let parseTensor = OpDef(
    "ParseTensor",
    """
    serialized: string -> output: out_type
    out_type: type
    """, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      let dtype = try context.type("out_type")
      return { run in
        let serialized = run.inputs[0]
        try require(
          serialized.dims.rank == 0,
          "Expected `serialized` to be a scalar, got shape: \(serialized.dims)")
        let tensor = try serialized.strings[0].withBytes { bytes in
          do { return try Tensor(serializedProto: bytes) } catch let error as TFError
            where error.code == .dataLoss
          {
            throw TFError.invalidArgument(
              "Could not parse `serialized` as TensorProto: \(error.message)")
          }
        }
        guard let tensor else {
          throw TFError.invalidArgument("Cannot parse tensor from proto: it holds no whole value")
        }
        try require(
          tensor.dtype == dtype,
          """
          Type mismatch between parsed tensor (\(tensor.dtype.signatureName)) and dtype \
          (\(dtype.signatureName))
          """)
        return [tensor]
      }
    }, gradient: .zero)

  package let serializeTensor = OpDef(
    "SerializeTensor",
    """
    tensor: T -> serialized: string
    T: type
    """, shape: ShapeRules.scalar,
    kernel: .run(["T": [.numbers, .bool, .string, DTypeSet(.resource, .variant)]]) { run in
      [try Tensor(strings: [run.inputs[0].serializedProto()], dims: [])]
    }, gradient: .zero)

  package let decodeJSONExample = OpDef(
    "DecodeJSONExample", "json_examples: string -> binary_examples: string",
    shape: ShapeRules.same,
    kernel: .run { run in
      try map(run.inputs[0]) { bytes, _ in try ExampleJSON.serialized(bytes) }
    }, gradient: .zero)

  package let decodeCompressed = OpDef(
    "DecodeCompressed",
    """
    bytes: string -> output: string
    compression_type: string = ''
    """, shape: ShapeRules.same,
    kernel: .dynamic { context in
      guard let compression = Compression(rawValue: try context.string("compression_type")) else {
        throw TFError.invalidArgument("Only ZLIB, GZIP or NONE are supported compressions")
      }
      return { run in
        if compression == .none { return [run.inputs[0]] }
        return try map(run.inputs[0]) { bytes, _ in
          try Inflater.unpack(Array(bytes), compression, most: 1 << 30)
        }
      }
    }, gradient: .zero)

  /// What `body` gives for each string.
  private static func map(
    _ input: Tensor, _ body: (UnsafeRawBufferPointer, Int) throws -> [UInt8]
  ) throws -> [Tensor] {
    let strings = input.strings
    let builder = try StringBuilder(count: strings.count)
    var pace = Pace()
    for index in strings.indices {
      let bytes = strings.bytes(index)
      try pace.step(bytes.count + 16)
      try builder.append(try body(bytes, index))
    }
    return try withExtendedLifetime(strings) {
      [Tensor(strings: try builder.finish(), dims: input.dims)]
    }
  }
}
