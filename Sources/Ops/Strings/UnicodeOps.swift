import CICU
package import CoreOps

/// Text in and out of its encodings.
package struct UnicodeOps: OpFamily {
  package static let family: Self = define(Self())

  package let decode = decoding("UnicodeDecode", offsets: false)
  package let decodeWithOffsets = decoding("UnicodeDecodeWithOffsets", offsets: true)

  private static func decoding(_ name: String, offsets: Bool) -> OpDef {
    OpDef(
      name,
      """
      input: string -> row_splits: Tsplits, char_values: int32\
      \(offsets ? ", char_to_byte_starts: int64" : "")
      input_encoding: string
      \(repairSignature)
      replace_control_characters: bool = false
      Tsplits: {int32, int64} = int64
      """,
      shape: { context in
        let count = context.shapes[0].dims.map { dims in
          dims.contains { $0 == nil } ? nil : dims.reduce(Dimension(1)) { $0 * ($1 ?? 1) } + 1
        }
        let splits = PartialShape([count ?? nil] as [Dimension?])
        return [splits, [nil]] + (offsets ? [[nil]] : [])
      },
      kernel: .dynamic(["Tsplits": [.int32, .int64]]) { context in
        let encoding = try TextEncoding(named: context.string("input_encoding"))
        let repair = try CharacterRepair(context, replacesControls: true)
        let dtype = try context.type("Tsplits")
        return { run in
          var (splits, values, starts): ([Int], [Int32], [Int64]) = ([0], [], [])
          let decoder = try encoding.decoder()
          var pace = Pace()
          for string in run.inputs[0].strings {
            try pace.step(string.count + 1)
            for character in try string.withBytes({ try decoder.decode($0) }) {
              guard let value = try repair.value(character.scalar) else { continue }
              values.append(value)
              starts.append(Int64(character.start))
            }
            splits.append(values.count)
          }
          let rows = try Int.tensor(splits, [splits.count], dtype: dtype)
          let outputs = [rows, try Tensor(values, dims: [values.count])]
          return try offsets ? outputs + [Tensor(starts, dims: [starts.count])] : outputs
        }
      }, gradient: .zero)
  }

  private static let repairSignature = """
    errors: {'strict', 'replace', 'ignore'} = 'replace'
    replacement_char: int = 65533
    """

  package let transcode = OpDef(
    "UnicodeTranscode",
    """
    input: string -> output: string
    input_encoding: string
    output_encoding: {'UTF-8', 'UTF-16-BE', 'UTF-32-BE'}
    \(repairSignature)
    replace_control_characters: bool = false
    """, shape: ShapeRules.same,
    kernel: .dynamic { context in
      let encoding = try TextEncoding(named: context.string("input_encoding"))
      let repair = try CharacterRepair(context, replacesControls: true, refusesControls: true)
      let form = try form(context)
      return { run in
        let decoder = try encoding.decoder()
        return [
          try run.inputs[0].mappingStrings { text, builder in
            for character in try decoder.decode(text) {
              guard let value = try repair.value(character.scalar) else { continue }
              try form.write(scalar(value), to: builder)
            }
          }
        ]
      }
    }, gradient: .zero)

  package let script = OpDef(
    "UnicodeScript", "input: int32 -> output: int32", shape: ShapeRules.same,
    kernel: .run { run in
      let input = run.inputs[0]
      let output = try Tensor.uninitialized(.int32, input.dims)
      let (codePoints, scripts) = (input.elements(Int32.self), output.elements(Int32.self))
      var pace = Pace()
      for index in codePoints.indices {
        try pace.step(16)
        scripts[index] = jk_unicode_script(codePoints[index])
      }
      return [output]
    }, gradient: .zero)

  package let encode = OpDef(
    "UnicodeEncode",
    """
    input_values: int32, input_splits: Tsplits -> output: string
    errors: {'ignore', 'replace', 'strict'} = 'replace'
    output_encoding: {'UTF-8', 'UTF-16-BE', 'UTF-32-BE'}
    replacement_char: int = 65533
    Tsplits: {int32, int64} = int64
    """,
    shape: { context in
      let splits = try context.shape(1, rank: 1, "input_splits")
      return [PartialShape([splits.dims?[0].map { $0 - 1 }] as [Dimension?])]
    },
    kernel: .dynamic(["Tsplits": [.int32, .int64]]) { context in
      let repair = try CharacterRepair(context, replacesControls: false)
      let form = try form(context)
      return { run in [try encoded(run.inputs[0], run.inputs[1], repair, form)] }
    }, gradient: .zero)

  private static func form(_ context: KernelContext) throws -> UnicodeForm {
    let name = try context.string("output_encoding")
    guard let form = UnicodeForm(rawValue: name) else {
      throw TFError.invalidArgument("output_encoding \(name) is not UTF-8, UTF-16-BE or UTF-32-BE")
    }
    return form
  }

  private static func encoded(
    _ input: Tensor, _ splitTensor: Tensor, _ repair: CharacterRepair, _ form: UnicodeForm
  ) throws -> Tensor {
    let values = input.elements(Int32.self)
    let splits = try splitTensor.integers()
    try require(
      input.dims.rank == 1 && splitTensor.dims.rank == 1,
      "Both the input_tensor and input_splits should be of rank 1. ")
    guard let first = splits.first, let last = splits.last else {
      throw TFError.invalidArgument(
        "Input_splits should contain elements, but given input_values has 0 elements")
    }
    try require(first == 0, "First value in input_splits must be zero.")
    try require(
      last == values.count, "Last value in input_splits must be equal to length of input_tensor.")
    let builder = try StringBuilder(count: splits.count - 1, byteCount: values.count)
    var pace = Pace()
    for (start, end) in zip(splits, splits.dropFirst()) {
      try require(
        start <= end && end <= values.count,
        "Values in input_splits must be equal or in ascending order.")
      try pace.step(end - start + 1)
      for value in values[start..<end] {
        let scalar = UInt32(exactly: value).flatMap { Unicode.Scalar($0) }
        guard let value = try repair.value(scalar?.value) else { continue }
        try form.write(Self.scalar(value), to: builder)
      }
      try builder.endElement()
    }
    return Tensor(strings: try builder.finish(), dims: [splits.count - 1])
  }

  /// A surrogate that stands in for others cannot be written; U+FFFD is.
  private static func scalar(_ value: Int32) -> Unicode.Scalar {
    UInt32(exactly: value).flatMap { Unicode.Scalar($0) } ?? "\u{FFFD}"
  }
}

