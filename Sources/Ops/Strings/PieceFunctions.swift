public import CoreOps

/// Pieces of strings: functions that give rows of different lengths for several strings are here
/// for one.
extension StringsAPI {
  /// - Throws: `INVALID_ARGUMENT` where it is known to be more than one string.
  static func scalar(_ input: some TensorConvertible, _ function: String) throws -> Tensor {
    let input = try input.asTensor()
    try require(
      input.shape.rank ?? 0 == 0,
      """
      \(function): input must be a scalar, got shape \(input.shape): of several strings the rows \
      would have different lengths
      """)
    return input
  }

  private static func vector(_ scalar: Tensor) throws -> Tensor {
    try ShapeOps.family.reshape([scalar, [Int32(1)].asTensor()])
  }

  /// The pieces of one string. Follows `tf.strings.split`, for a scalar.
  ///
  /// - Parameters:
  ///   - sep: what stands between pieces; blanks in any number by default.
  ///   - maxsplit: how often the string is split at most; -1 for any number of times.
  ///   - name: the scope of the nodes in a graph.
  /// - Throws: `INVALID_ARGUMENT` for more than one string.
  public static func split(
    _ input: some TensorConvertible, sep: String? = nil, maxsplit: Int = -1, name: String? = nil
  ) throws -> Tensor {
    let input = try scalar(input, "tf.strings.split")
    return try inScope(name, "StringSplit") { _ in
      try apply(
        SplitOps.family.splitV2, [vector(input), (sep ?? "").asTensor()],
        Attrs().with("maxsplit", .int(maxsplit), unless: maxsplit == -1))[1]
    }
  }

  /// The same with its arguments by position.
  public static func split(
    _ input: some TensorConvertible, _ sep: String, maxsplit: Int = -1, name: String? = nil
  ) throws -> Tensor { try split(input, sep: sep, maxsplit: maxsplit, name: name) }

  /// The bytes of one string, as strings. Follows `tf.strings.bytes_split`, for a scalar.
  ///
  /// - Throws: `INVALID_ARGUMENT` for more than one string.
  public static func bytesSplit(_ input: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    let input = try scalar(input, "tf.strings.bytesSplit")
    return try inScope(name, "StringsByteSplit") { _ in
      try apply(
        SplitOps.family.split, [vector(input), "".asTensor()], ["skip_empty": .bool(false)])[1]
    }
  }

  /// The code points of one string. Follows `tf.strings.unicode_decode`, for a scalar.
  ///
  /// - Parameters: as for `unicodeTranscode`.
  /// - Throws: `INVALID_ARGUMENT` for more than one string, for an encoding that is not there, and
  ///   for what is no character with `errors: .strict`.
  public static func unicodeDecode(
    _ input: some TensorConvertible, inputEncoding: String, errors: UnicodeErrors = .replace,
    replacementChar: Int = 65533, replaceControlCharacters: Bool = false, name: String? = nil
  ) throws -> Tensor {
    let input = try scalar(input, "tf.strings.unicodeDecode")
    return try inScope(name, "UnicodeDecode") { _ in
      try apply(
        UnicodeOps.family.decode, [vector(input)],
        repair(errors, replacementChar, replaceControlCharacters)
          .with("input_encoding", .string(inputEncoding)))[1]
    }
  }

  /// The same with its arguments by position.
  public static func unicodeDecode(
    _ input: some TensorConvertible, _ inputEncoding: String, errors: UnicodeErrors = .replace,
    replacementChar: Int = 65533, replaceControlCharacters: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try unicodeDecode(
      input, inputEncoding: inputEncoding, errors: errors, replacementChar: replacementChar,
      replaceControlCharacters: replaceControlCharacters, name: name)
  }

