/// Dimensions of a tensor: one or several, negative ones counted from the end.
public protocol TensorAxes {
  var axes: [Int] { get }
}

extension Int: TensorAxes {
  public var axes: [Int] { [self] }
}

extension Array: TensorAxes where Element == Int {
  public var axes: [Int] { self }
}

extension SharedAPI {
  /// The shape as a vector. Follows `tf.shape`.
  ///
  /// - Parameters:
  ///   - input: of any dtype and shape.
  ///   - outType: int32 or int64.
  ///   - name: the node's name in a graph.
  public static func shape(
    _ input: some TensorConvertible, outType: DType = .int32, name: String? = nil
  ) throws -> Tensor {
    let input = try input.asTensor()
    if !Environment.current.isExecutingEagerly, input.shape.known != nil {
      return try ShapeOps.shapeTensor(of: input, outType).asConstant(named: name ?? "Shape")
    }
    return try ShapeOps.family.shape(
      [input], Attrs().with("out_type", .type(outType), unless: outType == .int32), name: name)
  }

  /// The shapes of several tensors as vectors. Follows `tf.shape_n`.
  ///
  /// - Parameters:
  ///   - input: tensors of one dtype.
  ///   - outType: int32 or int64.
  ///   - name: the node's name in a graph.
  public static func shapeN(
    _ input: [Tensor], outType: DType = .int32, name: String? = nil
  ) throws -> [Tensor] {
    try apply(
      ShapeOps.family.shapeN, input,
      Attrs().with("out_type", .type(outType), unless: outType == .int32), name: name)
  }

  /// The number of elements, a scalar. Follows `tf.size`.
  ///
  /// - Parameters:
  ///   - input: of any dtype and shape.
  ///   - outType: int32 or int64.
  ///   - name: the node's name in a graph.
  public static func size(
    _ input: some TensorConvertible, outType: DType = .int32, name: String? = nil
  ) throws -> Tensor {
    let input = try input.asTensor()
    if !Environment.current.isExecutingEagerly, input.shape.known != nil {
      return try ShapeOps.sizeTensor(of: input, outType).asConstant(named: name ?? "Size")
    }
    return try ShapeOps.family.size(
      [input], Attrs().with("out_type", .type(outType), unless: outType == .int32), name: name)
  }

  /// The number of dimensions, a scalar. Follows `tf.rank`.
  ///
  /// - Parameters:
  ///   - input: of any dtype and shape.
  ///   - name: the node's name in a graph.
  public static func rank(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    let input = try input.asTensor()
    if !Environment.current.isExecutingEagerly, input.rank != nil {
      return try ShapeOps.rankTensor(of: input).asConstant(named: name ?? "Rank")
    }
    return try ShapeOps.family.rank([input], name: name)
  }

  /// The same elements under another shape. Follows `tf.reshape`.
  ///
  /// - Parameters:
  ///   - tensor: of any dtype and shape.
  ///   - shape: a vector of integers, of which one may be -1: it is what the others leave.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the number of elements differs.
  @_disfavoredOverload
  public static func reshape(
    _ tensor: some TensorConvertible, _ shape: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try ShapeOps.family.reshape([tensor.asTensor(), shape.asTensor()], name: name)
  }

  /// The same with its arguments by label.
  public static func reshape(
    _ tensor: some TensorConvertible, shape: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try reshape(tensor, shape, name: name)
  }

  /// The same with its arguments by label.
  public static func reshape(
    tensor: some TensorConvertible, shape: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try reshape(tensor, shape, name: name)
  }

  /// The same of a literal.
  public static func reshape(
    _ tensor: TensorLiteral, _ shape: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try reshape(tensor.asTensor(), shape, name: name)
  }

  /// The same elements under another shape. Follows `tf.reshape`.
  @_disfavoredOverload
  public static func reshape(
    _ tensor: some TensorConvertible, _ shape: [Int], name: String? = nil
  ) throws -> Tensor {
    try reshape(tensor, ShapeOps.vector(shape), name: name)
  }

  /// The same with its arguments by label.
  @_disfavoredOverload
  public static func reshape(_ tensor: some TensorConvertible, shape: [Int], name: String? = nil)
    throws -> Tensor
  {
    try reshape(tensor, shape, name: name)
  }

  /// The same of a literal.
  public static func reshape(_ tensor: TensorLiteral, shape: [Int], name: String? = nil)
    throws -> Tensor
  {
    try reshape(tensor.asTensor(), shape, name: name)
  }

  /// The same with its arguments by label.
  @_disfavoredOverload
  public static func reshape(tensor: some TensorConvertible, shape: [Int], name: String? = nil)
    throws -> Tensor
  {
    try reshape(tensor, shape, name: name)
  }

  /// The same of a literal.
  public static func reshape(tensor: TensorLiteral, shape: [Int], name: String? = nil)
    throws -> Tensor
  {
    try reshape(tensor.asTensor(), shape, name: name)
  }

  /// The same of a literal.
  public static func reshape(_ tensor: TensorLiteral, _ shape: [Int], name: String? = nil) throws
    -> Tensor
  {
    try reshape(tensor.asTensor(), shape, name: name)
  }

