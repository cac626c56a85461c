import CKernels
package import CoreOps

/// Drawing on images, and looking at parts of them.
package struct ImageRegionOps: OpFamily {
  package static let family: Self = define(Self())

  package let drawBoundingBoxes: OpDef = OpDef(
    "DrawBoundingBoxes",
    """
    images: T, boxes: float -> output: T
    T: {float, half} = float
    """,
    shape: { try drawnShape($0) }, kernel: .run { try draw($0.inputs) },
    gradient: .zero)

  package let drawBoundingBoxesV2: OpDef = OpDef(
    "DrawBoundingBoxesV2",
    """
    images: T, boxes: float, colors: float -> output: T
    T: {float, half} = float
    """,
    shape: { try drawnShape($0) },
    kernel: .run { try draw($0.inputs) },
    gradient: .none("TensorFlow defines no gradient for DrawBoundingBoxesV2"))

  package let extractGlimpse: OpDef = glimpse("ExtractGlimpse", version: 1, gradient: .zero)
  package let extractGlimpseV2: OpDef = glimpse(
    "ExtractGlimpseV2", version: 2,
    gradient: .none("TensorFlow defines no gradient for ExtractGlimpseV2"))

  package let imageProjectiveTransformV2: OpDef = projective(
    "ImageProjectiveTransformV2",
    """
    images: dtype, transforms: float, output_shape: int32 -> transformed_images: dtype
    dtype: {uint8, int32, int64, half, bfloat16, float, double}
    interpolation: string
    fill_mode: string = 'CONSTANT'
    """, fills: false)

  package let imageProjectiveTransformV3: OpDef = projective(
    "ImageProjectiveTransformV3",
    """
    images: dtype, transforms: float, output_shape: int32, fill_value: float \
      -> transformed_images: dtype
    dtype: {uint8, int32, int64, half, bfloat16, float, double}
    interpolation: string
    fill_mode: string = 'CONSTANT'
    """, fills: true)

  // Boxes.

  /// TensorFlow's colours for boxes, in turn: red, green, blue and opacity.
  private static let colors: [[Float]] = [
    [1, 1, 0, 1], [0, 0, 1, 1], [1, 0, 0, 1], [0, 1, 0, 1], [0.5, 0, 0.5, 1], [0.5, 0.5, 0, 1],
    [0.5, 0, 0, 1], [0, 0, 0.5, 1], [0, 1, 1, 1], [1, 0, 1, 1],
  ]

  private static func drawnShape(_ context: ShapeContext) throws -> [PartialShape] {
    try drawnShape(context.shapes)
  }

  private static func drawnShape(_ shapes: [PartialShape]) throws -> [PartialShape] {
    let (images, boxes) = (shapes[0], shapes[1])
    try require(images.rank == nil || images.rank == 4, "The rank of the images should be 4")
    try require(
      boxes.rank == nil || boxes.rank == 3,
      "The rank of the boxes tensor should be 3, got shape \(boxes)")
    try require(
      boxes[2] == nil || boxes[2] == 4,
      "The last dimension of boxes should be 4, got shape \(boxes)")
    try require(
      images[0] == nil || boxes[0] == nil || images[0] == boxes[0],
      "The batch sizes should be the same")
    if let depth = images[3] {
      try require(
        depth == 1 || depth == 3 || depth == 4,
        "Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)")
    }
    if shapes.count == 3 {
      let colors = shapes[2]
      try require(
        colors.rank == nil || colors.rank == 2, "colors must be a 2-D matrix: got shape \(colors)")
      if let channels = colors[1], let depth = images[3] {
        try require(channels >= depth, "colors must have equal or more channels than the image")
      }
    }
    return [images]
  }

  private static func draw(_ inputs: [Tensor]) throws -> [Tensor] {
    _ = try drawnShape(inputs.map(\.shape))
    let (images, boxes) = (inputs[0], inputs[1])
    let output = try Tensor.uninitialized(images.dtype, images.dims)
    output.bytes.copyMemory(from: UnsafeRawBufferPointer(images.bytes))
    let dims = images.dims
    let (height, width, depth) = (dims[1], dims[2], dims[3])
    var table = depth == 1 ? colors.map { _ in [1] } : colors
    if inputs.count == 3 {
      let given = inputs[2]
      let values = given.elements(Float.self)
      let channels = given.dims[1]
      table = (0..<given.dims[0]).map { Array(values[$0 * channels..<($0 + 1) * channels]) }
      if table.isEmpty { return [output] }
    }
    let count = boxes.dims[1]
    let corners = boxes.elements(Float.self)

    func fill<T: BoxScalar>(_: T.Type) throws {
      var pace = Pace()
      let pixels = output.elements(T.self)
      for image in 0..<dims[0] {
        for box in 0..<count {
          let own = (0..<4).map { corners[(image * count + box) * 4 + $0] }
          func place(_ corner: Int, _ side: Int) -> Int? {
            let value = (own[corner] * Float(side - 1)).rounded(.towardZero)
            return value.isFinite && abs(value) < 1e9 ? Int(value) : nil
          }
          guard let top = place(0, height), let left = place(1, width),
            let bottom = place(2, height),
            let right = place(3, width), top <= bottom, left <= right, top < height, bottom >= 0,
            left < width,
            right >= 0
          else { continue }
          let color = table[box % table.count].prefix(depth).map { T($0) }
          func paint(_ row: Int, _ column: Int) {
            for channel in 0..<depth {
              pixels[((image * height + row) * width + column) * depth + channel] = color[channel]
            }
          }
          let rows = max(top, 0)...min(bottom, height - 1)
          let columns = max(left, 0)...min(right, width - 1)
          try pace.step(2 * (rows.count + columns.count) * depth)
          if top >= 0 { for column in columns { paint(top, column) } }
          if bottom < height { for column in columns { paint(bottom, column) } }
          if left >= 0 { for row in rows { paint(row, left) } }
          if right < width { for row in rows { paint(row, right) } }
        }
      }
    }
    if images.dtype == .half { try fill(Float16.self) } else { try fill(Float.self) }
    return [output]
  }

  // Glimpses.

  private static func glimpse(_ name: String, version: Int, gradient: Gradient) -> OpDef {
    OpDef(
      name,
      """
      input: float, size: int32, offsets: float -> glimpse: float
      centered: bool = true
      normalized: bool = true
      uniform_noise: bool = true
      noise: string = 'uniform'
      """,
      shape: { context in
        let (input, size, offsets) = (context.shapes[0], context.shapes[1], context.shapes[2])
        try require(
          input.rank == nil || input.rank == 4,
          "input must be a 4-D tensor of shape (batch_size, height, width, depth): \(input)")
        try require(
          size.isCompatible(with: [2]),
          "input must be a vector of size 2 (height, width): got shape \(size)")
        try require(
          offsets.rank == nil || offsets.rank == 2, "input must be a matrix of offsets: \(offsets)")
        try require(offsets[1] == nil || offsets[1] == 2, "input must have 2 columns: \(offsets)")
        try require(
          offsets[0] == nil || input[0] == nil || offsets[0] == input[0],
          "input should have batch size \(input[0] ?? 0)")
        let batch = input[0] ?? offsets[0]
        guard let sides = try context.sizes(1) else { return [.of(batch, nil, nil, input[3])] }
        try require(sides[0] > 0 && sides[1] > 0, "glimpse size must be positive, got \(sides)")
        return [.of(batch, sides[0], sides[1], input[3])]
      },
      kernel: .dynamic { context in
        let centered = try context.bool("centered")
        let normalized = try context.bool("normalized")
        let uniform = try context.bool("uniform_noise")
        let noise = try context.string("noise")
        try require(
          ["zero", "gaussian", "uniform"].contains(noise),
          "noise should be uniform, gaussian, or zero, got \(noise)")
        try require(
          !uniform || noise == "uniform" || noise == "zero" || noise == "gaussian",
          "The uniform_noise and noise should not be specified at the same time")
        return { run in
          [
            try glimpse(
              run.inputs, centered: centered, normalized: normalized, version: version,
              noise: uniform ? "uniform" : noise)
          ]
        }
      }, gradient: gradient)
  }

  private static func glimpse(
    _ inputs: [Tensor], centered: Bool, normalized: Bool, version: Int, noise: String
  ) throws -> Tensor {
    let (image, offsets) = (inputs[0], inputs[2])
    let sides = try inputs[1].integers()
    try require(
      image.dims.rank == 4 && sides.count == 2 && offsets.dims.rank == 2 && offsets.dims[1] == 2
        && offsets.dims[0] == image.dims[0],
      "input, size and offsets do not fit: \(image.dims), \(inputs[1].dims), \(offsets.dims)")
    try require(sides[0] > 0 && sides[1] > 0, "glimpse size must be positive, got \(sides)")
    let channels = image.dims[3]
    let output = try Tensor.zeros(.float32, [image.dims[0], sides[0], sides[1], channels])
    let (pixels, result) = (image.elements(Float.self), output.elements(Float.self))
    var noiseSource = NoiseSource(kind: noise)
    var pace = Pace()
    for batch in 0..<image.dims[0] {
      // Version 2 takes half a glimpse off only where the offset is a centre in -1...1.
      let starts = (0..<2).map { axis in
        let side = Float(image.dims[axis + 1])
        var start = offsets.elements(Float.self)[batch * 2 + axis]
        if normalized { start *= side }
        if centered {
          if version == 1 || normalized { start /= 2 }
          start += side / 2
        }
        if version == 1 || (centered && normalized) { start -= Float(sides[axis]) / 2 }
        start.round(.towardZero)
        return start.isFinite && abs(start) < 1e9 ? Int(start) : Int(1) << 40
      }
      for row in 0..<sides[0] {
        for column in 0..<sides[1] {
          try pace.step(channels)
          let (y, x) = (starts[0] + row, starts[1] + column)
          let place = ((batch * sides[0] + row) * sides[1] + column) * channels
          let inside = y >= 0 && y < image.dims[1] && x >= 0 && x < image.dims[2]
          let source = inside ? ((batch * image.dims[1] + y) * image.dims[2] + x) * channels : 0
          for channel in 0..<channels {
            result[place + channel] = inside ? pixels[source + channel] : noiseSource.next()
          }
        }
      }
    }
    return output
  }

  /// Numbers for what lies outside the image. They carry no meaning, and so need no seed.
  private struct NoiseSource {
    let kind: String
    var generator = SystemRandomNumberGenerator()

    mutating func next() -> Float {
      switch kind {
      case "zero": 0
      case "uniform": Float.random(in: 0..<1, using: &generator)
      default: (0..<12).reduce(-6) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) }
      }
    }
  }

  // Projective transforms.

  private static func projective(
    _ name: String, _ signature: @autoclosure @escaping @Sendable () -> String, fills: Bool
  ) -> OpDef {
    OpDef(
      name, signature(),
      shape: { context in
        let (images, transforms, size) = (context.shapes[0], context.shapes[1], context.shapes[2])
        try require(images.rank == nil || images.rank == 4, "Input images must have rank 4")
        try require(
          transforms.rank == nil
            || (transforms.rank == 2 && (transforms[1] ?? 8) == 8
              && (transforms[0] == nil || transforms[0] == 1 || images[0] == nil
                || transforms[0] == images[0])),
          "Input transform should be num_images x 8 or 1 x 8")
        try require(size.rank == nil || size.rank == 1, "output shape must be 1-dimensional\(size)")
        try require(size[0] == nil || size[0] == 2, "output shape must have two elements\(size)")
        if fills { try ImageOps.checkScalar(context.shapes[3], "fill_value") }
        guard let sides = try context.sizes(2) else {
          return [.of(images[0], nil, nil, images[3])]
        }
        try require(
          sides[0] > 0 && sides[1] > 0, "output dimensions must be positive, got \(sides)")
        return [.of(images[0], sides[0], sides[1], images[3])]
      },
      kernel: .raw { context in
        let dtype = Int32(context.inputTypes[0].rawValue)
        let interpolation = try context.string("interpolation")
        try require(
          interpolation == "NEAREST" || interpolation == "BILINEAR",
          "Invalid interpolation \(interpolation). Supported types: NEAREST, BILINEAR")
        let fillMode = try context.string("fill_mode")
        let modes = ["CONSTANT", "REFLECT", "WRAP", "NEAREST"]
        guard let mode = modes.firstIndex(of: fillMode) else {
          throw TFError.invalidArgument(
            "Invalid mode \(fillMode). Supported types: \(modes.joined(separator: ", "))")
        }
        let bilinear = interpolation == "BILINEAR"
        return { specialise in
          let (input, output) = (specialise.inputs[0], specialise.outputs[0])
          let each = specialise.inputs[1][0] != 1
          let shape = jk_resize(
            batch: Int64(output[0]), in_h: Int64(input[1]), in_w: Int64(input[2]),
            out_h: Int64(output[1]),
            out_w: Int64(output[2]), channels: Int64(output[3]))
          return .run { p in
            let fill = fills ? p[3].assumingMemoryBound(to: Float.self)[0] : 0
            withUnsafePointer(to: shape) {
              jk_projective_transform(
                dtype, $0, p[0], p[1].assumingMemoryBound(to: Float.self), each, bilinear,
                Int32(mode), fill,
                p[fills ? 4 : 3])
            }
          }
        }
      },
      gradient: .rule(needs: .inputs) { context in
        let images = try projectiveTransformGradient(
          context.gradient(), context.inputs[0], context.inputs[1], context.attrs)
        return [images] + [Tensor?](repeating: nil, count: context.inputs.count - 1)
      })
  }
}
