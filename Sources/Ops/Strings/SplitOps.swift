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
        return try Splitter(anyOf: delimiters, skipsEmpty: skipsEmpty).sparse(
          run.inputs[0].strings)
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
        return try Splitter(by: separator, most: most).sparse(run.inputs[0].strings)
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
}
