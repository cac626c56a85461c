import Synchronization

/// A mutable tensor: what `VariableV2` and `VarHandleOp` stand for.
package final class VariableObject: TensorObject {
  package let name: String
  package let dtype: DType
  package let shape: PartialShape
  private let state = Mutex<Tensor?>(nil)

  package init(name: String, dtype: DType, shape: PartialShape) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
  }

  package var value: Tensor? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }

  /// Replaces the value by what `change` makes of it, one change at a time.
  package func update(_ change: (Tensor?) throws -> Tensor) throws -> Tensor {
    try state.withLock {
      let value = try change($0)
      $0 = value
      return value
    }
  }
}

extension Tensor {
  /// The output of a `VariableV2`: a reference to the variable, with the dtype of its value.
  package init(reference variable: VariableObject) {
    self.init(
      dtype: variable.dtype, dims: Shape(), payload: .objects(ObjectBuffer([variable])))
  }

  /// The variable that a reference stands for.
  package var referencedVariable: VariableObject? {
    guard dtype != .resource, dtype != .variant, case .objects(let buffer) = payload else { return nil }
    return buffer.values.first as? VariableObject
  }

  /// The value: of a reference, what its variable holds now.
  ///
  /// - Throws: `FAILED_PRECONDITION` when the variable has no value yet.
  package func dereferenced() throws -> Tensor {
    guard let variable = referencedVariable else { return self }
    guard let value = variable.value else {
      throw TFError.failedPrecondition("Attempting to use uninitialized value \(variable.name)")
    }
    return value
  }
}
