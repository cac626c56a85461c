public import CoreOps

/// What becomes of bytes that are no character: `.replace`, `.ignore`, `.strict`, or their names.
public struct UnicodeErrors: Sendable, Hashable, ExpressibleByStringLiteral {
  let name: String
  /// Another character stands there.
  public static let replace = UnicodeErrors("replace")
  /// Nothing does.
  public static let ignore = UnicodeErrors("ignore")
  /// The call fails.
  public static let strict = UnicodeErrors("strict")

  public init(stringLiteral value: String) { self.init(value) }
  public init(_ value: String) { name = value }
}

extension StringsAPI {
  static func repair(
    _ errors: UnicodeErrors, _ replacement: Int, _ replacesControls: Bool = false
  ) -> Attrs {
    Attrs().with("errors", .string(errors.name), unless: errors == .replace)
      .with("replacement_char", .int(replacement), unless: replacement == 65533)
      .with("replace_control_characters", .bool(true), unless: !replacesControls)
  }

  /// Strings joined along dimensions. Follows `tf.strings.reduce_join`.
  ///
  /// - Parameters:
  ///   - axis: one or several; all, from the last to the first, by default.
  ///   - keepdims: whether the dimensions stay, with size 1.
  /// - Throws: `OUT_OF_RANGE` for an axis that is not there.
  public static func reduceJoin(
    _ inputs: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    separator: String = "", name: String? = nil
  ) throws -> Tensor {
    let inputs = try inputs.asTensor()
    return try inScope(nil, "ReduceJoin") { _ in
      let axes: Tensor
      if let axis {
        axes = try axis.asTensor(preferring: .int32)
      } else if let rank = inputs.shape.rank {
        axes = try Tensor((0..<rank).reversed().map { Int32($0) }, dims: [rank])
          .asConstant()
      } else {
        axes = try SearchOps.family.range([
          BinaryOps.family.subtract(ShapeOps.family.rank([inputs]), Int32(1)), Int32(-1).asTensor(),
          Int32(-1).asTensor(),
        ])
      }
      return try StringOps.family.reduceJoin(
        [inputs, axes],
        Attrs().with("keep_dims", .bool(keepdims), unless: !keepdims)
          .with("separator", .string(separator), unless: separator.isEmpty), name: name)
    }
  }

  /// Strings joined by the segment that each belongs to. Follows
  /// `tf.strings.unsorted_segment_join`.
  ///
  /// - Parameters:
  ///   - segmentIds: as many numbers as `inputs` has rows.
  ///   - numSegments: how many segments there are.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not fit and numbers out of range.
  public static func unsortedSegmentJoin(
    _ inputs: some TensorConvertible, segmentIds: some TensorConvertible,
    numSegments: some TensorConvertible, separator: String = "", name: String? = nil
  ) throws -> Tensor {
    try SegmentJoinOps.family.unsortedSegmentJoin(
      [
        inputs.asTensor(), segmentIds.asTensor(), numSegments.asTensor(preferring: .int32),
      ], Attrs().with("separator", .string(separator), unless: separator.isEmpty), name: name)
  }

  /// The same with its arguments by position.
  public static func unsortedSegmentJoin(
    _ inputs: some TensorConvertible, _ segmentIds: some TensorConvertible,
    _ numSegments: some TensorConvertible, separator: String = "", name: String? = nil
  ) throws -> Tensor {
    try unsortedSegmentJoin(
      inputs, segmentIds: segmentIds, numSegments: numSegments, separator: separator, name: name)
  }

  /// A text with tensors in the places of its placeholders. Follows `tf.strings.format`.
  ///
  /// - Parameter summarize: how many elements at each end of a dimension are shown; -1 for all.
  /// - Throws: `INVALID_ARGUMENT` where the numbers of placeholders and tensors differ.
  public static func format(
    _ template: String, inputs: [any TensorConvertible], placeholder: String = "{}",
    summarize: Int = 3, name: String? = nil
  ) throws -> Tensor {
    try SegmentJoinOps.family.stringFormat(
      inputs.map { try $0.asTensor() },
      Attrs().with("template", .string(template)).with("placeholder", .string(placeholder))
        .with("summarize", .int(summarize), unless: summarize == 3), name: name)
  }