/// What becomes of bytes and values that are no character.
private struct CharacterRepair: Sendable {
  private let errors: String
  private let replacement: Int32
  private let replacesControls: Bool
  /// Whether control characters that are to be replaced are errors where those are not repaired.
  private let refusesControls: Bool
  private let isDecoding: Bool

  init(
    _ context: KernelContext, replacesControls: Bool, refusesControls: Bool = false
  ) throws {
    self.refusesControls = refusesControls
    errors = try context.string("errors")
    isDecoding = replacesControls
    let replacement = try context.int("replacement_char")
    try require(
      replacement >= 0 && replacement <= 0x10ffff,
      "replacement_char out of unicode codepoint range")
    self.replacement = Int32(replacement)
    self.replacesControls = try replacesControls && context.bool("replace_control_characters")
  }

  /// The value that is used; nil where nothing is.
  ///
  /// - Parameter scalar: nil for what is no character.
  /// - Throws: `INVALID_ARGUMENT` where errors are not repaired.
  func value(_ scalar: UInt32?) throws -> Int32? {
    let isControl = replacesControls && scalar.map { $0 < 32 } == true
    if let scalar, !isControl { return Int32(bitPattern: scalar) }
    if errors == "ignore" { return nil }
    if errors == "replace" || (isControl && !refusesControls) { return replacement }
    throw TFError.invalidArgument(
      isDecoding
        ? "Invalid formatting on input string"
        : "Code point is out of range for Unicode, or is a surrogate.")
  }
}