  /// Without dimensions of size 1. Follows `tf.squeeze`.
  ///
  /// - Parameters:
  ///   - input: of any dtype.
  ///   - axis: the dimensions to remove, of size 1 each; by default all of that size.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when a named dimension is not 1.
  @_disfavoredOverload
  public static func squeeze(
    _ input: some TensorConvertible, axis: some TensorAxes = [Int](), name: String? = nil
  ) throws -> Tensor {
    let axes = axis.axes
    return try ShapeOps.family.squeeze(
      [input.asTensor()], Attrs().with("squeeze_dims", .ints(axes), unless: axes.isEmpty),
      name: name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func squeeze(
    _ input: some TensorConvertible, _ axis: some TensorAxes, name: String? = nil
  ) throws -> Tensor {
    try squeeze(input, axis: axis, name: name)
  }

  /// The same of a literal.
  public static func squeeze(
    _ input: TensorLiteral, _ axis: some TensorAxes, name: String? = nil
  ) throws -> Tensor {
    try squeeze(input.asTensor(), axis: axis, name: name)
  }

  /// The same of a literal.
  public static func squeeze(
    _ input: TensorLiteral, axis: some TensorAxes = [Int](), name: String? = nil
  ) throws -> Tensor {
    try squeeze(input.asTensor(), axis: axis, name: name)
  }

  /// With a further dimension of size 1. Follows `tf.expand_dims`.
  ///
  /// - Parameters:
  ///   - input: of any dtype.
  ///   - axis: where the dimension goes; negative counts from the end.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the axis is out of range.
  @_disfavoredOverload
  public static func expandDims(
    _ input: some TensorConvertible, axis: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try ShapeOps.family.expandDims([input.asTensor(), axis.asTensor()], name: name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func expandDims(
    _ input: some TensorConvertible, _ axis: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try expandDims(input, axis: axis, name: name)
  }

  /// The same of a literal.
  public static func expandDims(
    _ input: TensorLiteral, _ axis: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try expandDims(input.asTensor(), axis: axis, name: name)
  }

  /// The same of a literal.
  public static func expandDims(
    _ input: TensorLiteral, axis: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try expandDims(input.asTensor(), axis: axis, name: name)
  }

  /// A tensor full of one value. Follows `tf.fill`.
  ///
  /// - Parameters:
  ///   - dims: the shape, a vector of integers.
  ///   - value: a scalar.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for negative dimensions.
  public static func fill(
    _ dims: some TensorConvertible, _ value: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try ShapeOps.family.fill([dims.asTensor(), value.asTensor()], name: name)
  }

  /// The same with its arguments by label.
  public static func fill(
    _ dims: some TensorConvertible, value: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try fill(dims, value, name: name)
  }

  /// The same with its arguments by label.
  public static func fill(
    dims: some TensorConvertible, value: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try fill(dims, value, name: name)
  }

  /// A tensor full of one value. Follows `tf.fill`.
  public static func fill(
    _ dims: [Int], _ value: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try fill(ShapeOps.vector(dims), value, name: name)
  }

  /// The same with its arguments by label.
  public static func fill(_ dims: [Int], value: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try fill(dims, value, name: name)
  }

  /// The same with its arguments by label.
  public static func fill(dims: [Int], value: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try fill(dims, value, name: name)
  }

  /// The input repeated to a shape that it broadcasts to. Follows `tf.broadcast_to`.
  ///
  /// - Parameters:
  ///   - input: of any dtype.
  ///   - shape: a vector of integers.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the shapes do not fit.
  @_disfavoredOverload
  public static func broadcastTo(
    _ input: some TensorConvertible, _ shape: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try ShapeOps.family.broadcastTo([input.asTensor(), shape.asTensor()], name: name)
  }

  /// The same with its arguments by label.
  public static func broadcastTo(
    _ input: some TensorConvertible, shape: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try broadcastTo(input, shape, name: name)
  }

  /// The same of a literal.
  public static func broadcastTo(
    _ input: TensorLiteral, _ shape: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try broadcastTo(input.asTensor(), shape, name: name)
  }

  /// The input repeated to a shape that it broadcasts to. Follows `tf.broadcast_to`.
  @_disfavoredOverload
  public static func broadcastTo(
    _ input: some TensorConvertible, _ shape: [Int], name: String? = nil
  ) throws -> Tensor {
    try broadcastTo(input, ShapeOps.vector(shape), name: name)
  }

  /// The same with its arguments by label.
  @_disfavoredOverload
  public static func broadcastTo(_ input: some TensorConvertible, shape: [Int], name: String? = nil)
    throws -> Tensor
  {
    try broadcastTo(input, shape, name: name)
  }

  /// The same of a literal.
  public static func broadcastTo(_ input: TensorLiteral, shape: [Int], name: String? = nil)
    throws -> Tensor
  {
    try broadcastTo(input.asTensor(), shape, name: name)
  }

  /// The same of a literal.
  public static func broadcastTo(_ input: TensorLiteral, _ shape: [Int], name: String? = nil) throws
    -> Tensor
  {
    try broadcastTo(input.asTensor(), shape, name: name)
  }

  /// The shape that two shapes broadcast to, as a tensor. Follows `tf.broadcast_dynamic_shape`.
  ///
  /// - Parameters:
  ///   - shapeX, shapeY: vectors of integers.
  /// - Throws: `INVALID_ARGUMENT` when they do not fit.
  public static func broadcastDynamicShape(
    _ shapeX: some TensorConvertible, _ shapeY: some TensorConvertible
  ) throws -> Tensor {
    try ShapeOps.family.broadcastArgs([shapeX.asTensor(), shapeY.asTensor()])
  }

  /// The same with its arguments by label.
  public static func broadcastDynamicShape(
    _ shapeX: some TensorConvertible, shapeY: some TensorConvertible
  ) throws -> Tensor {
    try broadcastDynamicShape(shapeX, shapeY)
  }
}