  /// The same with its arguments by position.
  public static func format(
    _ template: String, _ inputs: [any TensorConvertible], placeholder: String = "{}",
    summarize: Int = 3, name: String? = nil
  ) throws -> Tensor {
    try format(
      template, inputs: inputs, placeholder: placeholder, summarize: summarize, name: name)
  }

  /// The same of one tensor.
  public static func format(
    _ template: String, _ input: Tensor, placeholder: String = "{}", summarize: Int = 3,
    name: String? = nil
  ) throws -> Tensor {
    try format(
      template, inputs: [input], placeholder: placeholder, summarize: summarize, name: name)
  }

  /// Text in another encoding. Follows `tf.strings.unicode_transcode`.
  ///
  /// - Parameters:
  ///   - inputEncoding: one that ICU knows.
  ///   - outputEncoding: `UTF-8`, `UTF-16-BE` or `UTF-32-BE`.
  ///   - replacementChar: a code point.
  ///   - replaceControlCharacters: whether those below 32 are no characters either.
  /// - Throws: `INVALID_ARGUMENT` for encodings that are not there, and for what is no character
  ///   with `errors: .strict`.
  public static func unicodeTranscode(
    _ input: some TensorConvertible, inputEncoding: String, outputEncoding: String,
    errors: UnicodeErrors = .replace, replacementChar: Int = 65533,
    replaceControlCharacters: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try UnicodeOps.family.transcode(
      [input.asTensor()],
      repair(errors, replacementChar, replaceControlCharacters)
        .with("input_encoding", .string(inputEncoding))
        .with("output_encoding", .string(outputEncoding)), name: name)
  }

  /// The same with its arguments by position.
  public static func unicodeTranscode(
    _ input: some TensorConvertible, _ inputEncoding: String, _ outputEncoding: String,
    errors: UnicodeErrors = .replace, replacementChar: Int = 65533,
    replaceControlCharacters: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try unicodeTranscode(
      input, inputEncoding: inputEncoding, outputEncoding: outputEncoding, errors: errors,
      replacementChar: replacementChar, replaceControlCharacters: replaceControlCharacters,
      name: name)
  }

  /// The scripts of code points, by ICU's numbers; -1 for what is none. Follows
  /// `tf.strings.unicode_script`.
  public static func unicodeScript(
    _ input: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try UnicodeOps.family.script([input.asTensor(preferring: .int32)], name: name)
  }

  /// Text of one string's code points. Follows `tf.strings.unicode_encode`, for a vector.
  ///
  /// - Parameters: as for `unicodeTranscode`.
  /// - Throws: `INVALID_ARGUMENT` for another rank, and for what is no character with
  ///   `errors: .strict`.
  public static func unicodeEncode(
    _ input: some TensorConvertible, outputEncoding: String, errors: UnicodeErrors = .replace,
    replacementChar: Int = 65533, name: String? = nil
  ) throws -> Tensor {
    let input = try input.asTensor(preferring: .int32)
    try require(
      input.shape.rank ?? 1 == 1,
      "tf.strings.unicodeEncode: input must be a vector, got shape \(input.shape)")
    return try inScope(name, "UnicodeEncode") { _ in
      let count = try CastOps.cast(ShapeOps.family.size([input]), .int64)
      let splits = try JoinOps.family.pack([Int64(0).asTensor(preferring: .int64), count])
      let strings = try UnicodeOps.family.encode(
        [input, splits],
        repair(errors, replacementChar).with("output_encoding", .string(outputEncoding)))
      return try ShapeOps.family.reshape([strings, Tensor([Int32](), dims: [0])])
    }
  }

  /// The same with its arguments by position.
  public static func unicodeEncode(
    _ input: some TensorConvertible, _ outputEncoding: String, errors: UnicodeErrors = .replace,
    replacementChar: Int = 65533, name: String? = nil
  ) throws -> Tensor {
    try unicodeEncode(
      input, outputEncoding: outputEncoding, errors: errors, replacementChar: replacementChar,
      name: name)
  }
}
