import CKernels
package import COneDNN
import CoreOps

/// A function applied to a result before it is written.
package enum FusedActivation: Sendable, Equatable {
  case none
  case relu
  /// x for x > 0, else `slope` · x.
  case leakyRelu(slope: Float)
  case relu6
  case elu
  case sigmoid
  case tanh
  case swish
  case gelu(approximate: Bool)
  case softplus
  case hardSwish

  /// The number that the C loops and the oneDNN shim know it by.
  package var number: Int32 {
    switch self {
    case .none: Int32(JK_ACT_NONE)
    case .relu: Int32(JK_ACT_RELU)
    case .leakyRelu: Int32(JK_ACT_LEAKY_RELU)
    case .relu6: Int32(JK_ACT_RELU6)
    case .elu: Int32(JK_ACT_ELU)
    case .sigmoid: Int32(JK_ACT_SIGMOID)
    case .tanh: Int32(JK_ACT_TANH)
    case .swish: Int32(JK_ACT_SWISH)
    case .gelu(let approximate): Int32(approximate ? JK_ACT_GELU_TANH : JK_ACT_GELU_ERF)
    case .softplus: Int32(JK_ACT_SOFTPLUS)
    case .hardSwish: Int32(JK_ACT_HARD_SWISH)
    }
  }

  package var alpha: Float {
    if case .leakyRelu(let slope) = self { return slope }
    return 1
  }

  /// Whether oneDNN's form of it gives NaN for what is not a number on all processors: those
  /// that multiply by x do.
  package var isExactInLibrary: Bool {
    switch self {
    case .none, .swish, .gelu, .hardSwish: true
    case .relu, .leakyRelu, .relu6, .elu, .sigmoid, .tanh, .softplus: false
    }
  }
}

/// What happens to a convolution's or a product's result before it is written.
package struct Epilogue: Sendable, Equatable {
  /// A vector with one value per output channel is added.
  package var bias = false
  /// A tensor of the output's shape is added.
  package var residual = false
  package var activation = FusedActivation.none

  package init(bias: Bool = false, residual: Bool = false, activation: FusedActivation = .none) {
    self.bias = bias
    self.residual = residual
    self.activation = activation
  }

  /// The part that oneDNN does before it writes a result, and the activation that is left for the
  /// package's own loop.
  package var forLibrary: (shim: jk_dnnl_epilogue, rest: FusedActivation) {
    if activation.isExactInLibrary { return (shim, .none) }
    return (Epilogue(bias: bias, residual: residual).shim, activation)
  }

  private var shim: jk_dnnl_epilogue {
    jk_dnnl_epilogue(
      bias: bias ? 1 : 0, residual: residual ? 1 : 0, activation: activation.number,
      alpha: activation.alpha)
  }
}

/// A oneDNN primitive for fixed shapes, which may run on several threads at once.
package final class DNNLPlan: @unchecked Sendable {
  private let plan: OpaquePointer
  package let scratchBytes: Int

  /// - Returns: nil when oneDNN has no implementation.
  package init?(_ plan: OpaquePointer?) {
    guard let plan else { return nil }
    self.plan = plan
    scratchBytes = jk_dnnl_scratch_bytes(plan)
  }

  deinit { jk_dnnl_destroy(plan) }

  /// Runs it; what the arguments are for each kind of plan is said in `jk_dnnl.h`.
  package func run(
    _ x: UnsafeMutableRawPointer, _ w: UnsafeMutableRawPointer?,
    bias: UnsafeMutableRawPointer? = nil,
    _ y: UnsafeMutableRawPointer, residual: UnsafeMutableRawPointer? = nil,
    scratch: UnsafeMutableRawPointer?
  ) throws {
    let status = jk_dnnl_run(plan, x, w, bias, y, residual, scratch)
    guard status == 0 else { throw TFError.internal("oneDNN gave status \(status)") }
  }
}
