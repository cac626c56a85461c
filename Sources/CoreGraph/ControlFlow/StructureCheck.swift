import CoreOps

/// What is said of structures that should be the same.
enum StructureCheck {
  /// - Returns: nil where `a` and `b` have the same form.
  static func difference(_ a: some TensorStructure, _ b: some TensorStructure) -> String? {
    var first: [Int] = []
    var second: [Int] = []
    a.describe(into: &first)
    b.describe(into: &second)
    if first == second { return nil }
    let (x, y) = (a.tensors.count, b.tensors.count)
    return x == y
      ? "The two structures don't have the same nested structure."
      : """
      The two structures don't have the same number of elements: first structure (\(x) elements), \
      second structure (\(y) elements)
      """
  }

  /// - Throws: `INVALID_ARGUMENT` where the branches of a conditional give different structures.
  static func branches(_ a: some TensorStructure, _ b: some TensorStructure) throws {
    if let difference = difference(a, b) {
      throw TFError.invalidArgument(
        "Incompatible return values of 'true_fn' and 'false_fn': \(difference)")
    }
  }

  /// - Throws: `INVALID_ARGUMENT` where the body of a loop gives another structure than it takes.
  static func loop(_ variables: some TensorStructure, _ results: some TensorStructure) throws {
    if let difference = difference(variables, results) {
      throw TFError.invalidArgument(difference)
    }
  }
}
