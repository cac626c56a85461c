public import CoreOps

extension SharedAPI {
  public typealias strings = StringsAPI
}

/// What a length or a position of a string counts: `.byte`, `.utf8Char`, or their names.
public struct StringUnit: Sendable, Hashable, ExpressibleByStringLiteral {
  let name: String
  public static let byte = StringUnit("BYTE")
  public static let utf8Char = StringUnit("UTF8_CHAR")

  public init(stringLiteral value: String) { self.init(value) }
  public init(_ value: String) { name = value }

  fileprivate var attrs: Attrs { Attrs().with("unit", .string(name), unless: name == "BYTE") }
}

/// `tf.strings`. In each function `name` is the node's name in a graph.
public enum StringsAPI {}

extension StringsAPI {
  private static func one(
    _ op: OpDef, _ input: some TensorConvertible, _ attrs: Attrs, _ name: String?
  ) throws -> Tensor {
    try op([input.asTensor(preferring: .string)], attrs, name: name)
  }

  /// Strings joined element by element; scalars go with every element. Follows `tf.strings.join`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not fit.
  public static func join(
    _ inputs: [any TensorConvertible], separator: String = "", name: String? = nil
  ) throws -> Tensor {
    try StringOps.family.join(
      inputs.map { try $0.asTensor() },
      Attrs().with("separator", .string(separator), unless: separator.isEmpty), name: name)
  }

  /// The same with its arguments by position.
  public static func join(
    _ inputs: [any TensorConvertible], _ separator: String, name: String? = nil
  ) throws -> Tensor {
    try join(inputs, separator: separator, name: name)
  }

  /// Parts of strings. Follows `tf.strings.substr`.
  ///
  /// - Parameters:
  ///   - pos: where each part begins; counted from the end when negative.
  ///   - len: how long it is at most.
  ///   - unit: what both count.
  /// - Throws: `INVALID_ARGUMENT` where a string has no such position, or shapes do not fit.
  public static func substr(
    _ input: some TensorConvertible, pos: some TensorConvertible, len: some TensorConvertible,
    unit: StringUnit = .byte, name: String? = nil
  ) throws -> Tensor {
    let (pos, len) = (try pos.asTensor(), try len.asTensor())
    return try SubstrOps.family.substr([input.asTensor(), pos, len], unit.attrs, name: name)
  }

  /// The same with its arguments by position.
  public static func substr(
    _ input: some TensorConvertible, _ pos: some TensorConvertible, _ len: some TensorConvertible,
    unit: StringUnit = .byte, name: String? = nil
  ) throws -> Tensor {
    try substr(input, pos: pos, len: len, unit: unit, name: name)
  }

  /// How long strings are. Follows `tf.strings.length`.
  public static func length(
    _ input: some TensorConvertible, unit: StringUnit = .byte, name: String? = nil
  ) throws -> Tensor { try one(CaseOps.family.length, input, unit.attrs, name) }

  private static func encoded(_ encoding: String) -> Attrs {
    Attrs().with("encoding", .string(encoding), unless: encoding.isEmpty)
  }

  /// Lower case. Follows `tf.strings.lower`.
  ///
  /// - Parameter encoding: `utf-8`, or nothing for the letters of ASCII alone.
  /// - Throws: `INVALID_ARGUMENT` for another encoding.
  public static func lower(
    _ input: some TensorConvertible, encoding: String = "", name: String? = nil
  ) throws -> Tensor { try one(CaseOps.family.lower, input, encoded(encoding), name) }

  /// Upper case. Follows `tf.strings.upper`; `encoding` is as for `lower`.
  public static func upper(
    _ input: some TensorConvertible, encoding: String = "", name: String? = nil
  ) throws -> Tensor { try one(CaseOps.family.upper, input, encoded(encoding), name) }

  /// Without the blanks at both ends. Follows `tf.strings.strip`.
  public static func strip(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try one(CaseOps.family.strip, input, [:], name)
  }

