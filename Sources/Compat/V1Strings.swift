public import CoreOps
public import Ops
public import V1Graph

/// What TF-1 has of strings beside `tf.strings`.
extension V1API {
  /// Follows `tf.compat.v1.string_join`; see `tf.strings.join`.
  public static func stringJoin(
    _ inputs: [any TensorConvertible], separator: String = "", name: String? = nil
  ) throws -> Tensor { try StringsAPI.join(inputs, separator: separator, name: name) }

  /// The pieces of strings, a row for each. Follows `tf.compat.v1.string_split`.
  ///
  /// - Parameters:
  ///   - source: a vector.
  ///   - sep: characters that each end a piece; where it is empty, each byte is a piece.
  ///   - skipEmpty: whether empty pieces are left out.
  /// - Throws: `INVALID_ARGUMENT` for another rank.
  public static func stringSplit(
    _ source: some TensorConvertible, sep: String = " ", skipEmpty: Bool = true,
    name: String? = nil
  ) throws -> SparseTensor {
    try inScope(name, "StringSplit") { _ in
      let separator = try sep.asTensor().asConstant()
      let parts = try apply(
        SplitOps.family.split, [source.asTensor(), separator],
        Attrs().with("skip_empty", .bool(skipEmpty), unless: skipEmpty))
      return try SparseTensor(indices: parts[0], values: parts[1], denseShape: parts[2])
    }
  }

  /// Follows `tf.compat.v1.string_strip`; see `tf.strings.strip`.
  public static func stringStrip(_ input: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  { try StringsAPI.strip(input, name: name) }

  /// Follows `tf.compat.v1.string_to_number`; see `tf.strings.toNumber`.
  public static func stringToNumber(
    _ stringTensor: some TensorConvertible, outType: DType = .float32, name: String? = nil
  ) throws -> Tensor { try StringsAPI.toNumber(stringTensor, outType: outType, name: name) }

  /// The same with its arguments by position.
  public static func stringToNumber(
    _ stringTensor: some TensorConvertible, _ outType: DType, name: String? = nil
  ) throws -> Tensor { try StringsAPI.toNumber(stringTensor, outType: outType, name: name) }

  /// Follows `tf.compat.v1.string_to_hash_bucket`; see `tf.strings.toHashBucket`.
  public static func stringToHashBucket(
    _ stringTensor: some TensorConvertible, _ numBuckets: Int, name: String? = nil
  ) throws -> Tensor { try StringsAPI.toHashBucket(stringTensor, numBuckets, name: name) }

  /// Follows `tf.compat.v1.string_to_hash_bucket_fast`; see `tf.strings.toHashBucketFast`.
  public static func stringToHashBucketFast(
    _ input: some TensorConvertible, _ numBuckets: Int, name: String? = nil
  ) throws -> Tensor { try StringsAPI.toHashBucketFast(input, numBuckets, name: name) }

  /// Follows `tf.compat.v1.string_to_hash_bucket_strong`; see `tf.strings.toHashBucketStrong`.
  public static func stringToHashBucketStrong(
    _ input: some TensorConvertible, _ numBuckets: Int, _ key: [Int], name: String? = nil
  ) throws -> Tensor { try StringsAPI.toHashBucketStrong(input, numBuckets, key, name: name) }

  /// Follows `tf.compat.v1.regex_replace`; see `tf.strings.regexReplace`.
  public static func regexReplace(
    _ input: some TensorConvertible, _ pattern: String, _ rewrite: String,
    replaceGlobal: Bool = true, name: String? = nil
  ) throws -> Tensor {
    try StringsAPI.regexReplace(
      input, pattern, rewrite, replaceGlobal: replaceGlobal, name: name)
  }

  /// Follows `tf.compat.v1.substr`; see `tf.strings.substr`.
  public static func substr(
    _ input: some TensorConvertible, _ pos: some TensorConvertible, _ len: some TensorConvertible,
    name: String? = nil, unit: StringUnit = .byte
  ) throws -> Tensor { try StringsAPI.substr(input, pos, len, unit: unit, name: name) }

  /// Strings joined along dimensions. Follows `tf.compat.v1.reduce_join`; see
  /// `tf.strings.reduceJoin`.
  public static func reduceJoin(
    _ inputs: some TensorConvertible, axis: (any TensorConvertible)? = nil,
    separator: String = "", name: String? = nil, keepdims: Bool = false
  ) throws -> Tensor {
    try StringsAPI.reduceJoin(
      inputs, axis: axis, keepdims: keepdims, separator: separator, name: name)
  }
}
