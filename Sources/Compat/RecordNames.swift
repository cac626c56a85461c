public import Ops
public import Serialization

/// `tf.python_io`: files of records.
public enum PythonIOAPI {
  public typealias TFRecordWriter = Serialization.TFRecordWriter
  public typealias TFRecordOptions = Serialization.TFRecordOptions

  /// The records of a file, one after the other. Follows `tf.compat.v1.io.tf_record_iterator`.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - options: how it is compressed.
  /// - Throws: as opening the file.
  public static func tfRecordIterator(
    _ path: String, options: TFRecordOptions = TFRecordOptions()
  ) throws -> TFRecordIterator { try TFRecordIterator(path, options: options) }
}

/// What TF-1 has outside of `tf.io`: the same functions with its order of arguments.
extension V1API {
  public typealias pythonIo = PythonIOAPI
  public typealias IdentityReader = OpsRecords.IdentityReader
  public typealias WholeFileReader = OpsRecords.WholeFileReader
  public typealias TextLineReader = OpsRecords.TextLineReader
  public typealias FixedLengthRecordReader = OpsRecords.FixedLengthRecordReader
  public typealias TFRecordReader = OpsRecords.TFRecordReader
  public typealias FixedLenFeature = IOAPI.FixedLenFeature
  public typealias VarLenFeature = IOAPI.VarLenFeature
  public typealias FixedLenSequenceFeature = IOAPI.FixedLenSequenceFeature

  /// As `tf.io.parseExample`. Follows `tf.compat.v1.parse_example`.
  public static func parseExample(
    _ serialized: some TensorConvertible, _ features: [String: any ExampleFeature],
    name: String? = nil, exampleNames: (any TensorConvertible)? = nil
  ) throws -> [String: ParsedFeature] {
    try IOAPI.parseExample(serialized, features: features, exampleNames: exampleNames, name: name)
  }

  /// The same with a label.
  public static func parseExample(
    _ serialized: some TensorConvertible, features: [String: any ExampleFeature],
    name: String? = nil, exampleNames: (any TensorConvertible)? = nil
  ) throws -> [String: ParsedFeature] {
    try parseExample(serialized, features, name: name, exampleNames: exampleNames)
  }

  /// As `tf.io.parseSingleExample`. Follows `tf.compat.v1.parse_single_example`.
  public static func parseSingleExample(
    _ serialized: some TensorConvertible, _ features: [String: any ExampleFeature],
    name: String? = nil, exampleNames: (any TensorConvertible)? = nil
  ) throws -> [String: ParsedFeature] {
    try IOAPI.parseSingleExample(
      serialized, features: features, exampleNames: exampleNames, name: name)
  }

  /// The same with a label.
  public static func parseSingleExample(
    _ serialized: some TensorConvertible, features: [String: any ExampleFeature],
    name: String? = nil, exampleNames: (any TensorConvertible)? = nil
  ) throws -> [String: ParsedFeature] {
    try parseSingleExample(serialized, features, name: name, exampleNames: exampleNames)
  }

  /// As `tf.io.parseSingleSequenceExample`. Follows
  /// `tf.compat.v1.parse_single_sequence_example`.
  public static func parseSingleSequenceExample(
    _ serialized: some TensorConvertible, contextFeatures: [String: any ExampleFeature] = [:],
    sequenceFeatures: [String: any ExampleFeature] = [:],
    exampleName: (any TensorConvertible)? = nil, name: String? = nil
  ) throws -> (context: [String: ParsedFeature], sequences: [String: ParsedFeature]) {
    try IOAPI.parseSingleSequenceExample(
      serialized, contextFeatures: contextFeatures, sequenceFeatures: sequenceFeatures,
      exampleName: exampleName, name: name)
  }

  /// As `tf.io.readFile`. Follows `tf.compat.v1.read_file`.
  public static func readFile(_ filename: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  { try IOAPI.readFile(filename, name: name) }

  /// As `tf.io.writeFile`. Follows `tf.compat.v1.write_file`.
  public static func writeFile(
    _ filename: some TensorConvertible, _ contents: some TensorConvertible, name: String? = nil
  ) throws { try IOAPI.writeFile(filename, contents: contents, name: name) }

  /// As `tf.io.matchingFiles`. Follows `tf.compat.v1.matching_files`.
  public static func matchingFiles(_ pattern: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  { try IOAPI.matchingFiles(pattern, name: name) }

  /// As `tf.io.decodeRaw`. Follows `tf.compat.v1.decode_raw`.
  public static func decodeRaw(
    _ inputBytes: some TensorConvertible, _ outType: DType, littleEndian: Bool = true,
    name: String? = nil
  ) throws -> Tensor {
    try IOAPI.decodeRaw(inputBytes, outType: outType, littleEndian: littleEndian, name: name)
  }

  /// As `tf.io.decodeCsv`. Follows `tf.compat.v1.decode_csv`.
  public static func decodeCsv(
    _ records: some TensorConvertible, _ recordDefaults: [any TensorConvertible],
    fieldDelim: String = ",", useQuoteDelim: Bool = true, name: String? = nil,
    naValue: String = "", selectCols: [Int]? = nil
  ) throws -> [Tensor] {
    try IOAPI.decodeCsv(
      records, recordDefaults: recordDefaults, fieldDelim: fieldDelim,
      useQuoteDelim: useQuoteDelim, naValue: naValue, selectCols: selectCols, name: name)
  }

  /// As `tf.io.serializeTensor`. Follows `tf.compat.v1.serialize_tensor`.
  public static func serializeTensor(_ tensor: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  { try IOAPI.serializeTensor(tensor, name: name) }

  /// As `tf.io.parseTensor`. Follows `tf.compat.v1.parse_tensor`.
  public static func parseTensor(
    _ serialized: some TensorConvertible, _ outType: DType, name: String? = nil
  ) throws -> Tensor { try IOAPI.parseTensor(serialized, outType: outType, name: name) }

  /// As `tf.io.decodeBase64`. Follows `tf.compat.v1.decode_base64`.
  public static func decodeBase64(_ input: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  { try IOAPI.decodeBase64(input, name: name) }

  /// As `tf.io.encodeBase64`. Follows `tf.compat.v1.encode_base64`.
  public static func encodeBase64(
    _ input: some TensorConvertible, pad: Bool = false, name: String? = nil
  ) throws -> Tensor { try IOAPI.encodeBase64(input, pad: pad, name: name) }

  /// As `tf.io.decodeCompressed`. Follows `tf.compat.v1.decode_compressed`.
  public static func decodeCompressed(
    _ bytes: some TensorConvertible, compressionType: String = "", name: String? = nil
  ) throws -> Tensor {
    try IOAPI.decodeCompressed(bytes, compressionType: compressionType, name: name)
  }

  /// As `tf.io.decodeJsonExample`. Follows `tf.compat.v1.decode_json_example`.
  public static func decodeJsonExample(
    _ jsonExamples: some TensorConvertible, name: String? = nil
  ) throws -> Tensor { try IOAPI.decodeJsonExample(jsonExamples, name: name) }
}
