package import CoreOps

/// Convolutions and their gradients.
package struct ConvolutionOps: OpFamily {
  package static let family: Self = define(Self())

  package let conv2D: OpDef = OpDef(
    "Conv2D",
    """
    input: T, filter: T -> output: T
    T: {half, bfloat16, float, double, int32}
    strides: list(int)
    use_cudnn_on_gpu: bool = true
    padding: {'SAME', 'VALID', 'EXPLICIT'}
    explicit_paddings: list(int) = []
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    dilations: list(int) = [1, 1, 1, 1]
    """,
    shape: ConvolutionRules.forwardShape(.conv2D),
    kernel: ConvolutionRules.forward(.conv2D, [.floats, .int32]),
    gradient: ConvolutionRules.forwardGradient(.conv2D))

  package let conv2DBackpropInput: OpDef = OpDef(
    "Conv2DBackpropInput",
    """
    input_sizes: int32, filter: T, out_backprop: T -> output: T
    T: {half, bfloat16, float, double, int32}
    strides: list(int)
    use_cudnn_on_gpu: bool = true
    padding: {'SAME', 'VALID', 'EXPLICIT'}
    explicit_paddings: list(int) = []
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    dilations: list(int) = [1, 1, 1, 1]
    """,
    shape: ConvolutionRules.inputGradientShape(.conv2D),
    kernel: ConvolutionRules.inputGradient(.conv2D, [.floats, .int32]),
    gradient: ConvolutionRules.inputGradientGradient(.conv2D))

  package let conv2DBackpropFilter: OpDef = OpDef(
    "Conv2DBackpropFilter",
    """
    input: T, filter_sizes: int32, out_backprop: T -> output: T
    T: {half, bfloat16, float, double}
    strides: list(int)
    use_cudnn_on_gpu: bool = true
    padding: {'SAME', 'VALID', 'EXPLICIT'}
    explicit_paddings: list(int) = []
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    dilations: list(int) = [1, 1, 1, 1]
    """,
    shape: ConvolutionRules.filterGradientShape(.conv2D),
    kernel: ConvolutionRules.filterGradient(.conv2D, .floats),
    gradient: ConvolutionRules.filterGradientGradient(.conv2D))

  package let depthwise: OpDef = OpDef(
    "DepthwiseConv2dNative",
    """
    input: T, filter: T -> output: T
    T: {half, bfloat16, float, double}
    strides: list(int)
    padding: {'SAME', 'VALID', 'EXPLICIT'}
    explicit_paddings: list(int) = []
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    dilations: list(int) = [1, 1, 1, 1]
    """,
    shape: ConvolutionRules.forwardShape(.depthwise),
    kernel: ConvolutionRules.forward(.depthwise, .floats),
    gradient: ConvolutionRules.forwardGradient(.depthwise))

  package let depthwiseBackpropInput: OpDef = OpDef(
    "DepthwiseConv2dNativeBackpropInput",
    """
    input_sizes: int32, filter: T, out_backprop: T -> output: T
    T: {half, bfloat16, float, double}
    strides: list(int)
    padding: {'SAME', 'VALID', 'EXPLICIT'}
    explicit_paddings: list(int) = []
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    dilations: list(int) = [1, 1, 1, 1]
    """,
    shape: ConvolutionRules.inputGradientShape(.depthwise),
    kernel: ConvolutionRules.inputGradient(.depthwise, .floats),
    gradient: ConvolutionRules.inputGradientGradient(.depthwise))

  package let depthwiseBackpropFilter: OpDef = OpDef(
    "DepthwiseConv2dNativeBackpropFilter",
    """
    input: T, filter_sizes: int32, out_backprop: T -> output: T
    T: {half, bfloat16, float, double}
    strides: list(int)
    padding: {'SAME', 'VALID', 'EXPLICIT'}
    explicit_paddings: list(int) = []
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    dilations: list(int) = [1, 1, 1, 1]
    """,
    shape: ConvolutionRules.filterGradientShape(.depthwise),
    kernel: ConvolutionRules.filterGradient(.depthwise, .floats),
    gradient: ConvolutionRules.filterGradientGradient(.depthwise))

  package let conv3D: OpDef = OpDef(
    "Conv3D",
    """
    input: T, filter: T -> output: T
    T: {half, bfloat16, float, double}
    strides: list(int) >= 5
    padding: {'SAME', 'VALID'}
    data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'
    dilations: list(int) = [1, 1, 1, 1, 1]
    """,
    shape: ConvolutionRules.forwardShape(.conv3D),
    kernel: ConvolutionRules.forward(.conv3D, .floats),
    gradient: ConvolutionRules.forwardGradient(.conv3D))

  package let conv3DBackpropInputV2: OpDef = OpDef(
    "Conv3DBackpropInputV2",
    """
    input_sizes: Tshape, filter: T, out_backprop: T -> output: T
    T: {half, bfloat16, float, double}
    strides: list(int) >= 5
    padding: {'SAME', 'VALID'}
    data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'
    dilations: list(int) = [1, 1, 1, 1, 1]
    Tshape: {int32, int64} = int32
    """,
    shape: ConvolutionRules.inputGradientShape(.conv3D),
    kernel: ConvolutionRules.inputGradient(.conv3D, .floats),
    gradient: ConvolutionRules.inputGradientGradient(.conv3D))

  package let conv3DBackpropFilterV2: OpDef = OpDef(
    "Conv3DBackpropFilterV2",
    """
    input: T, filter_sizes: int32, out_backprop: T -> output: T
    T: {half, bfloat16, float, double}
    strides: list(int) >= 5
    padding: {'SAME', 'VALID'}
    data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'
    dilations: list(int) = [1, 1, 1, 1, 1]
    """,
    shape: ConvolutionRules.filterGradientShape(.conv3D),
    kernel: ConvolutionRules.filterGradient(.conv3D, .floats),
    gradient: ConvolutionRules.filterGradientGradient(.conv3D))

  package let conv3DBackpropInput: OpDef = OpDef(
    "Conv3DBackpropInput",
    """
    input: T, filter: T, out_backprop: T -> output: T
    T: {half, float, double}
    strides: list(int) >= 5
    padding: {'SAME', 'VALID'}
    dilations: list(int) = [1, 1, 1, 1, 1]
    """,
    shape: ConvolutionRules.inputGradientShape(.conv3D, sizes: false),
    kernel: ConvolutionRules.inputGradient(.conv3D, DTypeSet(.half, .float32, .float64)),
    gradient: .none("TensorFlow has no gradient for Conv3DBackpropInput"))

  package let conv3DBackpropFilter: OpDef = OpDef(
    "Conv3DBackpropFilter",
    """
    input: T, filter: T, out_backprop: T -> output: T
    T: {half, float, double}
    strides: list(int) >= 5
    padding: {'SAME', 'VALID'}
    dilations: list(int) = [1, 1, 1, 1, 1]
    """,
    shape: ConvolutionRules.filterGradientShape(.conv3D, sizes: false),
    kernel: ConvolutionRules.filterGradient(.conv3D, DTypeSet(.half, .float32, .float64)),
    gradient: .none("TensorFlow has no gradient for Conv3DBackpropFilter"))
}
