import CoreOps
import V1Graph
import Variables

extension V1Train.Optimizer {
  /// What is kept for a variable that is updated.
  func slot(_ variable: Variable, _ name: String) throws -> Variable {
    guard let slot = getSlot(variable, name) else {
      throw TFError.internal("Optimizer \(self.name) has no slot '\(name)' for \(variable)")
    }
    return slot
  }
}

/// A number of an optimizer: a value, tensor or variable that becomes a tensor of the scope of the
/// updates.
final class Hyperparameter {
  private let value: any TensorConvertible
  private let name: String
  private var prepared: Tensor?

  init(_ value: any TensorConvertible, _ name: String) {
    self.value = value
    self.name = name
  }

  func prepare() throws {
    prepared = try value.asTensor(preferring: nil).asConstant(named: name)
  }

  var tensor: Tensor {
    get throws {
      guard let prepared else { throw TFError.internal("'\(name)' is used before prepare()") }
      return prepared
    }
  }
}