  /// The numbers that strings say. Follows `tf.strings.to_number`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a string that is no such number.
  public static func toNumber(
    _ input: some TensorConvertible, outType: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try one(
      NumberParsingOps.family.toNumber, input,
      Attrs().with("out_type", .type(outType), unless: outType == .float32), name)
  }

  /// The same with its arguments by position.
  public static func toNumber(
    _ input: some TensorConvertible, _ outType: DType, name: String? = nil
  ) throws -> Tensor { try toNumber(input, outType: outType, name: name) }

  /// Elements as text. Follows `tf.strings.as_string`.
  ///
  /// - Parameters:
  ///   - precision: digits behind the point of real numbers; -1 for C's.
  ///   - scientific: whether they have an exponent.
  ///   - shortest: whether they are written as short as either way.
  ///   - width: how long each string is at least; -1 for any.
  ///   - fill: what fills it up, as in C's formats.
  /// - Throws: `INVALID_ARGUMENT` for options that do not go with the dtype.
  @_disfavoredOverload
  public static func asString(
    _ input: some TensorConvertible, precision: Int = -1, scientific: Bool = false,
    shortest: Bool = false, width: Int = -1, fill: String = "", name: String? = nil
  ) throws -> Tensor {
    try StringOps.family.asString(
      [input.asTensor()],
      Attrs().with("precision", .int(precision), unless: precision == -1)
        .with("scientific", .bool(scientific), unless: !scientific)
        .with("shortest", .bool(shortest), unless: !shortest)
        .with("width", .int(width), unless: width == -1)
        .with("fill", .string(fill), unless: fill.isEmpty), name: name)
  }

  /// The same of a literal.
  public static func asString(
    _ input: TensorLiteral, precision: Int = -1, scientific: Bool = false, shortest: Bool = false,
    width: Int = -1, fill: String = "", name: String? = nil
  ) throws -> Tensor {
    try asString(
      input.asTensor(), precision: precision, scientific: scientific, shortest: shortest,
      width: width, fill: fill, name: name)
  }

  /// Strings with what matches a pattern (of RE2) replaced. Follows `tf.strings.regex_replace`.
  ///
  /// - Parameters:
  ///   - rewrite: what comes instead: `\0` is the match, `\1` to `\9` are its groups.
  ///   - replaceGlobal: whether all matches are replaced, or the first.
  /// - Throws: `INVALID_ARGUMENT` for a pattern that is none.
  public static func regexReplace(
    _ input: some TensorConvertible, pattern: String, rewrite: String, replaceGlobal: Bool = true,
    name: String? = nil
  ) throws -> Tensor {
    try one(
      RegexOps.family.staticReplace, input,
      Attrs().with("pattern", .string(pattern)).with("rewrite", .string(rewrite))
        .with("replace_global", .bool(replaceGlobal), unless: replaceGlobal), name)
  }

  /// The same with its arguments by position.
  public static func regexReplace(
    _ input: some TensorConvertible, _ pattern: String, _ rewrite: String,
    replaceGlobal: Bool = true, name: String? = nil
  ) throws -> Tensor {
    try regexReplace(
      input, pattern: pattern, rewrite: rewrite, replaceGlobal: replaceGlobal, name: name)
  }

  /// The same with a pattern and a rewrite that are tensors.
  public static func regexReplace(
    _ input: some TensorConvertible, pattern: Tensor, rewrite: some TensorConvertible,
    replaceGlobal: Bool = true, name: String? = nil
  ) throws -> Tensor {
    try RegexOps.family.replace(
      [input.asTensor(), pattern, rewrite.asTensor()],
      Attrs().with("replace_global", .bool(replaceGlobal), unless: replaceGlobal), name: name)
  }

  /// Whether a pattern (of RE2) matches all of each string. Follows `tf.strings.regex_full_match`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a pattern that is none.
  public static func regexFullMatch(
    _ input: some TensorConvertible, pattern: String, name: String? = nil
  ) throws -> Tensor {
    try one(
      RegexOps.family.staticFullMatch, input, ["pattern": .string(pattern)], name)
  }

