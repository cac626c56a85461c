/// The part of a larger tensor that a variable is in checkpoints. Follows
/// `tf.Variable.SaveSliceInfo`.
public struct SaveSliceInfo: Sendable, Hashable {
  /// The whole tensor's name in a checkpoint.
  public var fullName: String
  public var fullShape: [Int]
  /// Where the part begins in each dimension.
  public var varOffset: [Int]
  /// The part's size in each dimension.
  public var varShape: [Int]

  public init(fullName: String, fullShape: [Int], varOffset: [Int], varShape: [Int]) {
    self.fullName = fullName
    self.fullShape = fullShape
    self.varOffset = varOffset
    self.varShape = varShape
  }

  /// As ops take it: `3 4 0,1:0,4`.
  public var spec: String {
    let parts = zip(varOffset, varShape).map { "\($0),\($1)" }.joined(separator: ":")
    return fullShape.map { "\($0) " }.joined() + parts
  }
}
