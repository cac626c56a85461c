package import CoreOps

/// Convolutions and their gradients.
package struct ConvolutionOps: OpFamily {
  package static let family: Self = define(Self())

  private static let narrow = DTypeSet(.half, .float32, .float64)

  package let conv2D: OpDef = forward("Conv2D", .conv2D, [.floats, .int32])
  package let conv2DBackpropInput: OpDef = inputGradient(
    "Conv2DBackpropInput", .conv2D, [.floats, .int32])
  package let conv2DBackpropFilter: OpDef = filterGradient(
    "Conv2DBackpropFilter", .conv2D, .floats)

  package let depthwise: OpDef = forward("DepthwiseConv2dNative", .depthwise, .floats)
  package let depthwiseBackpropInput: OpDef = inputGradient(
    "DepthwiseConv2dNativeBackpropInput", .depthwise, .floats)
  package let depthwiseBackpropFilter: OpDef = filterGradient(
    "DepthwiseConv2dNativeBackpropFilter", .depthwise, .floats)

  package let conv3D: OpDef = forward("Conv3D", .conv3D, .floats)
  package let conv3DBackpropInputV2: OpDef = inputGradient(
    "Conv3DBackpropInputV2", .conv3D, .floats, sizes: "Tshape",
    extra: "\nTshape: {int32, int64} = int32")
  package let conv3DBackpropFilterV2: OpDef = filterGradient(
    "Conv3DBackpropFilterV2", .conv3D, .floats)

  package let conv3DBackpropInput: OpDef = OpDef(
    "Conv3DBackpropInput", signature("input: T, filter: T, out_backprop: T", narrow, volumes("")),
    shape: ConvolutionRules.inputGradientShape(.conv3D, sizes: false),
    kernel: ConvolutionRules.inputGradient(.conv3D, narrow),
    gradient: .none("TensorFlow has no gradient for Conv3DBackpropInput"))

  package let conv3DBackpropFilter: OpDef = OpDef(
    "Conv3DBackpropFilter", signature("input: T, filter: T, out_backprop: T", narrow, volumes("")),
    shape: ConvolutionRules.filterGradientShape(.conv3D, sizes: false),
    kernel: ConvolutionRules.filterGradient(.conv3D, narrow),
    gradient: .none("TensorFlow has no gradient for Conv3DBackpropFilter"))

  private static func forward(
    _ name: String, _ kind: ConvolutionRules.Kind, _ types: DTypeSet
  ) -> OpDef {
    OpDef(
      name, signature("input: T, filter: T", types, attributes(kind)),
      shape: ConvolutionRules.forwardShape(kind), kernel: ConvolutionRules.forward(kind, types),
      gradient: ConvolutionRules.forwardGradient(kind))
  }

  /// - Parameters:
  ///   - sizes: the type of the input that gives the result's shape.
  ///   - extra: the rest of the signature.
  private static func inputGradient(
    _ name: String, _ kind: ConvolutionRules.Kind, _ types: DTypeSet, sizes: String = "int32",
    extra: String = ""
  ) -> OpDef {
    OpDef(
      name,
      signature(
        "input_sizes: \(sizes), filter: T, out_backprop: T", types, attributes(kind) + extra),
      shape: ConvolutionRules.inputGradientShape(kind),
      kernel: ConvolutionRules.inputGradient(kind, types),
      gradient: ConvolutionRules.inputGradientGradient(kind))
  }

  private static func filterGradient(
    _ name: String, _ kind: ConvolutionRules.Kind, _ types: DTypeSet
  ) -> OpDef {
    OpDef(
      name,
      signature("input: T, filter_sizes: int32, out_backprop: T", types, attributes(kind)),
      shape: ConvolutionRules.filterGradientShape(kind),
      kernel: ConvolutionRules.filterGradient(kind, types),
      gradient: ConvolutionRules.filterGradientGradient(kind))
  }

  private static func signature(_ inputs: String, _ types: DTypeSet, _ attributes: String)
    -> String
  {
    "\(inputs) -> output: T\nT: \(types.signatureText)\n\(attributes)"
  }

  private static func attributes(_ kind: ConvolutionRules.Kind) -> String {
    switch kind {
    case .conv2D: "strides: list(int)\nuse_cudnn_on_gpu: bool = true\n\(images)"
    case .depthwise: "strides: list(int)\n\(images)"
    case .conv3D: volumes("\ndata_format: {'NDHWC', 'NCDHW'} = 'NDHWC'")
    }
  }

  private static let images = """
    padding: {'SAME', 'VALID', 'EXPLICIT'}
    explicit_paddings: list(int) = []
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    dilations: list(int) = [1, 1, 1, 1]
    """

  private static func volumes(_ format: String) -> String {
    """
    strides: list(int) >= 5
    padding: {'SAME', 'VALID'}\(format)
    dilations: list(int) = [1, 1, 1, 1, 1]
    """
  }
}
