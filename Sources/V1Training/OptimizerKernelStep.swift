package import CoreGraph
package import CoreOps
package import OpsState
package import Variables

/// One of TensorFlow's training ops with what it is given for a variable.
package struct OptimizerKernelStep {
  package enum Input {
    /// A tensor, taken in the gradient's dtype.
    case value(Tensor)
    /// A tensor, taken as it is.
    case exact(Tensor)
    case gradient
  }

  let op: OpsState.Optimizer
  /// What the optimizer keeps for the variable, in the op's order.
  let slots: [Variable]
  /// What follows the slots in the op's inputs.
  let inputs: [Input]
  let attrs: Attrs

  package init(
    _ op: OpsState.Optimizer, slots: [Variable] = [], _ inputs: [Input], _ attrs: Attrs = [:]
  ) {
    self.op = op
    self.slots = slots
    self.inputs = inputs
    self.attrs = attrs
  }

  /// Adds the op.
  ///
  /// - Parameter indices: which rows the gradient is for; nil for all.
  package func apply(
    _ variable: Variable, _ gradient: Tensor, _ indices: Tensor?, _ useLocking: Bool
  ) throws -> any GraphElement {
    var operands = [variable.handle] + slots.map(\.handle)
    for input in inputs {
      switch input {
      case .value(let tensor): operands.append(try CastOps.cast(tensor, variable.dtype))
      case .exact(let tensor): operands.append(tensor)
      case .gradient: operands += [gradient] + (indices.map { [$0] } ?? [])
      }
    }
    let definition = op.definitions[(indices == nil ? 0 : 2) + (variable.isResource ? 1 : 0)]
    let all = attrs.with("use_locking", .bool(useLocking), unless: false)
    guard variable.isResource else { return try definition(operands, all) }
    return try GraphGroups.operation(definition, operands, all, name: nil)
  }
}
