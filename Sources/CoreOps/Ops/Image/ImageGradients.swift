/// The gradient of hue, saturation and value with respect to red, green and blue.
///
/// The largest and the smallest channel each take the whole gradient; ties go to the earlier and
/// the later one.
package func rgbToHSVGradient(_ gradient: Tensor, _ images: Tensor) throws -> Tensor {
  func channels(_ x: Tensor) throws -> [Tensor] {
    try apply(OpDef.registered("Unpack"), [x], ["num": .int(3), "axis": .int(-1)])
  }
  func both(_ a: (String, Tensor, Tensor), _ b: (String, Tensor, Tensor)) throws -> Tensor {
    let holds = try OpDef.registered("LogicalAnd")([
      OpDef.registered(a.0)([a.1, a.2]), OpDef.registered(b.0)([b.1, b.2]),
    ])
    return try OpDef.registered("Cast")([holds], ["DstT": .type(images.dtype)])
  }
  func divide(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try OpDef.registered("DivNoNan")([a, b])
  }

  let rgb = try channels(images)
  let (red, green, blue) = (rgb[0], rgb[1], rgb[2])
  let largest = try [
    both(("GreaterEqual", red, blue), ("GreaterEqual", red, green)),
    both(("Greater", green, red), ("GreaterEqual", green, blue)),
    both(("Greater", blue, red), ("Greater", blue, green)),
  ]
  let smallest = try [
    both(("Less", red, blue), ("Less", red, green)),
    both(("LessEqual", green, red), ("Less", green, blue)),
    both(("LessEqual", blue, red), ("LessEqual", blue, green)),
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
  // In a sixth of the circle the hue is, but for a constant, the others' difference over six
  // ranges.
  let difference = try mixed(largest, [green - blue, blue - red, red - green])
  let sixRanges = try range * 6
  let sixth = try divide(OpDef.registered("OnesLike")([range]), sixRanges)
  let slope = try divide(difference, sixRanges * range)
  let overValue = try divide(OpDef.registered("OnesLike")([value]), value)
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
  return try OpDef.registered("Pack")(results, ["axis": .int(-1)])
}

/// The gradient of projected images: the gradients, projected back.
package func projectiveTransformGradient(
  _ gradient: Tensor, _ images: Tensor, _ transforms: Tensor, _ attrs: Attrs
) throws -> Tensor {
  func ints(_ values: [Int]) throws -> Tensor { try values.asTensor(preferring: .int32) }
  let reshape = try OpDef.registered("Reshape")
  let slice = try OpDef.registered("Slice")
  // The ninth element of each matrix is one.
  let one = try OpDef.registered("OnesLike")([slice([transforms, ints([0, 0]), ints([-1, 1])])])
  let flat = try OpDef.registered("ConcatV2")([transforms, one, 1.asTensor(preferring: .int32)])
  let inverse = try OpDef.registered("MatrixInverse")([reshape([flat, ints([-1, 3, 3])])])
  let rows = try reshape([inverse, ints([-1, 9])])
  let scale = try slice([rows, ints([0, 8]), ints([-1, 1])])
  let back = try slice([rows / scale, ints([0, 0]), ints([-1, 8])])
  let size: Tensor
  if let height = images.shape[1], let width = images.shape[2] {
    size = try ints([height, width])
  } else {
    size = try dimensions(of: images, 1..<3)
  }
  return try ImageRegionOps.family.imageProjectiveTransformV3(
    [gradient, back, size, Float(0).asTensor()], attrs.only("interpolation", "fill_mode"))
}
