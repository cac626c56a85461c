public import CoreOps
import OpsStrings
public import Serialization

extension SharedAPI { public typealias io = IOAPI }

/// `tf.io`. In each function `name` is the node's name in a graph.
public enum IOAPI {
  public typealias TFRecordWriter = Serialization.TFRecordWriter
  public typealias TFRecordOptions = Serialization.TFRecordOptions
}

extension IOAPI {
  /// The bytes of a file. Follows `tf.io.read_file`.
  ///
  /// - Parameter filename: its path, a string scalar.
  /// - Throws: `NOT_FOUND`, `PERMISSION_DENIED`.
  public static func readFile(_ filename: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try FileOps.family.readFile([filename.asTensor(preferring: .string)], name: name)
  }

  /// Writes a file, and makes the folders that it lies in. Follows `tf.io.write_file`.
  ///
  /// - Parameters:
  ///   - filename: its path, a string scalar.
  ///   - contents: its bytes, a string scalar.
  /// - Throws: as the system says.
  public static func writeFile(
    _ filename: some TensorConvertible, contents: some TensorConvertible, name: String? = nil
  ) throws {
    _ = try apply(
      FileOps.family.writeFile,
      [filename.asTensor(preferring: .string), contents.asTensor(preferring: .string)], name: name)
  }

  /// The same with its arguments by position.
  public static func writeFile(
    _ filename: some TensorConvertible, _ contents: some TensorConvertible, name: String? = nil
  ) throws { try writeFile(filename, contents: contents, name: name) }

  /// The paths of the files that match patterns, in the order of their bytes. Follows
  /// `tf.io.matching_files`.
  ///
  /// - Parameter pattern: a scalar or a vector; `*`, `?` and `[…]` stand for parts of a name.
  public static func matchingFiles(_ pattern: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try FileOps.family.matchingFiles([pattern.asTensor(preferring: .string)], name: name)
  }

  /// Numbers from their bytes. Follows `tf.io.decode_raw`.
  ///
  /// - Parameters:
  ///   - inputBytes: strings of one length, or of any where `fixedLength` is given.
  ///   - outType: the numbers' dtype.
  ///   - littleEndian: whether the lowest byte of a number comes first.
  ///   - fixedLength: to how many bytes each string is cut or padded with zeros.
  /// - Returns: the shape of the strings, and a dimension for the numbers in each.
  /// - Throws: `INVALID_ARGUMENT` when a string's length is not one of whole numbers.
  public static func decodeRaw(
    _ inputBytes: some TensorConvertible, outType: DType, littleEndian: Bool = true,
    fixedLength: Int? = nil, name: String? = nil
  ) throws -> Tensor {
    let bytes = try inputBytes.asTensor(preferring: .string)
    let attrs = Attrs().with("out_type", .type(outType))
      .with("little_endian", .bool(littleEndian), unless: littleEndian)
    guard let fixedLength else { return try RawOps.family.decodeRaw([bytes], attrs, name: name) }
    return try RawOps.family.decodePaddedRaw(
      [bytes, fixedLength.asTensor(preferring: .int32)], attrs, name: name)
  }

  /// The same with the dtype by position.
  public static func decodeRaw(
    _ inputBytes: some TensorConvertible, _ outType: DType, littleEndian: Bool = true,
    fixedLength: Int? = nil, name: String? = nil
  ) throws -> Tensor {
    try decodeRaw(
      inputBytes, outType: outType, littleEndian: littleEndian, fixedLength: fixedLength,
      name: name)
  }

  /// The columns of comma-separated values. Follows `tf.io.decode_csv`.
  ///
  /// - Parameters:
  ///   - records: a string for each line.
  ///   - recordDefaults: for each column a value of its dtype, which stands for an empty field; or
  ///     an empty tensor where a field must not be empty.
  ///   - fieldDelim: what separates fields.
  ///   - useQuoteDelim: whether quotes stand around fields and not in them.
  ///   - naValue: what else stands for an empty field.
  ///   - selectCols: the columns that are wanted; nil for all.
  /// - Throws: `INVALID_ARGUMENT` when a line does not fit.
  public static func decodeCsv(
    _ records: some TensorConvertible, recordDefaults: [any TensorConvertible],
    fieldDelim: String = ",", useQuoteDelim: Bool = true, naValue: String = "",
    selectCols: [Int]? = nil, name: String? = nil
  ) throws -> [Tensor] {
    let inputs =
      try [records.asTensor(preferring: .string)]
      + recordDefaults.map {
        try $0.asTensor()
      }
    let attrs = Attrs().with("field_delim", .string(fieldDelim), unless: fieldDelim == ",")
      .with("use_quote_delim", .bool(useQuoteDelim), unless: useQuoteDelim)
      .with("na_value", .string(naValue), unless: naValue.isEmpty)
      .with("select_cols", .ints(selectCols ?? []), unless: selectCols == nil)
    return try apply(CSVOps.family.decode, inputs, attrs, name: name)
  }

  /// The same with the defaults by position.
  public static func decodeCsv(
    _ records: some TensorConvertible, _ recordDefaults: [any TensorConvertible],
    fieldDelim: String = ",", useQuoteDelim: Bool = true, naValue: String = "",
    selectCols: [Int]? = nil, name: String? = nil
  ) throws -> [Tensor] {
    try decodeCsv(
      records, recordDefaults: recordDefaults, fieldDelim: fieldDelim,
      useQuoteDelim: useQuoteDelim, naValue: naValue, selectCols: selectCols, name: name)
  }

