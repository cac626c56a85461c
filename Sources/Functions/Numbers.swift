package import CoreOps

extension TensorConvertible {
  /// What a plain Swift number is; nil for anything else. TensorFlow's functions compute with such
  /// a number before they make a tensor of it.
  var plainNumber: Double? {
    switch self {
    case let number as Double: number
    case let number as Float: Double(number)
    case let number as Int: Double(number)
    default: nil
    }
  }
}

extension TensorConvertible {
  /// The tensor that TensorFlow's function makes of an argument before it calls an op: of a value a
  /// constant, of a variable a read of its own.
  func converted(_ name: String, preferring dtype: DType? = nil) throws -> Tensor {
    if let operand = self as? any TensorOperand, !(self is Tensor) {
      return try operand.operatorOperand()
    }
    return try asTensor(preferring: dtype).asConstant(named: name)
  }
}

extension Tensor {
  /// The same with the shape that is known of it otherwise, in a graph.
  func withShape(_ shape: PartialShape) throws -> Tensor {
    isSymbolic ? try refined(to: shape) : self
  }
}

enum Casts {
  /// `x` in another dtype; in a graph by an op also of a value that is known, as `tf.cast` is.
  static func cast(_ x: any TensorConvertible, from own: DType, to dtype: DType) throws -> Tensor {
    let x = try x.asTensor(preferring: own)
    if x.isSymbolic { return try CastOps.cast(x, dtype) }
    return try inScope(nil, "Cast") { scope in
      try CastOps.cast(x.asConstant(named: "x"), dtype, name: scope)
    }
  }
}

package enum Likes {
  /// Ones of the shape of `x`, filled in a run as TF-1's `ones_like` is.
  package static func ones(_ x: Tensor, dtype: DType? = nil, name: String? = nil) throws -> Tensor {
    if !x.isSymbolic { return try MathAPI.onesLike(x, dtype: dtype, name: name) }
    return try inScope(name, "ones_like") { scope in
      let shape =
        try x.shape.known == nil
        ? MathAPI.shape(x)
        : ShapeOps.shapeTensor(of: x).asConstant(named: "Shape/shape_as_tensor")
      let one = try 1.asTensor(preferring: dtype ?? x.dtype).asConstant()
      return try ShapeOps.family.fill([shape, one], name: scope).withShape(x.shape)
    }
  }
}
