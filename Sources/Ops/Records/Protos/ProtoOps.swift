package import CoreOps
import Serialization

/// Protocol buffers of schemas that a program brings along.
package struct ProtoOps: OpFamily {
  package static let family: Self = define(Self())

  package let decode = OpDef(
    "DecodeProtoV2",
    """
    bytes: string -> sizes: int32, values: output_types
    message_type: string
    field_names: list(string)
    output_types: list(type) >= 0
    descriptor_source: string = 'local://'
    message_format: string = 'binary'
    sanitize: bool = false
    """,
    shape: { context in
      let count = try context.list("field_names").count
      let batch = context.shapes[0]
      return [batch.concatenated(with: [count])]
        + (try context.types("output_types").map { _ in batch.concatenated(with: [nil]) })
    },
    kernel: .dynamic { context in
      let (schemas, message) = try schema(context)
      let (names, types) = (try context.strings("field_names"), try context.types("output_types"))
      try require(
        names.count == types.count,
        "field_names and output_types attributes must have the same length")
      let fields = try zip(names, types).map { name, dtype in
        try ProtoDecoder.Wanted(field(name, message), dtype, schemas)
      }
      let format = try context.string("message_format")
      try require(
        format == "binary" || format == "text", "format must be one of binary or text")
      let isText = format == "text"
      let sanitizes = try context.bool("sanitize")
      let decoder = ProtoDecoder(fields: fields)
      return { run in
        let input = run.inputs[0]
        try require(
          input.dims.elementCount >= 1, "Bufs argument must contain at least one value")
        guard isText || sanitizes else { return try decoder.decode(input) }
        return try decoder.decode(binary(input, schemas, message.name, isText: isText))
      }
    }, gradient: .zero)

  package let encode = OpDef(
    "EncodeProto",
    """
    sizes: int32, values: Tinput_types -> bytes: string
    field_names: list(string)
    message_type: string
    descriptor_source: string = 'local://'
    Tinput_types: list(type) >= 1
    """,
    shape: { context in
      var batch = PartialShape.unknown
      for input in 1..<context.inputCount {
        let shape = context.shapes[input]
        guard let rank = shape.rank else { continue }
        try require(
          rank >= 2, "Shape must be at least rank 2 but is rank \(rank) with shape \(shape)")
        batch = try batch.merged(with: shape.dropLast())
      }
      return [batch]
    },
    kernel: .dynamic { context in
      let (_, message) = try schema(context)
      let encoder = try ProtoEncoder(
        context.strings("field_names").map { try field($0, message) })
      return { run in
        [try encoder.encode(sizes: run.inputs[0], Array(run.inputs.dropFirst()))]
      }
    }, gradient: .zero)

  private static func schema(_ context: some AttrAccess) throws -> (ProtoSchemas, ProtoMessage) {
    let schemas = try ProtoSchemas.from(context.bytes("descriptor_source"))
    let name = try context.string("message_type")
    guard let message = schemas.messages[name] else {
      throw TFError.invalidArgument("No descriptor found for message type \(name)")
    }
    return (schemas, message)
  }

  private static func field(_ name: String, _ message: ProtoMessage) throws -> ProtoField {
    guard let field = message.fields.first(where: { $0.name == name }) else {
      throw TFError.invalidArgument("Unknown field: \(name) in message type \(message.name)")
    }
    return field
  }

  /// Messages of text, or ones that are not trusted, as messages that are well-formed.
  private static func binary(
    _ input: Tensor, _ schemas: ProtoSchemas, _ name: String, isText: Bool
  ) throws -> Tensor {
    let strings = input.strings
    let builder = try StringBuilder(count: strings.count)
    let (parser, sanitizer) = (ProtoText(schemas), ProtoSanitizer(schemas))
    var pace = Pace()
    for index in strings.indices {
      let bytes = strings.bytes(index)
      try pace.step(bytes.count * 8 + 64)
      do {
        try builder.append(
          isText
            ? parser.parse(String(decoding: bytes, as: UTF8.self), as: name)
            : sanitizer.sanitized(bytes, as: name))
      } catch let error as TFError
        where error.code == .invalidArgument || error.code == .dataLoss
      {
        throw TFError(
          .dataLoss, "Unable to parse \(isText ? "text" : "binary") protobuf: \(error.message)")
      }
    }
    return try withExtendedLifetime(strings) {
      Tensor(strings: try builder.finish(), dims: input.dims)
    }
  }
}

/// Writes messages of chosen fields.
private struct ProtoEncoder: Sendable {
  private let fields: [ProtoField]
  /// The fields by their numbers.
  private let order: [Int]

