import CoreOps

/// The names of files that a dataset op takes.
enum FileInputs {
  /// - Throws: `INVALID_ARGUMENT` where input `index` is neither a name nor a list of names.
  static func paths(_ run: DynamicContext, _ index: Int) throws -> [String] {
    try require(
      run.inputs[index].dims.rank <= 1, "`filenames` must be a scalar or a vector.")
    return run.inputs[index].strings.map(\.text)
  }
}
