public import CoreOps

/// Gives a new variable its first value. Follows `tf.compat.v1.initializers`.
public protocol Initializer: Sendable {
  /// - Parameters:
  ///   - shape: the variable's shape.
  ///   - dtype: nil for the initializer's own.
  ///   - partition: of which tensor the variable is a part; nil for the whole.
  /// - Throws: `INVALID_ARGUMENT` for a shape or dtype that the initializer does not take.
  func callAsFunction(_ shape: [Int], dtype: DType?, partition: PartitionInfo?) throws -> Tensor
}

extension Initializer {
  public func callAsFunction(_ shape: [Int], dtype: DType? = nil) throws -> Tensor {
    try callAsFunction(shape, dtype: dtype, partition: nil)
  }
}

/// Which part of a tensor a variable is.
public struct PartitionInfo: Sendable, Hashable {
  public var fullShape: [Int]
  /// Where the part begins in each dimension.
  public var varOffset: [Int]

  public init(fullShape: [Int], varOffset: [Int]) {
    self.fullShape = fullShape
    self.varOffset = varOffset
  }
}

/// Zeros, false, empty strings. Follows `tf.compat.v1.zeros_initializer`.
public struct Zeros: Initializer {
  public var dtype: DType
  public init(dtype: DType = .float32) { self.dtype = dtype }
  public func callAsFunction(_ shape: [Int], dtype: DType?, partition _: PartitionInfo?) throws
    -> Tensor
  {
    try API.zeros(shape, dtype: dtype ?? self.dtype)
  }
}

/// Ones. Follows `tf.compat.v1.ones_initializer`.
public struct Ones: Initializer {
  public var dtype: DType
  public init(dtype: DType = .float32) { self.dtype = dtype }
  public func callAsFunction(_ shape: [Int], dtype: DType?, partition _: PartitionInfo?) throws
    -> Tensor
  {
    try API.ones(shape, dtype: dtype ?? self.dtype)
  }
}
