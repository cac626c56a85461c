package import CoreOps

/// Strings taken apart.
package struct SplitOps: OpFamily {
  package static let family: Self = define(Self())

  package let split = OpDef(
    "StringSplit",
    """
    input: string, delimiter: string -> indices: int64, values: string, shape: int64
    skip_empty: bool = true
    """, shape: SplitOps.shapes("delimiter"),
    kernel: .dynamic { context in
      let skipsEmpty = try context.bool("skip_empty")
      return { run in
        let delimiters = try SplitOps.check(run, "delimiter")
        return try SplitOps.sparse(run.inputs[0].strings) {
          SplitOps.split($0, anyOf: delimiters, skipsEmpty: skipsEmpty)
        }
      }
    }, gradient: .zero)

  package let splitV2 = OpDef(
    "StringSplitV2",
    """
    input: string, sep: string -> indices: int64, values: string, shape: int64
    maxsplit: int = -1
    """, shape: SplitOps.shapes("sep"),
    kernel: .dynamic { context in
      let most = try context.int("maxsplit")
      return { run in
        let separator = try SplitOps.check(run, "sep")
        return try SplitOps.sparse(run.inputs[0].strings) {
          SplitOps.split($0, by: separator, most: most)
        }
      }
    }, gradient: .zero)

  private static func shapes(_ name: String) -> ShapeRule {
    { context in
      _ = try context.shape(0, rank: 1)
      _ = try context.shape(1, rank: 0, name)
      return [[nil, 2], [nil], [2]]
    }
  }

  private static func check(_ run: DynamicContext, _ name: String) throws -> [UInt8] {
    try require(
      run.inputs[0].dims.rank == 1, "input must be a vector, got shape: \(run.inputs[0].dims)")
    try require(
      run.inputs[1].dims.rank == 0, "\(name) must be a scalar, got shape: \(run.inputs[1].dims)")
    return Array(run.inputs[1].strings[0])
  }

  /// A row per string: the pieces of all as a sparse tensor.
  private static func sparse(
    _ strings: StringBuffer, _ split: ([UInt8]) -> [ArraySlice<UInt8>]
  ) throws -> [Tensor] {
    var indices: [Int] = []
    let values = try StringBuilder()
    var most = 0
    var pace = Pace()
    for (row, string) in strings.enumerated() {
      try pace.step(string.count + 1)
      let pieces = split(Array(string))
      for (column, piece) in pieces.enumerated() {
        indices += [row, column]
        try piece.withUnsafeBytes { try values.append($0) }
      }
      most = max(most, pieces.count)
    }
    return [
      try Tensor(indices, dims: [indices.count / 2, 2]),
      Tensor(strings: try values.finish(), dims: [indices.count / 2]),
      try Tensor([strings.count, most], dims: [2]),
    ]
  }

  /// Splits at each of the delimiters; into single bytes where there are none.
  private static func split(
    _ string: [UInt8], anyOf delimiters: [UInt8], skipsEmpty: Bool
  ) -> [ArraySlice<UInt8>] {
    if string.isEmpty { return [] }
    if delimiters.isEmpty { return string.indices.map { string[$0...$0] } }
    return string.split(omittingEmptySubsequences: skipsEmpty) { delimiters.contains($0) }
  }

  /// Splits as Python's `str.split` does: at each separator, or at runs of blanks where it is
  /// empty.
  ///
  /// - Parameter most: how often to split; any number of times when negative.
  private static func split(
    _ string: [UInt8], by separator: [UInt8], most: Int
  ) -> [ArraySlice<UInt8>] {
    if most == 0 { return [string[...]] }
    var rest = string[...]
    var pieces: [ArraySlice<UInt8>] = []
    if separator.isEmpty {
      rest = rest.drop(while: ASCII.isBlank)
      while !rest.isEmpty {
        let piece = rest.prefix { !ASCII.isBlank($0) }
        pieces.append(piece)
        rest = rest[piece.endIndex...].drop(while: ASCII.isBlank)
        if pieces.count == most { return pieces + [rest] }
      }
      return pieces
    }
    var position = rest.startIndex
    while position + separator.count <= rest.endIndex {
      guard rest[position..<position + separator.count].elementsEqual(separator) else {
        position += 1
        continue
      }
      pieces.append(rest[..<position])
      position += separator.count
      rest = rest[position...]
      if pieces.count == most { break }
    }
    return pieces + [rest]
  }
}