  /// The characters of one string, each in UTF-8. Follows `tf.strings.unicode_split`, for a scalar.
  ///
  /// - Parameters: as for `unicodeTranscode`.
  /// - Throws: as `unicodeDecode`.
  public static func unicodeSplit(
    _ input: some TensorConvertible, inputEncoding: String, errors: UnicodeErrors = .replace,
    replacementChar: Int = 65533, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "UnicodeSplit") { _ in
      let characters = try unicodeDecode(
        input, inputEncoding: inputEncoding, errors: errors, replacementChar: replacementChar)
      let count = try CastOps.cast(ShapeOps.family.size([characters]), .int64)
      let one = try Tensor(scalar: Int64(1))
      let splits = try SearchOps.family.range([
        Tensor(scalar: Int64(0)), BinaryOps.family.add(count, one), one,
      ])
      return try UnicodeOps.family.encode(
        [characters, splits],
        repair(errors, replacementChar).with("output_encoding", .string("UTF-8")))
    }
  }

  /// The same with its arguments by position.
  public static func unicodeSplit(
    _ input: some TensorConvertible, _ inputEncoding: String, errors: UnicodeErrors = .replace,
    replacementChar: Int = 65533, name: String? = nil
  ) throws -> Tensor {
    try unicodeSplit(
      input, inputEncoding: inputEncoding, errors: errors, replacementChar: replacementChar,
      name: name)
  }

  /// Neighbouring strings of each row, joined. Follows `tf.strings.ngrams`, for dense tensors.
  ///
  /// - Parameters:
  ///   - data: `[…, length]`.
  ///   - ngramWidth: how many strings are joined; of several widths the n-grams of each follow.
  ///   - separator: what stands between them.
  ///   - padValues: what stands before and after a row; nothing by default.
  ///   - paddingWidth: how often at most; one less than the n-gram is wide by default.
  ///   - preserveShortSequences: whether a row too short for any n-gram is one by itself.
  ///   - name: the scope of the nodes in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a scalar, and for widths that are not positive.
  public static func ngrams(
    _ data: some TensorConvertible, ngramWidth: [Int], separator: String = " ",
    padValues: (left: String, right: String)? = nil, paddingWidth: Int? = nil,
    preserveShortSequences: Bool = false, name: String? = nil
  ) throws -> Tensor {
    let data = try data.asTensor()
    try require(
      data.shape.rank ?? 0 > 0, "tf.strings.ngrams: data must have rank > 0, got \(data.shape)")
    try require(paddingWidth ?? 1 >= 1, "padding_width must be greater than 0.")
    try require(
      paddingWidth == nil || padValues != nil,
      "pad_values must be provided if padding_width is set.")
    return try inScope(name, "StringNGrams") { _ in
      let flat = try ShapeOps.family.reshape([data, [Int32(-1)].asTensor()])
      let shape = try ShapeOps.shapeTensor(of: data, .int64)
      let last = try Tensor([Int64(-1)], dims: [1])
      let leading = try SliceOps.family.stridedSlice(
        [shape, Tensor([Int64(0)], dims: [1]), last, Tensor([Int64(1)], dims: [1])])
      let width = try GatherOps.family.gatherV2([
        shape,
        BinaryOps.family.subtract(
          CastOps.cast(ShapeOps.family.size([shape]), .int64), Tensor(scalar: Int64(1))),
        Tensor(scalar: Int32(0)),
      ])
      let one = try Tensor(scalar: Int64(1))
      let rows = try ReductionOps.family.prod([leading, Tensor([Int32(0)], dims: [1])])
      let numbers = try SearchOps.family.range([
        Tensor(scalar: Int64(0)), BinaryOps.family.add(rows, one), one,
      ])
      let ngrams = try apply(
        NGramOps.family.ngrams, [flat, BinaryOps.family.multiply(numbers, width)],
        [
          "separator": .string(separator), "ngram_widths": .ints(ngramWidth),
          "left_pad": .string(padValues?.left ?? ""), "right_pad": .string(padValues?.right ?? ""),
          "pad_width": .int(padValues == nil ? 0 : paddingWidth ?? -1),
          "preserve_short_sequences": .bool(preserveShortSequences),
        ])[0]
      return try ShapeOps.family.reshape([
        ngrams, JoinOps.family.concatV2([leading, last, Tensor(scalar: Int32(0))]),
      ])
    }
  }

  /// The same of one width, by position or by label.
  public static func ngrams(
    _ data: some TensorConvertible, _ ngramWidth: Int, separator: String = " ",
    padValues: (left: String, right: String)? = nil, paddingWidth: Int? = nil,
    preserveShortSequences: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try ngrams(
      data, ngramWidth: [ngramWidth], separator: separator, padValues: padValues,
      paddingWidth: paddingWidth, preserveShortSequences: preserveShortSequences, name: name)
  }
}
