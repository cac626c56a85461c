public import CoreGraph
public import CoreOps
import OpsState
public import V1Graph
public import Variables

extension V1Train {
  /// Subtracts gradients times a rate. Follows `tf.compat.v1.train.GradientDescentOptimizer`.
  public final class GradientDescentOptimizer: Optimizer {
    private let rate: Hyperparameter

    /// - Parameters:
    ///   - learningRate: a number, tensor or variable.
    ///   - useLocking: whether updates of one variable exclude each other.
    ///   - name: the scope of the operations.
    public init(
      _ learningRate: any TensorConvertible, useLocking: Bool = false,
      name: String = "GradientDescent"
    ) throws {
      rate = Hyperparameter(learningRate, "learning_rate")
      try super.init(useLocking: useLocking, name: name)
    }

    /// The same by label.
    public convenience init(
      learningRate: any TensorConvertible, useLocking: Bool = false,
      name: String = "GradientDescent"
    ) throws {
      try self.init(learningRate, useLocking: useLocking, name: name)
    }

    public override func prepare() throws { try rate.prepare() }

    package override func step(_ variable: Variable) throws -> OptimizerKernelStep? {
      OptimizerKernelStep(
        TrainingOps.family.gradientDescent, [.value(try rate.tensor), .gradient])
    }

    public override func applySparseDuplicateIndices(
      _ gradient: IndexedSlices, _ variable: Variable
    )
      throws -> any GraphElement
    {
      let delta = try gradient.values * CastOps.cast(rate.tensor, variable.dtype)
      return try variable.scatterSub(gradient.indices, delta, useLocking: useLocking)
    }

    public override func resourceApplySparseDuplicateIndices(
      _ gradient: Tensor, _ variable: Variable, _ indices: Tensor
    ) throws -> any GraphElement {
      let delta = try API.negative(gradient) * CastOps.cast(rate.tensor, gradient.dtype)
      return try variable.addRows(indices, delta)
    }
  }
}

extension Variable {
  /// Adds to rows of a resource, by the op alone: nothing reads the new value.
  func addRows(_ indices: Tensor, _ delta: Tensor) throws -> Operation? {
    try GraphGroups.operation(
      VariableScatterOps.family.add.resource, [handle, indices, delta],
      ["dtype": .type(dtype)], name: nil)
  }
}
