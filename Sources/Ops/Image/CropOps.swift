import CKernels
package import CoreOps

/// Crops of images, brought to one size.
package struct CropOps: OpFamily {
  package static let family: Self = define(Self())

  private static let imageTypes: DTypeSet = [
    .floats, DTypeSet(.int8, .uint8, .int16, .uint16, .int32, .int64),
  ]

  package let cropAndResize: OpDef = OpDef(
    "CropAndResize",
    """
    image: T, boxes: float, box_ind: int32, crop_size: int32 -> crops: float
    T: {uint8, uint16, int8, int16, int32, int64, half, float, double}
    method: {'bilinear', 'nearest'} = 'bilinear'
    extrapolation_value: float = 0.0
    """,
    shape: { context in
      let image = try imageShape(context.shapes[0], "input image")
      let count = try boxCount(context.shapes[1], context.shapes[2])
      let size = context.shapes[3]
      try require(size.rank == nil || size.rank == 1, "crop_size must be 1-D\(size)")
      try require(size[0] == nil || size[0] == 2, "crop_size must have two elements\(size)")
      guard let sides = try context.sizes(3) else { return [.of(count, nil, nil, image[3])] }
      try require(sides[0] > 0 && sides[1] > 0, "crop dimensions must be positive")
      return [.of(count, sides[0], sides[1], image[3])]
    },
    kernel: .raw(["T": imageTypes]) { context in
      let dtype = Int32(context.inputTypes[0].rawValue)
      let nearest = try context.string("method") == "nearest"
      let extrapolation = try context.float("extrapolation_value")
      return { specialise in
        let (input, output) = (specialise.inputs[0], specialise.outputs[0])
        let shape = cropShape(image: input, crops: output, nearest: nearest, extrapolation)
        let (batch, count) = (Int32(clamping: input[0]), output[0])
        let elements = input.elementCount
        let converts = dtype != Int32(DType.float32.rawValue)
        return .run(scratch: converts ? elements * 4 : 0) { p in
          let index = p[2].assumingMemoryBound(to: Int32.self)
          try checkBoxIndex(index, count, batch)
          let boxes = p[1].assumingMemoryBound(to: Float.self)
          for corner in 0..<4 * count where !boxes[corner].isFinite {
            throw TFError.invalidArgument(
              "Boxes contains at least one element that is not finite")
          }
          var image = UnsafePointer(p[0].assumingMemoryBound(to: Float.self))
          if converts {
            let floats = p[5].assumingMemoryBound(to: Float.self)
            jk_to_float(dtype, p[0], floats, elements)
            image = UnsafePointer(floats)
          }
          withUnsafePointer(to: shape) {
            jk_crop_and_resize(
              $0, image, boxes, index, p[4].assumingMemoryBound(to: Float.self))
          }
        }
      }
    },
    gradient: .rule(needs: .inputs(0, 1, 2)) { context in
      let (image, boxes, index) = (context.inputs[0], context.inputs[1], context.inputs[2])
      let gradient = try context.gradient()
      var imageGradient: Tensor?
      if [.half, .float32, .float64].contains(image.dtype) {
        imageGradient = try CropOps.family.cropAndResizeGradImage(
          [gradient, boxes, index, ShapeOps.shapeTensor(of: image)],
          context.attrs.only("method").with("T", .type(image.dtype))
        )
      }
      // As TensorFlow does, boxes take the bilinear gradient whatever the method.
      let boxGradient = try CropOps.family.cropAndResizeGradBoxes([gradient, image, boxes, index])
      return [imageGradient, boxGradient, nil, nil]
    })

  package let cropAndResizeGradImage: OpDef = OpDef(
    "CropAndResizeGradImage",
    """
    grads: float, boxes: float, box_ind: int32, image_size: int32 -> output: T
    T: {float, half, double}
    method: {'bilinear', 'nearest'} = 'bilinear'
    """,
    shape: { context in
      let grads = context.shapes[0]
      try require(grads.rank == nil || grads.rank == 4, "grads image must be 4-D\(grads)")
      try require(grads[1] != 0 && grads[2] != 0, "grads dimensions must be positive")
      let count = try boxCount(context.shapes[1], context.shapes[2])
      try require(
        grads[0] == nil || count == nil || grads[0] == count,
        "boxes and grads have incompatible shape")
      let size = context.shapes[3]
      try require(size.rank == nil || size.rank == 1, "image_size must be 1-D\(size)")
      try require(size[0] == nil || size[0] == 4, "image_size must have 4 elements\(size)")
      guard let dims = try context.sizes(3) else { return [.unknown(rank: 4)] }
      try require(dims[1] > 0 && dims[2] > 0, "image dimensions must be positive")
      try require(dims[0] > 0 && dims[3] > 0, "image size \(dims) must be positive")
      try require(grads[3] == nil || grads[3] == dims[3], "image_size and grads are incompatible")
      return [PartialShape(dims)]
    },
    kernel: .raw { context in
      let dtype = Int32(context.outputTypes[0].rawValue)
      let nearest = try context.string("method") == "nearest"
      return { specialise in
        let (crops, image) = (specialise.inputs[0], specialise.outputs[0])
        let shape = cropShape(image: image, crops: crops, nearest: nearest)
        let (batch, count, elements) = (Int32(clamping: image[0]), crops[0], image.elementCount)
        let converts = dtype != Int32(DType.float32.rawValue)
        return .run(scratch: converts ? elements * 4 : 0) { p in
          let index = p[2].assumingMemoryBound(to: Int32.self)
          try checkBoxIndex(index, count, batch)
          let output = p[converts ? 5 : 4].assumingMemoryBound(to: Float.self)
          output.update(repeating: 0, count: elements)
          withUnsafePointer(to: shape) {
            jk_crop_and_resize_grad_image(
              $0, p[0].assumingMemoryBound(to: Float.self),
              p[1].assumingMemoryBound(to: Float.self), index, output)
          }
          if converts { jk_from_float(dtype, output, p[4], elements) }
        }
      }
    }, gradient: .none("TensorFlow defines no gradient for CropAndResizeGradImage"))

  package let cropAndResizeGradBoxes: OpDef = OpDef(
    "CropAndResizeGradBoxes",
    """
    grads: float, image: T, boxes: float, box_ind: int32 -> output: float
    T: {uint8, uint16, int8, int16, int32, int64, half, float, double}
    method: {'bilinear'} = 'bilinear'
    """,
    shape: { context in
      let grads = context.shapes[0]
      try require(grads.rank == nil || grads.rank == 4, "grads image must be 4-D\(grads)")
      try require(grads[1] != 0 && grads[2] != 0, "grads dimensions must be positive")
      let image = try imageShape(context.shapes[1], "input image")
      try require(
        grads[3] == nil || image[3] == nil || grads[3] == image[3], "image, grads depth differ")
      let count = try boxCount(context.shapes[2], context.shapes[3])
      try require(
        grads[0] == nil || count == nil || grads[0] == count,
        "boxes and grads have incompatible shape")
      return [.of(count ?? grads[0], 4)]
    },
    kernel: .raw(["T": imageTypes]) { context in
      let dtype = Int32(context.inputTypes[1].rawValue)
      return { specialise in
        let (crops, image) = (specialise.inputs[0], specialise.inputs[1])
        let shape = cropShape(image: image, crops: crops, nearest: false)
        let (batch, count, elements) = (Int32(clamping: image[0]), crops[0], image.elementCount)
        let converts = dtype != Int32(DType.float32.rawValue)
        return .run(scratch: converts ? elements * 4 : 0) { p in
          let index = p[3].assumingMemoryBound(to: Int32.self)
          try checkBoxIndex(index, count, batch)
          var image = UnsafePointer(p[1].assumingMemoryBound(to: Float.self))
          if converts {
            let floats = p[5].assumingMemoryBound(to: Float.self)
            jk_to_float(dtype, p[1], floats, elements)
            image = UnsafePointer(floats)
          }
          withUnsafePointer(to: shape) {
            jk_crop_and_resize_grad_boxes(
              $0, p[0].assumingMemoryBound(to: Float.self), image,
              p[2].assumingMemoryBound(to: Float.self), index,
              p[4].assumingMemoryBound(to: Float.self))
          }
        }
      }
    }, gradient: .none("TensorFlow defines no gradient for CropAndResizeGradBoxes"))

  private static func imageShape(_ image: PartialShape, _ name: String) throws -> PartialShape {
    try require(image.rank == nil || image.rank == 4, "\(name) must be 4-D\(image)")
    try require(image[1] != 0 && image[2] != 0, "image dimensions must be positive")
    return image
  }

  /// The number of boxes.
  private static func boxCount(_ boxes: PartialShape, _ index: PartialShape) throws -> Dimension? {
    try require(boxes.rank == nil || boxes.rank == 2, "boxes must be 2-D, got: \(boxes)")
    try require(
      index.rank == nil || index.rank == 1, "box_indices must be rank 1 but is shape \(index)")
    // No boxes may have any number of columns.
    if boxes.elementCount == 0, index.elementCount == 0 { return 0 }
    try require(boxes[1] == nil || boxes[1] == 4, "boxes must have 4 columns\(boxes)")
    try require(
      boxes[0] == nil || index[0] == nil || boxes[0] == index[0], "box_index has incompatible shape"
    )
    return boxes[0] ?? index[0]
  }

  private static func cropShape(
    image: Shape, crops: Shape, nearest: Bool, _ extrapolation: Float = 0
  ) -> jk_crop {
    jk_crop(
      count: Int64(crops[0]), in_h: Int64(image[1]), in_w: Int64(image[2]), out_h: Int64(crops[1]),
      out_w: Int64(crops[2]), channels: Int64(crops[3]), nearest: nearest,
      extrapolation: extrapolation)
  }

  private static func checkBoxIndex(_ index: UnsafePointer<Int32>, _ count: Int, _ batch: Int32)
    throws
  {
    for box in 0..<count where index[box] < 0 || index[box] >= batch {
      throw TFError.outOfRange("box_index has values outside [0, batch_size)")
    }
  }
}
