package import CoreOps
import OpsLinalg

/// The gradient of hue, saturation and value with respect to red, green and blue.
///
/// The largest and the smallest channel each take the whole gradient; ties go to the earlier and
/// the later one.
package func rgbToHSVGradient(_ gradient: Tensor, _ images: Tensor) throws -> Tensor {
  let ops = ComparisonOps.family
  func channels(_ x: Tensor) throws -> [Tensor] {
    try apply(JoinOps.family.unpack, [x], ["num": .int(3), "axis": .int(-1)])
  }
  func both(_ a: (BinaryOp, Tensor, Tensor), _ b: (BinaryOp, Tensor, Tensor)) throws -> Tensor {
    try CastOps.cast(ops.logicalAnd(a.0(a.1, a.2), b.0(b.1, b.2)), images.dtype)
  }
  let divide = BinaryOps.family.divideNoNan

  let rgb = try channels(images)
  let (red, green, blue) = (rgb[0], rgb[1], rgb[2])
  let largest = try [
    both((ops.greaterEqual, red, blue), (ops.greaterEqual, red, green)),
    both((ops.greater, green, red), (ops.greaterEqual, green, blue)),
    both((ops.greater, blue, red), (ops.greater, blue, green)),
  ]
  let smallest = try [
    both((ops.less, red, blue), (ops.less, red, green)),
    both((ops.lessEqual, green, red), (ops.less, green, blue)),
    both((ops.lessEqual, blue, red), (ops.lessEqual, blue, green)),
  ]
  func mixed(_ weights: [Tensor], _ values: [Tensor]) throws -> Tensor {
    let first = try weights[0] * values[0]
    let second = try weights[1] * values[1]
    let third = try weights[2] * values[2]
    return try first + second + third
  }
  let value = try mixed(largest, rgb)
  let lowest = try mixed(smallest, rgb)
  let range = try value - lowest
  // Within a sixth of the circle the hue is a constant plus the difference of the two other
  // channels, divided by six times the range.
  let difference = try mixed(largest, [green - blue, blue - red, red - green])
  let sixRanges = try range * 6
  let sixth = try divide(BasicOps.family.onesLike([range]), sixRanges)
  let slope = try divide(difference, sixRanges * range)
  let overValue = try divide(BasicOps.family.onesLike([value]), value)
  let hsv = try channels(gradient)
  let results = try (0..<3).map { channel -> Tensor in
    let (next, last) = ((channel + 1) % 3, (channel + 2) % 3)
    let change = try largest[last] - largest[next]
    let widening = try largest[channel] - smallest[channel]
    let hue = try change * sixth - slope * widening
    let share = try largest[channel] * lowest * overValue
    let saturation = try (share - smallest[channel]) * overValue
    return try mixed(hsv, [hue, saturation, largest[channel]])
  }
  return try JoinOps.family.pack(results, ["axis": .int(-1)])
}

/// The gradient of projected images: the gradients, projected back.
package func projectiveTransformGradient(
  _ gradient: Tensor, _ images: Tensor, _ transforms: Tensor, _ attrs: Attrs
) throws -> Tensor {
  let ints = ShapeOps.vector
  let (reshape, slice) = (ShapeOps.family.reshape, SliceOps.family.slice)
  // The ninth element of each matrix is one.
  let one = try BasicOps.family.onesLike([slice([transforms, ints([0, 0]), ints([-1, 1])])])
  let flat = try JoinOps.family.concatV2([transforms, one, ShapeOps.scalar(1)])
  let inverse = try LinearAlgebraOps.family.inverse([reshape([flat, ints([-1, 3, 3])])])
  let rows = try reshape([inverse, ints([-1, 9])])
  let scale = try slice([rows, ints([0, 8]), ints([-1, 1])])
  let back = try slice([rows / scale, ints([0, 0]), ints([-1, 8])])
  return try ImageRegionOps.family.imageProjectiveTransformV3(
    [gradient, back, ShapeOps.dimensions(of: images, 1..<3), Float(0).asTensor()],
    attrs.only("interpolation", "fill_mode"))
}
