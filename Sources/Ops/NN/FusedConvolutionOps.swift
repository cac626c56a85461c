import CKernels
package import CoreOps
import OpsLinalg

/// Convolutions with what follows them, as TensorFlow's graph optimiser writes them.
package struct FusedConvolutionOps: OpFamily {
  package static let family: Self = define(Self())

  package let fusedConv2D: OpDef = OpDef(
    "_FusedConv2D",
    """
    input: T, filter: T, args: TArgs, host_args: num_host_args * float -> output: T
    T: {half, float, double, int8, qint8}
    TArgs: list(type) >= 1
    num_args: int >= 0
    num_host_args: int >= 0 = 0
    strides: list(int)
    padding: {'SAME', 'VALID', 'EXPLICIT'}
    explicit_paddings: list(int) = []
    data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'
    filter_format: {'HWIO', 'OIHW', 'OIHW_VECT_I'} = 'HWIO'
    dilations: list(int) = [1, 1, 1, 1]
    use_cudnn_on_gpu: bool = true
    fused_ops: list(string) = []
    epsilon: float = 9.999999747378752e-05
    leakyrelu_alpha: float = 0.20000000298023224
    """,
    shape: FusedOps.convolutionShape(.conv2D),
    kernel: FusedOps.convolution(.conv2D, DTypeSet(.half, .float32, .float64)),
    gradient: .none("a fused convolution is made after gradients"))

  package let fusedDepthwiseConv2D: OpDef = OpDef(
    "_FusedDepthwiseConv2dNative",
    """
    input: T, filter: T, args: num_args * T -> output: T
    T: {half, bfloat16, float, double}
    num_args: int >= 0
    strides: list(int)
    padding: {'SAME', 'VALID'}
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    dilations: list(int) = [1, 1, 1, 1]
    fused_ops: list(string) = []
    epsilon: float = 9.999999747378752e-05
    leakyrelu_alpha: float = 0.20000000298023224
    """,
    shape: FusedOps.convolutionShape(.depthwise),
    kernel: FusedOps.convolution(.depthwise, .floats),
    gradient: .none("a fused convolution is made after gradients"))
}

/// What the attribute `fused_ops` asks for.
struct FusedOps: Sendable, Equatable {
  enum First: Sendable { case none, bias, batchNorm }
  var first = First.none
  var residual = false
  var activation = FusedActivation.none

  /// - Throws: `UNIMPLEMENTED` for a sequence that is not one of TensorFlow's.
  init(_ context: some AttrAccess) throws {
    var names = try context.strings("fused_ops")[...]
    let all = names
    if names.first == "BiasAdd" {
      first = .bias
      names.removeFirst()
      if names.first == "Add" {
        residual = true
        names.removeFirst()
      }
    } else if names.first == "FusedBatchNorm" {
      first = .batchNorm
      names.removeFirst()
    }
    if let name = names.popFirst() {
      switch name {
      case "Relu": activation = .relu
      case "LeakyRelu": activation = .leakyRelu(slope: try context.float("leakyrelu_alpha"))
      case "Relu6": activation = .relu6
      case "Elu": activation = .elu
      case "Sigmoid": activation = .sigmoid
      case "Tanh": activation = .tanh
      case "GeluApproximate": activation = .gelu(approximate: true)
      case "GeluExact": activation = .gelu(approximate: false)
      case "_FusedSwish": activation = .swish
      case "_FusedHardSwish": activation = .hardSwish
      default: names = all
      }
    }
    guard names.isEmpty, first != .none else {
      throw TFError.unimplemented("Fusion is not implemented: [\(all.joined(separator: ","))]")
    }
  }

  /// The number of tensors that the fused ops take.
  var arguments: Int {
    switch first {
    case .none: 0
    case .bias: residual ? 2 : 1
    case .batchNorm: 4
    }
  }