  /// Strings from base64 that is safe in addresses. Follows `tf.io.decode_base64`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when a string is not base64.
  public static func decodeBase64(_ input: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try Base64Ops.family.decode([input.asTensor(preferring: .string)], name: name)
  }

  /// Strings in base64 that is safe in addresses. Follows `tf.io.encode_base64`.
  ///
  /// - Parameter pad: whether lengths are made multiples of 4 by `=`.
  public static func encodeBase64(
    _ input: some TensorConvertible, pad: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try Base64Ops.family.encode(
      [input.asTensor(preferring: .string)], Attrs().with("pad", .bool(pad), unless: !pad),
      name: name)
  }

  /// The bytes that strings unpack to. Follows `tf.io.decode_compressed`.
  ///
  /// - Parameter compressionType: `""`, `"GZIP"` or `"ZLIB"`.
  /// - Throws: `DATA_LOSS` when a string is damaged.
  public static func decodeCompressed(
    _ bytes: some TensorConvertible, compressionType: String = "", name: String? = nil
  ) throws -> Tensor {
    try MessageOps.family.decodeCompressed(
      [bytes.asTensor(preferring: .string)],
      Attrs().with(
        "compression_type", .string(compressionType), unless: compressionType.isEmpty), name: name)
  }

  /// Serialized examples from their JSON. Follows `tf.io.decode_json_example`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when a string is not JSON of an example.
  public static func decodeJsonExample(
    _ jsonExamples: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try MessageOps.family.decodeJSONExample(
      [jsonExamples.asTensor(preferring: .string)], name: name)
  }

  /// A tensor as a message that has its dtype and shape. Follows `tf.io.serialize_tensor`.
  public static func serializeTensor(_ tensor: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try MessageOps.family.serializeTensor([tensor.asTensor()], name: name)
  }

  /// A tensor that was serialized. Follows `tf.io.parse_tensor`.
  ///
  /// - Parameters:
  ///   - serialized: the message, a string scalar.
  ///   - outType: the tensor's dtype.
  /// - Throws: `INVALID_ARGUMENT` when the message is none, or of another dtype.
  public static func parseTensor(
    _ serialized: some TensorConvertible, outType: DType, name: String? = nil
  ) throws -> Tensor {
    try MessageOps.family.parseTensor(
      [serialized.asTensor(preferring: .string)], ["out_type": .type(outType)], name: name)
  }

  /// The same with the dtype by position.
  public static func parseTensor(
    _ serialized: some TensorConvertible, _ outType: DType, name: String? = nil
  ) throws -> Tensor { try parseTensor(serialized, outType: outType, name: name) }

  /// The values of chosen fields of protocol buffers. Follows `tf.io.decode_proto`.
  ///
  /// - Parameters:
  ///   - bytes: serialized messages.
  ///   - messageType: the full name of their type.
  ///   - fieldNames: the fields.
  ///   - outputTypes: for each field the dtype of its values.
  ///   - descriptorSource: the path of a `FileDescriptorSet`, or `bytes://` with one.
  ///   - messageFormat: `"binary"` or `"text"`.
  ///   - sanitize: whether messages are checked as a whole first.
  /// - Returns: how many values each field has in each message, and for each field the values,
  ///   padded with its default.
  /// - Throws: `INVALID_ARGUMENT` for unknown types and fields; `DATA_LOSS` for damaged messages.
  public static func decodeProto(
    _ bytes: some TensorConvertible, messageType: String, fieldNames: [String],
    outputTypes: [DType], descriptorSource: String = "local://",
    messageFormat: String = "binary", sanitize: Bool = false, name: String? = nil
  ) throws -> (sizes: Tensor, values: [Tensor]) {
    let attrs: Attrs = [
      "message_type": .string(messageType), "field_names": .strings(fieldNames),
      "output_types": .types(outputTypes),
    ]
    let outputs = try apply(
      ProtoOps.family.decode, [bytes.asTensor(preferring: .string)],
      attrs.with(
        "descriptor_source", .string(descriptorSource), unless: descriptorSource == "local://"
      )
      .with("message_format", .string(messageFormat), unless: messageFormat == "binary")
      .with("sanitize", .bool(sanitize), unless: !sanitize), name: name)
    return (outputs[0], Array(outputs.dropFirst()))
  }

  /// Serialized protocol buffers of chosen fields. Follows `tf.io.encode_proto`.
  ///
  /// - Parameters:
  ///   - sizes: int32, how many values of each field each message gets.
  ///   - values: for each field the values.
  ///   - fieldNames: the fields.
  ///   - messageType: the full name of the messages' type.
  ///   - descriptorSource: as for `decodeProto`.
  /// - Throws: `INVALID_ARGUMENT` where shapes, dtypes or names do not fit.
  public static func encodeProto(
    _ sizes: some TensorConvertible, values: [any TensorConvertible], fieldNames: [String],
    messageType: String, descriptorSource: String = "local://", name: String? = nil
  ) throws -> Tensor {
    let inputs = try [sizes.asTensor(preferring: .int32)] + values.map { try $0.asTensor() }
    let attrs: Attrs = [
      "field_names": .strings(fieldNames), "message_type": .string(messageType),
    ]
    return try ProtoOps.family.encode(
      inputs,
      attrs.with(
        "descriptor_source", .string(descriptorSource), unless: descriptorSource == "local://"),
      name: name)
  }
}
