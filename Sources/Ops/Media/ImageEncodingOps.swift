package import CoreOps

/// Images as the bytes of files.
package struct ImageEncodingOps: OpFamily {
  package static let family: Self = define(Self())

  package let png = OpDef(
    "EncodePng",
    """
    image: T -> contents: string
    compression: int = -1
    T: {uint8, uint16} = uint8
    """,
    shape: { context in
      guard let dims = context.shapes[0].dims else { return [.unknown] }
      try require(dims.count >= 3, "Shape must be at least rank 3 but is rank \(dims.count)")
      return [PartialShape(Array(dims.dropLast(3)))]
    },
    kernel: .dynamic { context in
      let compression = try context.int("compression")
      try require(
        compression >= -1 && compression <= 9,
        "compression should be in [-1,9], got \(compression)")
      return { run in [try encodePNG(run.inputs[0], compression)] }
    }, gradient: .zero)

  private static func encodePNG(_ images: Tensor, _ compression: Int) throws -> Tensor {
    let dims = images.dims
    try require(dims.rank >= 3, "images must be at least rank 3\(dims)")
    try require(
      dims.elementCount < Int(Int32.max), "image cannot have >= int32 max elements")
    let (height, width, channels) = (
      dims[dims.rank - 3], dims[dims.rank - 2], dims[dims.rank - 1]
    )
    try require(
      channels >= 1 && channels <= 4, "image must have 1, 2, 3, or 4 channels, got \(channels)")
    try require(
      width <= Int(Int32.max) / 2 / channels, "image too wide to encode")
    let batch = Shape(Array(dims.dims.dropLast(3)))
    let builder = try StringBuilder(count: batch.elementCount)
    let size = height * width * channels * images.dtype.byteSize
    var empty: [String] = []
    for index in 0..<batch.elementCount {
      let isWritten = try ImageEncoder.writePNG(
        images.bytes.baseAddress! + index * size, width: width, height: height, channels: channels,
        bits: images.dtype.byteSize * 8, compression: compression
      ) { try builder.append($0) }
      if !isWritten { empty.append("\(index)") }
    }
    guard empty.isEmpty else {
      throw TFError.internal(
        """
        PNG encoding failed at the following flattened batch indices: \
        \(empty.joined(separator: ", "))
        """)
    }
    return Tensor(strings: try builder.finish(), dims: batch)
  }

  package let jpeg = OpDef(
    "EncodeJpeg",
    """
    image: uint8 -> contents: string
    format: {'', 'grayscale', 'rgb'} = ''
    quality: int = 95
    progressive: bool = false
    optimize_size: bool = false
    chroma_downsampling: bool = true
    density_unit: {'in', 'cm'} = 'in'
    x_density: int = 300
    y_density: int = 300
    xmp_metadata: string = ''
    """, shape: ImageEncodingOps.scalarOfAnImage,
    kernel: .dynamic { context in
      let format = try context.string("format")
      var options = JPEGOptions()
      options.quality = try context.int("quality")
      try require(
        options.quality >= 0 && options.quality <= 100,
        "quality must be in [0,100], got \(options.quality)")
      options.isProgressive = try context.bool("progressive")
      options.optimizesSize = try context.bool("optimize_size")
      options.downsamplesChroma = try context.bool("chroma_downsampling")
      options.isMetric = try context.string("density_unit") == "cm"
      func density(_ name: String) throws -> Int32 {
        let value = try context.int(name)
        guard let density = Int32(exactly: value) else {
          throw TFError.invalidArgument(
            "Attr \(name) has value \(value) out of range for an int32")
        }
        return density
      }
      options.xDensity = try density("x_density")
      options.yDensity = try density("y_density")
      options.xmp = try context.bytes("xmp_metadata")
      let writing = options
      return { run in
        let image = run.inputs[0]
        let channels = try channels(image)
        if !format.isEmpty {
          let wanted = format == "grayscale" ? 1 : 3
          try require(
            channels == wanted,
            "format \(format) expects \(wanted) channels, got \(image.dims)")
        }
        return [try encodeJPEG(image, writing)]
      }
    }, gradient: .zero)

  package let jpegVariableQuality = OpDef(
    "EncodeJpegVariableQuality", "images: uint8, quality: int32 -> contents: string",
    shape: { context in
      _ = try context.shape(1, rank: 0, "quality")
      return try ImageEncodingOps.scalarOfAnImage(context)
    },
    kernel: .run { run in
      let (image, quality) = (run.inputs[0], run.inputs[1])
      _ = try channels(image)
      try require(quality.dims.rank == 0, "quality must be scalar: \(quality.dims)")
      let value = quality.elements(Int32.self)[0]
      try require(value >= 0 && value <= 100, "quality must be in [0,100], got \(value)")
      var options = JPEGOptions()
      options.quality = Int(value)
      return [try encodeJPEG(image, options)]
    }, gradient: .zero)

  private static let scalarOfAnImage: ShapeRule = { context in
    _ = try context.shape(0, rank: 3, "image")
    return [.scalar]
  }

  /// The channels of an image that a JPEG file can have.
  private static func channels(_ image: Tensor) throws -> Int {
    try require(image.dims.rank == 3, "image must be 3-dimensional\(image.dims)")
    try require(
      image.dims.elementCount < Int(Int32.max), "Cannot encode images with >= max int32 elements")
    let channels = image.dims[2]
    try require(
      channels == 1 || channels == 3, "image must have 1 or 3 channels, got \(image.dims)")
    return channels
  }

  private static func encodeJPEG(_ image: Tensor, _ options: JPEGOptions) throws -> Tensor {
    let builder = try StringBuilder(count: 1)
    let isWritten = try ImageEncoder.writeJPEG(
      image.elements(UInt8.self).baseAddress!, width: image.dims[1], height: image.dims[0],
      channels: image.dims[2], options
    ) { try builder.append($0) }
    guard isWritten else { throw TFError.internal("JPEG encoding failed") }
    return Tensor(strings: try builder.finish(), dims: [])
  }
}