  init(_ fields: [ProtoField]) {
    self.fields = fields
    order = fields.indices.sorted { (fields[$0].number, $0) < (fields[$1].number, $1) }
  }

  /// - Throws: `INVALID_ARGUMENT` where dtypes, shapes and sizes do not fit.
  func encode(sizes: Tensor, _ values: [Tensor]) throws -> Tensor {
    try require(fields.count == values.count, "Length of inputs list must match field_names")
    for (field, value) in zip(fields, values) {
      try require(
        field.type.allows(value.dtype),
        """
        Incompatible type for field \(field.name).  Saw dtype: \(value.dtype.signatureName) but \
        field type is: \(field.type.name)
        """)
      try require(
        value.dims.rank >= 2,
        """
        Invalid shape for field \(field.name).  Saw shape \(value.dims) but it should be at least \
        a matrix.
        """)
      try require(
        value.dims.dims.dropLast() == values[0].dims.dims.dropLast(),
        "Values must match up to the last dimension")
    }
    let batch = Shape(values[0].dims.dims.dropLast())
    let expected = Shape(batch.dims + [fields.count])
    try require(
      sizes.dims == expected,
      """
      sizes should be batch_size + [len(field_names)].  Saw: \(sizes.dims) but expected: \
      \(expected)
      """)
    let counts = sizes.elements(Int32.self)
    let builder = try StringBuilder(count: batch.elementCount)
    var pace = Pace()
    for message in 0..<batch.elementCount {
      for (index, value) in values.enumerated() {
        let (count, most) = (Int(counts[message * fields.count + index]), value.dims.dims.last ?? 0)
        try require(
          count <= most,
          """
          Size to write must not be larger than value tensor; but saw: \(count) > \(most) at \
          message \(message) field \(index)
          """)
      }
      var writer = WireWriter()
      for index in order {
        let count = Int(counts[message * fields.count + index])
        let width = values[index].dims.dims.last ?? 0
        guard count > 0 else { continue }
        try pace.step(count + 16)
        write(fields[index], values[index], message * width, count, &writer)
      }
      try builder.append(writer.bytes)
    }
    return Tensor(strings: try builder.finish(), dims: batch)
  }

  private func write(
    _ field: ProtoField, _ values: Tensor, _ start: Int, _ count: Int, _ writer: inout WireWriter
  ) {
    if values.dtype == .string {
      let strings = values.strings
      for index in start..<start + count {
        let bytes = strings.bytes(index)
        writer.tag(field.number, field.type.wireType)
        if field.type != .group { writer.varint(UInt64(bytes.count)) }
        writer.raw(bytes)
        if field.type == .group { writer.tag(field.number, 4) }
      }
      return
    }
    guard field.isPacked else {
      for index in start..<start + count {
        writer.tag(field.number, field.type.wireType)
        write(field.type, values, index, &writer)
      }
      return
    }
    var packed = WireWriter()
    for index in start..<start + count { write(field.type, values, index, &packed) }
    writer.tag(field.number, 2)
    writer.block(packed.bytes)
  }

  private func write(
    _ type: ProtoType, _ values: Tensor, _ index: Int, _ writer: inout WireWriter
  ) {
    let bits: UInt64
    switch values.dtype {
    case .float32: bits = UInt64(values.elements(Float.self)[index].bitPattern)
    case .float64: bits = values.elements(Double.self)[index].bitPattern
    case .int32: bits = UInt64(bitPattern: Int64(values.elements(Int32.self)[index]))
    case .uint32: bits = UInt64(values.elements(UInt32.self)[index])
    case .bool: bits = values.elements(UInt8.self)[index] != 0 ? 1 : 0
    default: bits = values.elements(UInt64.self)[index]
    }
    switch type {
    case .double, .fixed64, .sfixed64: writer.fixed64(bits)
    case .float where values.dtype == .float64:
      writer.fixed32(Float(Double(bitPattern: bits)).bitPattern)
    case .float, .fixed32, .sfixed32: writer.fixed32(UInt32(truncatingIfNeeded: bits))
    case .uint32: writer.varint(UInt64(UInt32(truncatingIfNeeded: bits)))
    case .int32, .enumeration:
      writer.varint(UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: bits))))
    case .sint32:
      let value = Int32(truncatingIfNeeded: bits)
      writer.varint(UInt64(UInt32(bitPattern: value << 1 ^ value >> 31)))
    case .sint64:
      let value = Int64(bitPattern: bits)
      writer.varint(UInt64(bitPattern: value << 1 ^ value >> 63))
    default: writer.varint(bits)
    }
  }
}
