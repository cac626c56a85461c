public import CoreOps
import OpsState
public import V1Graph
public import Variables

extension V1Train {
  /// Follows `tf.compat.v1.train.MomentumOptimizer`.
  public final class MomentumOptimizer: Optimizer {
    private let rate: Hyperparameter
    private let momentum: Hyperparameter
    private let useNesterov: Bool

    /// - Parameters:
    ///   - learningRate: a number, tensor or variable.
    ///   - momentum: likewise: how much of the last step is in the next.
    ///   - useLocking: whether updates of one variable exclude each other.
    ///   - name: the scope of the operations and the name of slots.
    ///   - useNesterov: whether the gradient counts as taken after the momentum's step.
    public init(
      _ learningRate: any TensorConvertible, _ momentum: any TensorConvertible,
      useLocking: Bool = false, name: String = "Momentum", useNesterov: Bool = false
    ) throws {
      rate = Hyperparameter(learningRate, "learning_rate")
      self.momentum = Hyperparameter(momentum, "momentum")
      self.useNesterov = useNesterov
      try super.init(useLocking: useLocking, name: name)
    }

    /// The same by label.
    public convenience init(
      learningRate: any TensorConvertible, momentum: any TensorConvertible,
      useLocking: Bool = false,
      name: String = "Momentum", useNesterov: Bool = false
    ) throws {
      try self.init(
        learningRate, momentum, useLocking: useLocking, name: name, useNesterov: useNesterov)
    }

    /// The same with the rate by position.
    public convenience init(
      _ learningRate: any TensorConvertible, momentum: any TensorConvertible,
      useLocking: Bool = false, name: String = "Momentum", useNesterov: Bool = false
    ) throws {
      try self.init(
        learningRate, momentum, useLocking: useLocking, name: name, useNesterov: useNesterov)
    }

    public override func createSlots(_ variables: [Variable]) throws {
      for variable in variables { try zerosSlot(variable, "momentum", name) }
    }

    public override func prepare() throws {
      try rate.prepare()
      try momentum.prepare()
    }

    package override func step(_ variable: Variable) throws -> OptimizerKernelStep? {
      OptimizerKernelStep(
        TrainingOps.family.momentum, slots: try [slot(variable, "momentum")],
        [.value(try rate.tensor), .gradient, .value(try momentum.tensor)],
        ["use_nesterov": .bool(useNesterov)])
    }
  }
}
