package import CoreOps

/// Images out of the bytes of files. Each op but `DecodeBmp` and `DecodeAndCropJpeg` also takes the
/// files of the others, as in TensorFlow.
package struct ImageDecodingOps: OpFamily {
  package static let family: Self = define(Self())

  package let png = ImageDecodingOps.decoding(
    "DecodePng",
    """
    contents: string -> image: dtype
    channels: int = 0
    dtype: {uint8, uint16} = uint8
    """
  ) { [.of(nil, nil, try channels($0))] }

  package let jpeg = ImageDecodingOps.decoding(
    "DecodeJpeg",
    """
    contents: string -> image: uint8
    \(jpegAttributes)
    """
  ) { [.of(nil, nil, try channels($0))] }

  package let cropJpeg = ImageDecodingOps.decoding(
    "DecodeAndCropJpeg",
    """
    contents: string, crop_window: int32 -> image: uint8
    \(jpegAttributes)
    """
  ) { context in
    let window = try context.shape(1, rank: 1, "crop_window")
    try require(
      window.isCompatible(with: [4]), "Dimension must be 4 but is \(window) for crop_window")
    let sizes = try context.sizes(1)
    return [.of(sizes?[2], sizes?[3], try channels(context))]
  }

  private static let jpegAttributes = """
    channels: int = 0
    ratio: int = 1
    fancy_upscaling: bool = true
    try_recover_truncated: bool = false
    acceptable_fraction: float = 1.0
    dct_method: string = ''
    """

  package let gif = ImageDecodingOps.decoding(
    "DecodeGif", "contents: string -> image: uint8"
  ) { _ in [[nil, nil, nil, 3]] }

  package let bmp = ImageDecodingOps.decoding(
    "DecodeBmp",
    """
    contents: string -> image: uint8
    channels: int = 0
    """
  ) { [.of(nil, nil, try channels($0))] }

  package let webP = ImageDecodingOps.decoding(
    "DecodeWebP",
    """
    contents: string -> image: dtype
    channels: int = 0
    dtype: {uint8} = uint8
    """
  ) { [.of(nil, nil, nil, try channels($0))] }

  package let image = ImageDecodingOps.decoding(
    "DecodeImage",
    """
    contents: string -> image: dtype
    channels: int = 0
    dtype: {uint8, uint16, float} = uint8
    expand_animations: bool = true
    """
  ) { context in
    let channels = try channels(context)
    return [try context.bool("expand_animations") ? .unknown : .of(nil, nil, channels)]
  }

  package let jpegShape = OpDef(
    "ExtractJpegShape",
    """
    contents: string -> image_shape: output_type
    output_type: {int32, int64} = int32
    """,
    shape: { context in
      _ = try context.shape(0, rank: 0, "contents")
      return [[3]]
    },
    kernel: .dynamic { context in
      let dtype = try context.type("output_type")
      return { run in
        let contents = run.inputs[0]
        try require(
          contents.dims.rank == 0, "contents must be scalar, got shape \(contents.dims)")
        return try contents.strings[0].withBytes { bytes in
          guard let shape = OpsMedia.jpegShape(bytes) else {
            throw TFError.invalidArgument("Invalid JPEG data, size \(bytes.count)")
          }
          return [try Int.tensor(shape, [3], dtype: dtype)]
        }
      }
    }, gradient: .zero)

  private static func decoding(
    _ name: String, _ signature: String, shape: @escaping ShapeRule
  ) -> OpDef {
    OpDef(
      name, signature,
      shape: { context in
        _ = try context.shape(0, rank: 0, "contents")
        return try shape(context)
      },
      kernel: .dynamic { context in
        let decoder = try ImageDecoder(context)
        return { run in [try decoder.decode(run)] }
      }, gradient: .zero)
  }

  /// The channels that the attribute asks for; nil for those of the file.
  private static func channels(_ context: ShapeContext) throws -> Dimension? {
    let channels = try context.int("channels")
    try require(channels >= 0, "channels must be non-negative, got \(channels)")
    return channels == 0 ? nil : Dimension(channels)
  }
}
