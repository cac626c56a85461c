package import CoreOps

/// Neighbouring strings joined.
package struct NGramOps: OpFamily {
  package static let family: Self = define(Self())

  package let ngrams = OpDef(
    "StringNGrams",
    """
    data: string, data_splits: Tsplits -> ngrams: string, ngrams_splits: Tsplits
    separator: string
    ngram_widths: list(int) >= 0
    left_pad: string
    right_pad: string
    pad_width: int
    preserve_short_sequences: bool
    Tsplits: {int32, int64} = int64
    """, shape: { [[nil], $0.shapes[1]] },
    kernel: .dynamic(["Tsplits": [.int32, .int64]]) { context in
      let rule = try NGramRule(context)
      return { run in
        let splits = try rule.checked(run.inputs[1], dataCount: run.inputs[0].dims.elementCount)
        return try rule.ngrams(run.inputs[0], run.inputs[1], splits)
      }
    }, gradient: .zero)
}

/// Which n-grams the attributes of `StringNGrams` ask for.
private struct NGramRule: Sendable {
  private let separator: [UInt8]
  private let widths: [Int]
  private let leftPad: [UInt8]
  private let rightPad: [UInt8]
  private let padWidth: Int
  private let preservesShort: Bool

  init(_ context: KernelContext) throws {
    separator = try context.bytes("separator")
    widths = try context.ints("ngram_widths")
    leftPad = try context.bytes("left_pad")
    rightPad = try context.bytes("right_pad")
    padWidth = try context.int("pad_width")
    preservesShort = try context.bool("preserve_short_sequences")
    for width in widths {
      try require(width > 0, "ngram_widths must contain positive values")
    }
  }

  /// The splits, empty where there are no sequences.
  func checked(_ splits: Tensor, dataCount: Int) throws -> [Int] {
    let values = try splits.integers()
    guard let first = values.first, let last = values.last else { return [] }
    try require(first == 0, "First split value must be 0, got \(first)")
    for (before, value) in zip(values, values.dropFirst()) {
      try require(
        value >= before && value <= dataCount,
        "Invalid split value \(value), must be in [\(before), \(dataCount)]")
    }
    try require(
      last == dataCount, "Last split value must be data size. Expected \(dataCount), got \(last)")
    return values
  }

  /// How often the pads stand on each side, for n-grams of a width.
  private func pads(_ width: Int) -> Int {
    padWidth < 0 ? width - 1 : min(padWidth, width - 1)
  }

  /// How many n-grams of a width a sequence has.
  private func count(_ length: Int, _ width: Int) throws -> Int {
    let (padded, overflow) = length.addingReportingOverflow(2 &* pads(width))
    try require(!overflow && width < 1 << 40, "ngram_widths has too large a value: \(width)")
    return max(0, padded - width + 1)
  }

  func ngrams(_ data: Tensor, _ splitTensor: Tensor, _ splits: [Int]) throws -> [Tensor] {
    let strings = data.strings
    guard !splits.isEmpty else {
      let empty = try StringBuffer(emptyElements: strings.count)
      return [Tensor(strings: empty, dims: [strings.count]), splitTensor]
    }
    let builder = try StringBuilder()
    var ends = [0]
    var (total, pace) = (0, Pace())
    for (start, end) in zip(splits, splits.dropFirst()) {
      let length = end - start
      var made = 0
      for width in widths {
        let count = try count(length, width)
        for position in 0..<count {
          try append(strings, start, length, position - pads(width), width, builder, &pace)
        }
        made += count
      }
      // A sequence too short for any n-gram is one by itself.
      if preservesShort, made == 0, length > 0, !widths.isEmpty {
        try append(
          strings, start, length, -max(padWidth, 0), length + 2 * max(padWidth, 0), builder, &pace)
        made = 1
      }
      total += made
      ends.append(total)
    }
    let ngramSplits = try Int.tensor(ends, splitTensor.dims, dtype: splitTensor.dtype)
    return [Tensor(strings: try builder.finish(), dims: [total]), ngramSplits]
  }

  /// The n-gram of `width` strings from position `first` of a sequence; beyond that there are pads.
  private func append(
    _ strings: StringBuffer, _ start: Int, _ length: Int, _ first: Int, _ width: Int,
    _ builder: StringBuilder, _ pace: inout Pace
  ) throws {
    for position in first..<first + width {
      try pace.step(16)
      if position > first { try builder.write(separator) }
      if position < 0 {
        try builder.write(leftPad)
      } else if position >= length {
        try builder.write(rightPad)
      } else {
        try builder.write(strings[start + position])
      }
    }
    try builder.endElement()
  }
}