  /// The same with its arguments by position.
  public static func regexFullMatch(
    _ input: some TensorConvertible, _ pattern: String, name: String? = nil
  ) throws -> Tensor { try regexFullMatch(input, pattern: pattern, name: name) }

  /// The same with a pattern that is a tensor.
  public static func regexFullMatch(
    _ input: some TensorConvertible, pattern: Tensor, name: String? = nil
  ) throws -> Tensor { try RegexOps.family.fullMatch([input.asTensor(), pattern], name: name) }

  /// A bucket for each string by a hash that may change between versions of TensorFlow. Follows
  /// `tf.strings.to_hash_bucket`.
  public static func toHashBucket(
    _ input: some TensorConvertible, numBuckets: Int, name: String? = nil
  ) throws -> Tensor {
    try one(HashOps.family.toHashBucket, input, ["num_buckets": .int(numBuckets)], name)
  }

  /// The same with its arguments by position.
  public static func toHashBucket(
    _ input: some TensorConvertible, _ numBuckets: Int, name: String? = nil
  ) throws -> Tensor { try toHashBucket(input, numBuckets: numBuckets, name: name) }

  /// A bucket for each string by its fingerprint. Follows `tf.strings.to_hash_bucket_fast`.
  public static func toHashBucketFast(
    _ input: some TensorConvertible, numBuckets: Int, name: String? = nil
  ) throws -> Tensor {
    try one(HashOps.family.toHashBucketFast, input, ["num_buckets": .int(numBuckets)], name)
  }

  /// The same with its arguments by position.
  public static func toHashBucketFast(
    _ input: some TensorConvertible, _ numBuckets: Int, name: String? = nil
  ) throws -> Tensor { try toHashBucketFast(input, numBuckets: numBuckets, name: name) }

  /// A bucket for each string by a keyed hash. Follows `tf.strings.to_hash_bucket_strong`.
  ///
  /// - Parameter key: two numbers.
  /// - Throws: `INVALID_ARGUMENT` for another key.
  public static func toHashBucketStrong(
    _ input: some TensorConvertible, numBuckets: Int, key: [Int], name: String? = nil
  ) throws -> Tensor {
    try one(
      HashOps.family.toHashBucketStrong, input,
      ["num_buckets": .int(numBuckets), "key": .ints(key)], name)
  }

  /// The same with its arguments by position.
  public static func toHashBucketStrong(
    _ input: some TensorConvertible, _ numBuckets: Int, _ key: [Int], name: String? = nil
  ) throws -> Tensor { try toHashBucketStrong(input, numBuckets: numBuckets, key: key, name: name) }
}

extension SharedAPI {
  /// Elements as text. Follows `tf.as_string`; the parameters are those of `tf.strings.asString`.
  @_disfavoredOverload
  public static func asString(
    _ input: some TensorConvertible, precision: Int = -1, scientific: Bool = false,
    shortest: Bool = false, width: Int = -1, fill: String = "", name: String? = nil
  ) throws -> Tensor {
    try StringsAPI.asString(
      input, precision: precision, scientific: scientific, shortest: shortest, width: width,
      fill: fill, name: name)
  }

  /// The same of a literal.
  public static func asString(
    _ input: TensorLiteral, precision: Int = -1, scientific: Bool = false, shortest: Bool = false,
    width: Int = -1, fill: String = "", name: String? = nil
  ) throws -> Tensor {
    try StringsAPI.asString(
      input, precision: precision, scientific: scientific, shortest: shortest, width: width,
      fill: fill, name: name)
  }

  /// Eight bytes for each row, which are the same for ever. Follows `tf.fingerprint`.
  ///
  /// - Parameter method: `farmhash64`.
  /// - Throws: `INVALID_ARGUMENT` for another method, and for a scalar.
  public static func fingerprint(
    _ data: some TensorConvertible, method: some TensorConvertible = "farmhash64",
    name: String? = nil
  ) throws -> Tensor {
    try FingerprintOps.family.fingerprint([data.asTensor(), method.asTensor()], name: name)
  }
}
