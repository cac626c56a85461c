public import CoreOps
import OpsState
public import V1Graph
public import Variables

extension V1Train {
  /// Divides steps by the root of the sum of squares. Follows
  /// `tf.compat.v1.train.AdagradOptimizer`.
  public final class AdagradOptimizer: Optimizer {
    private let rate: Hyperparameter
    private let firstSum: Double

    /// - Parameters:
    ///   - learningRate: a number, tensor or variable.
    ///   - initialAccumulatorValue: what the sums of squares begin as; above zero.
    ///   - useLocking: whether updates of one variable exclude each other.
    ///   - name: the scope of the operations and the name of slots.
    public init(
      _ learningRate: any TensorConvertible, initialAccumulatorValue: Double = 0.1,
      useLocking: Bool = false, name: String = "Adagrad"
    ) throws {
      try require(
        initialAccumulatorValue > 0,
        "initial_accumulator_value must be positive: \(initialAccumulatorValue)")
      rate = Hyperparameter(learningRate, "learning_rate")
      firstSum = initialAccumulatorValue
      try super.init(useLocking: useLocking, name: name)
    }

    /// The same by label.
    public convenience init(
      learningRate: any TensorConvertible, initialAccumulatorValue: Double = 0.1,
      useLocking: Bool = false, name: String = "Adagrad"
    ) throws {
      try self.init(
        learningRate, initialAccumulatorValue: initialAccumulatorValue, useLocking: useLocking,
        name: name)
    }

    public override func createSlots(_ variables: [Variable]) throws {
      for variable in variables {
        try getOrMakeSlot(
          variable, initializer: Constant(firstSum, dtype: variable.dtype), "accumulator", name)
      }
    }

    public override func prepare() throws { try rate.prepare() }

    package override func step(_ variable: Variable) throws -> OptimizerKernelStep? {
      OptimizerKernelStep(
        TrainingOps.family.adagrad, slots: try [slot(variable, "accumulator")],
        [.value(try rate.tensor), .gradient])
    }
  }

  /// Divides steps by the root of the mean of squares. Follows
  /// `tf.compat.v1.train.RMSPropOptimizer`.
  public final class RMSPropOptimizer: Optimizer {
    private let parameters: [Hyperparameter]
    private let centered: Bool

    /// - Parameters:
    ///   - learningRate: a number, tensor or variable.
    ///   - decay: how much of the mean of squares stays in each step.
    ///   - momentum: how much of the last step is in the next.
    ///   - epsilon: what keeps the divisor above zero.
    ///   - useLocking: whether updates of one variable exclude each other.
    ///   - centered: whether the variance counts, and not the mean of squares.
    ///   - name: the scope of the operations and the name of slots.
    public init(
      _ learningRate: any TensorConvertible, decay: any TensorConvertible = 0.9,
      momentum: any TensorConvertible = 0.0, epsilon: any TensorConvertible = 1e-10,
      useLocking: Bool = false, centered: Bool = false, name: String = "RMSProp"
    ) throws {
      parameters = [
        Hyperparameter(learningRate, "learning_rate"), Hyperparameter(decay, "decay"),
        Hyperparameter(momentum, "momentum"), Hyperparameter(epsilon, "epsilon"),
      ]
      self.centered = centered
      try super.init(useLocking: useLocking, name: name)
    }

    /// The same by label.
    public convenience init(
      learningRate: any TensorConvertible, decay: any TensorConvertible = 0.9,
      momentum: any TensorConvertible = 0.0, epsilon: any TensorConvertible = 1e-10,
      useLocking: Bool = false, centered: Bool = false, name: String = "RMSProp"
    ) throws {
      try self.init(
        learningRate, decay: decay, momentum: momentum, epsilon: epsilon, useLocking: useLocking,
        centered: centered, name: name)
    }

    public override func createSlots(_ variables: [Variable]) throws {
      for variable in variables {
        try getOrMakeSlot(variable, initializer: Ones(dtype: variable.dtype), "rms", name)
        if centered { try zerosSlot(variable, "mg", name) }
        try zerosSlot(variable, "momentum", name)
      }
    }

    public override func prepare() throws {
      for parameter in parameters { try parameter.prepare() }
    }

    package override func step(_ variable: Variable) throws -> OptimizerKernelStep? {
      let slots = (centered ? ["mg"] : []) + ["rms", "momentum"]
      return OptimizerKernelStep(
        centered ? TrainingOps.family.centeredRMSProp : TrainingOps.family.rmsProp,
        slots: try slots.map { try slot(variable, $0) },
        try parameters.map { .value(try $0.tensor) } + [.gradient])
    }
  }

  /// Divides the mean of steps by that of gradients. Follows
  /// `tf.compat.v1.train.AdadeltaOptimizer`.
  public final class AdadeltaOptimizer: Optimizer {
    private let parameters: [Hyperparameter]

    /// - Parameters:
    ///   - learningRate: a number, tensor or variable.
    ///   - rho: how much of the means stays in each step.
    ///   - epsilon: what keeps the divisor above zero.
    ///   - useLocking: whether updates of one variable exclude each other.
    ///   - name: the scope of the operations and the name of slots.
    public init(
      _ learningRate: any TensorConvertible = 0.001, rho: any TensorConvertible = 0.95,
      epsilon: any TensorConvertible = 1e-8, useLocking: Bool = false, name: String = "Adadelta"
    ) throws {
      parameters = [
        Hyperparameter(learningRate, "lr"), Hyperparameter(rho, "rho"),
        Hyperparameter(epsilon, "epsilon"),
      ]
      try super.init(useLocking: useLocking, name: name)
    }

    /// The same by label.
    public convenience init(
      learningRate: any TensorConvertible, rho: any TensorConvertible = 0.95,
      epsilon: any TensorConvertible = 1e-8, useLocking: Bool = false, name: String = "Adadelta"
    ) throws {
      try self.init(
        learningRate, rho: rho, epsilon: epsilon, useLocking: useLocking, name: name)
    }

    public override func createSlots(_ variables: [Variable]) throws {
      for variable in variables {
        try zerosSlot(variable, "accum", name)
        try zerosSlot(variable, "accum_update", name)
      }
    }

    public override func prepare() throws {
      for parameter in parameters { try parameter.prepare() }
    }

    package override func step(_ variable: Variable) throws -> OptimizerKernelStep? {
      OptimizerKernelStep(
        TrainingOps.family.adadelta,
        slots: try [slot(variable, "accum"), slot(variable, "accum_update")],
        try parameters.map { .value(try $0.tensor) } + [.gradient])
    }
  }
}
