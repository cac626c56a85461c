package import CoreOps

/// A tensor whose node is made when something first uses it: the read of a resource variable, which
/// TensorFlow names after the node that it is for.
package final class DeferredTensor: SymbolicTensor {
  private let dtype: DType
  private let stated: PartialShape
  /// The operation that the tensor is the result of; nil where it is that of its own node.
  package let cause: Operation?
  private let make: @Sendable () throws -> Tensor
  private let state = Lock<Tensor?>(nil)

  /// - Parameter make: adds the node to the graph of the call.
  package init(
    _ dtype: DType, _ shape: PartialShape, _ make: @escaping @Sendable () throws -> Tensor
  ) {
    self.dtype = dtype
    stated = shape
    cause = nil
    self.make = make
  }

  /// A tensor that stands for the result of another operation than its own.
  package init(_ tensor: Tensor, cause: Operation?) {
    dtype = tensor.dtype
    stated = tensor.shape
    self.cause = cause
    make = { tensor }
    state.withLock { $0 = tensor }
  }

  package var tensor: Tensor { Tensor(symbolic: self, dtype: dtype) }

  /// Whether its node is not made yet.
  package var isPending: Bool { state.withLock { $0 == nil } }

  /// The tensor of the node.
  ///
  /// - Parameter node: the node that first uses it, by which its own is named.
  package func made(for node: String? = nil) throws -> Tensor {
    if let known = state.withLock({ $0 }) { return known }
    let new = try node.map { try Environment.current.scoped($0 + "/").run(make) } ?? make()
    return state.withLock { known in
      if let known { return known }
      known = new
      return new
    }
  }

  private var reference: (any SymbolicTensor)? {
    guard case .symbolic(let reference)? = state.withLock({ $0 })?.payload else { return nil }
    return reference
  }

  package var name: String {
    (try? made()).flatMap { made in
      if case .symbolic(let reference) = made.payload { reference.name } else { nil }
    } ?? "ReadVariableOp"
  }

  package var identity: TensorIdentity {
    reference?.identity
      ?? TensorIdentity(
        graph: UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()), number: .max)
  }

  package var shape: PartialShape { reference?.shape ?? stated }

  package func refine(_ shape: PartialShape) throws {
    _ = try stated.merged(with: shape)
    _ = try made().refined(to: shape)
  }
}