  static func convolutionShape(_ kind: ConvolutionRules.Kind) -> ShapeRule {
    { context in
      let fused = try FusedOps(context)
      guard context.inputCount >= 2 + fused.arguments else {
        throw TFError.invalidArgument(
          """
          Fused Conv2D with \(try context.strings("fused_ops")) must have \(fused.arguments) extra \
          arguments
          """
        )
      }
      let output = try ConvolutionRules.forwardShape(kind)(context)[0]
      let attrs = try ConvolutionRules.attrs(context, kind)
      let vectors = fused.first == .batchNorm ? 4 : 1
      for index in 2..<2 + vectors {
        let vector = try context.shape(index, rank: 1, "args")
        if let count = vector[0], let channels = output[attrs.channelAxis], count != channels {
          throw TFError.invalidArgument(
            "args[\(index - 2)] must have \(channels) elements, has \(count)")
        }
      }
      if fused.residual { return [try output.merged(with: context.shapes[3])] }
      return [output]
    }
  }

  static func convolution(_ kind: ConvolutionRules.Kind, _ types: DTypeSet) -> Kernel {
    .raw(["T": types]) { context in
      let fused = try FusedOps(context)
      let attrs = try ConvolutionRules.attrs(context, kind)
      let dtype = try context.type("T")
      let inputs = context.inputTypes.count
      let epsilon = try context.float("epsilon")
      guard context.inputTypes[2..<2 + fused.arguments].allSatisfy({ $0 == dtype }) else {
        throw TFError.invalidArgument("the arguments of fused ops must be \(dtype)")
      }
      if context.signature.attr("filter_format") != nil,
        try context.string("filter_format") != "HWIO"
      {
        throw TFError.unimplemented(
          "The filter format \(try context.string("filter_format")) is not supported on CPU")
      }
      let layouts = PackedMatrix()
      return { specialise in
        let kernel = try ConvolutionKernel(
          attrs, dtype, input: specialise.inputs[0], filter: specialise.inputs[1],
          output: specialise.outputs[0], depthwise: kind == .depthwise)
        if fused.first == .bias {
          return .run(
            kernel.forward(
              filter: ConvolutionRules.operand(specialise, 1), bias: .input(2),
              residual: fused.residual ? 3 : nil, activation: fused.activation, output: inputs,
              briefly: specialise.isBrief ? layouts : nil))
        }
        guard dtype == .float32 else {
          throw TFError.unimplemented("a fused batch normalisation of \(dtype) is not implemented")
        }
        if let folded = try fold(specialise, epsilon) {
          return .run(
            kernel.forward(
              filter: .constant(folded.filter), bias: .constant(folded.bias),
              activation: fused.activation, output: inputs))
        }
        var spec = kernel.forward(output: inputs)
        let (outer, channels, inner) = NormalizationRules.split(
          specialise.outputs[0], channelsFirst: attrs.channelsFirst)
        let convolve = spec.run
        let count = Int64(specialise.outputs[0].elementCount)
        let activation = fused.activation
        spec.run = { pointers in
          try convolve(pointers)
          let y = pointers[inputs]
          jk_batch_norm(
            Int32(DType.float32.rawValue), outer, channels, inner, y,
            NormalizationRules.floats(pointers[2]),
            NormalizationRules.floats(pointers[3]), NormalizationRules.floats(pointers[4]),
            NormalizationRules.floats(pointers[5]), epsilon, nil, 0, y)
          if activation != .none {
            jk_epilogue(
              Int32(DType.float32.rawValue), count, channels, inner, y, nil, nil, activation.number,
              activation.alpha)
          }
        }
        return .run(spec)
      }
    }
  }

  /// The filter and the bias that do what convolution and normalisation do, where all of them are
  /// constant.
  private static func fold(_ specialise: SpecialiseContext, _ epsilon: Float) throws
    -> (filter: Tensor, bias: Tensor)?
  {
    guard let filter = specialise.constant(1), let scale = specialise.constant(2),
      let offset = specialise.constant(3), let mean = specialise.constant(4),
      let variance = specialise.constant(5)
    else { return nil }
    let channels = scale.dims.elementCount
    let folded = try Tensor.uninitialized(.float32, filter.dims)
    let bias = try Tensor.uninitialized(.float32, scale.dims)
    let (from, to) = (filter.elements(Float.self), folded.elements(Float.self))
    let factors = (0..<channels).map {
      scale.elements(Float.self)[$0] / (variance.elements(Float.self)[$0] + epsilon).squareRoot()
    }
    for index in 0..<from.count { to[index] = from[index] * factors[index % channels] }
    for channel in 0..<channels {
      bias.elements(Float.self)[channel] =
        offset.elements(Float.self)[channel] - mean.elements(Float.self)[channel] * factors[channel]
    }
    return (folded, bias)
  }
}
