public import CoreGraph
public import CoreOps
import OpsState
public import V1Graph
public import Variables

extension V1Train {
  /// Steps by the means of gradients and of their squares. Follows
  /// `tf.compat.v1.train.AdamOptimizer`.
  public final class AdamOptimizer: Optimizer {
    private let rate: Hyperparameter
    private let beta1: Hyperparameter
    private let beta2: Hyperparameter
    private let epsilon: Hyperparameter
    private let firstPowers: (beta1: any TensorConvertible, beta2: any TensorConvertible)

    /// - Parameters:
    ///   - learningRate: a number, tensor or variable.
    ///   - beta1: how much of the mean of gradients stays in each step.
    ///   - beta2: likewise of the mean of their squares.
    ///   - epsilon: what is added to the root of that mean.
    ///   - useLocking: whether updates of one variable exclude each other.
    ///   - name: the scope of the operations and the name of slots.
    public init(
      _ learningRate: any TensorConvertible = 0.001, beta1: any TensorConvertible = 0.9,
      beta2: any TensorConvertible = 0.999, epsilon: any TensorConvertible = 1e-8,
      useLocking: Bool = false, name: String = "Adam"
    ) throws {
      rate = Hyperparameter(learningRate, "learning_rate")
      self.beta1 = Hyperparameter(beta1, "beta1")
      self.beta2 = Hyperparameter(beta2, "beta2")
      self.epsilon = Hyperparameter(epsilon, "epsilon")
      firstPowers = (beta1, beta2)
      try super.init(useLocking: useLocking, name: name)
    }

    /// The same by label.
    public convenience init(
      learningRate: any TensorConvertible, beta1: any TensorConvertible = 0.9,
      beta2: any TensorConvertible = 0.999, epsilon: any TensorConvertible = 1e-8,
      useLocking: Bool = false, name: String = "Adam"
    ) throws {
      try self.init(
        learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, useLocking: useLocking,
        name: name)
    }

    public override func createSlots(_ variables: [Variable]) throws {
      guard let first = variables.min(by: { $0.name < $1.name }) else { return }
      try createNonSlotVariable(
        firstPowers.beta1.asTensor(preferring: nil), "beta1_power", colocateWith: first)
      try createNonSlotVariable(
        firstPowers.beta2.asTensor(preferring: nil), "beta2_power", colocateWith: first)
      for variable in variables {
        try zerosSlot(variable, "m", name)
        try zerosSlot(variable, "v", name)
      }
    }

    public override func prepare() throws {
      for parameter in [rate, beta1, beta2, epsilon] { try parameter.prepare() }
    }

    private func power(_ name: String) throws -> Variable {
      guard let power = getNonSlotVariable(name, graph: Environment.current.graph) else {
        throw TFError.internal("Optimizer \(self.name) has no variable '\(name)' in this graph")
      }
      return power
    }

    package override func step(_ variable: Variable) throws -> OptimizerKernelStep? {
      OptimizerKernelStep(
        TrainingOps.family.adam, slots: try [slot(variable, "m"), slot(variable, "v")],
        [
          .value(try power("beta1_power").asTensor(preferring: nil)),
          .value(try power("beta2_power").asTensor(preferring: nil)),
          .value(try rate.tensor), .value(try beta1.tensor), .value(try beta2.tensor),
          .value(try epsilon.tensor), .gradient,
        ])
    }

    public override func applySparse(_ gradient: IndexedSlices, _ variable: Variable) throws
      -> any GraphElement
    {
      try applyRows(gradient.values, variable, gradient.indices) { [useLocking] slot, rows in
        try slot.scatterAdd(gradient.indices, rows, useLocking: useLocking)
      }
    }

    public override func resourceApplySparse(
      _ gradient: Tensor, _ variable: Variable, _ indices: Tensor
    ) throws -> any GraphElement {
      try applyRows(gradient, variable, indices) { slot, rows in
        let added = try slot.addRows(indices, rows)
        return try Environment.current.waiting(for: [added]).run { try slot.value() }
      }
    }

    /// Updates by rows: the means of all rows fade, those of the gradient's rows get their part.
    private func applyRows(
      _ gradient: Tensor, _ variable: Variable, _ indices: Tensor,
      _ scatterAdd: (Variable, Tensor) throws -> Tensor
    ) throws -> any GraphElement {
      func cast(_ value: Tensor) throws -> Tensor { try CastOps.cast(value, variable.dtype) }
      let rate = try cast(self.rate.tensor)
      let beta1 = try cast(self.beta1.tensor)
      let beta2 = try cast(self.beta2.tensor)
      let epsilon = try cast(self.epsilon.tensor)
      let scaledRate =
        try rate * API.sqrt(1 - cast(power("beta2_power").value()))
        / (1 - cast(power("beta1_power").value()))
      func mean(_ name: String, _ value: Tensor, _ beta: Tensor) throws -> Tensor {
        let slot = try slot(variable, name)
        let part = try value * (1 - beta)
        let faded = try slot.assign(slot * beta, useLocking: useLocking)
        return try Environment.current.waiting(for: [faded]).run { try scatterAdd(slot, part) }
      }
      let m = try mean("m", gradient, beta1)
      let v = try mean("v", gradient * gradient, beta2)
      let root = try API.sqrt(v)
      let update = try variable.assignSub(
        scaledRate * m / (root + epsilon), useLocking: useLocking)
      return try GraphGroups.group([update, m, v], name: nil)
    }

    public override func finish(_ updates: [any GraphElement], _ nameScope: String) throws
      -> Operation?
    {
      let powers = try Environment.current.waiting(for: updates).run {
        let beta1Power = try power("beta1_power")
        let beta2Power = try power("beta2_power")
        return try Environment.current.colocated(withElement: beta1Power).run {
          [
            try beta1Power.assign(beta1Power * beta1.tensor, useLocking: useLocking),
            try beta2Power.assign(beta2Power * beta2.tensor, useLocking: useLocking),
          ]
        }
      }
      return try GraphGroups.group(updates + powers, name: nameScope)
    }
  }
}
