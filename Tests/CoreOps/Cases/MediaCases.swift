import CoreOps
import Ops
import TestSupport

/// A tensor of that shape.
private func elements(_ dtype: DType, _ dims: [Int], _ values: [Double]) -> Tensor {
  try! CastOps.cast(Tensor(values, dims: [values.count]), dtype).reshaped(Shape(dims))
}

/// Files of images, with what TensorFlow 2.21 gives.
let mediaCases: [OpCase] = [
  OpCase(
    "DecodePng", [ImageFiles.png],
    expect: [
      elements(
        .uint8, [2, 3, 3],
        [0, 7, 60, 20, 27, 80, 40, 47, 100, 40, 47, 100, 60, 67, 120, 80, 87, 140])
    ]),
  OpCase(
    "DecodePng in gray", [ImageFiles.png], ["channels": .int(1)],
    expect: [elements(.uint8, [2, 3, 1], [10, 30, 50, 50, 70, 90])]),
  OpCase(
    "DecodePng with alpha", [ImageFiles.png], ["channels": .int(4)],
    expect: [
      elements(
        .uint8, [2, 3, 4],
        [
          0, 7, 60, 255, 20, 27, 80, 255, 40, 47, 100, 255, 40, 47, 100, 255, 60, 67, 120, 255, 80,
          87, 140, 255,
        ])
    ]),
  OpCase(
    "DecodePng of 16 bits", [ImageFiles.widePNG], ["dtype": .type(.uint16)],
    expect: [
      elements(
        .uint16, [2, 2, 3],
        [0, 50629, 29812, 31868, 16705, 61680, 63736, 48573, 27756, 29812, 14649, 59624])
    ]),
  OpCase(
    "DecodePng of 16 bits in 8", [ImageFiles.widePNG],
    expect: [
      elements(.uint8, [2, 2, 3], [0, 197, 116, 124, 65, 240, 248, 189, 108, 116, 57, 232])
    ]),
  OpCase(
    "DecodePng of 8 bits in 16", [ImageFiles.png], ["dtype": .type(.uint16), "channels": .int(1)],
    expect: [elements(.uint16, [2, 3, 1], [2570, 7710, 12850, 12850, 17990, 23130])]),
  OpCase(
    "DecodePng without alpha", [ImageFiles.alphaPNG], ["channels": .int(3)],
    expect: [elements(.uint8, [2, 2, 3], [0, 7, 60, 20, 27, 80, 40, 47, 100, 60, 67, 120])]),
  OpCase(
    "DecodePng of a JPEG file", [ImageFiles.grayJPEG],
    expect: [
      elements(
        .uint8, [4, 5, 1],
        [0, 14, 34, 54, 76, 34, 54, 75, 95, 117, 75, 95, 115, 136, 158, 115, 135, 155, 176, 198])
    ]),
  OpCase(
    "DecodePng of a damaged file", [ImageFiles.cutPNG],
    error: .invalidArgument),
  OpCase(
    "DecodePng of nothing", [""],
    error: .invalidArgument),
  OpCase(
    "DecodePng of another file", ["hello"],
    error: .invalidArgument),
  OpCase(
    "DecodePng of a bitmap", [ImageFiles.bmp],
    error: .invalidArgument),
  OpCase(
    "DecodePng of a vector", [ImageFiles.png.reshaped([1])],
    error: .invalidArgument),
  OpCase(
    "DecodePng of two channels", [ImageFiles.png], ["channels": .int(2)],
    error: .invalidArgument),
  OpCase(
    "DecodeJpeg", [ImageFiles.jpeg],
    expect: [
      elements(
        .uint8, [4, 5, 3],
        [
          0, 7, 61, 22, 29, 83, 38, 45, 97, 61, 68, 120, 79, 86, 138, 39, 46, 100, 61, 68, 122, 77,
          84, 136, 100, 107, 159, 118, 125, 177, 81, 88, 142, 103, 110, 164, 119, 126, 178, 141,
          148, 200, 160, 167, 219, 119, 126, 180, 141, 148, 202, 157, 164, 216, 179, 186, 238, 198,
          205, 255,
        ])
    ]),
  OpCase(
    "DecodeJpeg in gray", [ImageFiles.jpeg], ["channels": .int(1)],
    expect: [
      elements(
        .uint8, [4, 5, 1],
        [11, 33, 49, 72, 90, 50, 72, 88, 111, 129, 92, 114, 130, 152, 171, 130, 152, 168, 190, 209])
    ]),
  OpCase(
    "DecodeJpeg of half the size", [ImageFiles.jpeg], ["ratio": .int(2)],
    expect: [
      elements(
        .uint8, [2, 3, 3],
        [30, 37, 91, 70, 77, 129, 100, 107, 159, 110, 117, 171, 150, 157, 209, 180, 187, 239])
    ]),
  OpCase(
    "DecodeJpeg by the accurate method", [ImageFiles.jpeg],
    ["dct_method": .string("INTEGER_ACCURATE"), "fancy_upscaling": .bool(false)],
    expect: [
      elements(
        .uint8, [4, 5, 3],
        [
          1, 6, 62, 23, 28, 84, 40, 45, 100, 63, 68, 123, 81, 87, 139, 40, 45, 101, 62, 67, 123, 79,
          84, 139, 102, 107, 162, 120, 126, 178, 81, 86, 142, 103, 108, 164, 120, 125, 180, 143,
          148, 203, 161, 167, 219, 119, 124, 180, 141, 146, 202, 158, 163, 218, 181, 186, 241, 199,
          205, 255,
        ])
    ]),
  OpCase(
    "DecodeJpeg of a truncated file", [ImageFiles.cutJPEG],
    error: .invalidArgument),
  OpCase(
    "DecodeJpeg of a truncated file that is recovered", [ImageFiles.cutJPEG],
    ["try_recover_truncated": .bool(true)],
    expect: [
      elements(
        .uint8, [4, 5, 3],
        [
          68, 70, 69, 173, 175, 174, 107, 109, 108, 151, 153, 152, 108, 110, 109, 193, 195, 194,
          105, 107, 106, 80, 82, 81, 148, 150, 149, 112, 114, 113, 85, 87, 86, 174, 176, 175, 136,
          138, 137, 108, 110, 109, 144, 146, 145, 127, 129, 128, 136, 138, 137, 109, 111, 110, 110,
          112, 111, 187, 189, 188,
        ])
    ]),
  OpCase(
    "DecodeJpeg of a file that would be recovered for ever", [ImageFiles.endlessJPEG],
    ["try_recover_truncated": .bool(true)], error: .invalidArgument),
  OpCase(
    "DecodeJpeg of a wrong ratio", [ImageFiles.jpeg], ["ratio": .int(3)],
    error: .invalidArgument),
  OpCase(
    "DecodeJpeg with alpha", [ImageFiles.jpeg], ["channels": .int(4)],
    error: .invalidArgument),
  OpCase(
    "DecodeJpeg of an animation", [ImageFiles.gif],
    error: .invalidArgument),
  OpCase(
    "DecodeJpeg of an image with interlaced rows", [ImageFiles.interlacedGIF],
    expect: [
      elements(
        .uint8, [9, 3, 3],
        [
          0, 0, 0, 255, 0, 0, 0, 200, 0, 0, 0, 0, 255, 0, 0, 0, 200, 0, 0, 0, 0, 255, 0, 0, 0, 200,
          0, 0, 0, 0, 255, 0, 0, 0, 200, 0, 0, 0, 0, 255, 0, 0, 0, 200, 0, 0, 0, 0, 255, 0, 0, 0,
          200, 0, 0, 0, 0, 255, 0, 0, 0, 200, 0, 0, 0, 0, 255, 0, 0, 0, 200, 0, 0, 0, 0, 255, 0, 0,
          0, 200, 0,
        ])
    ]),
  OpCase(
    "DecodeAndCropJpeg", [ImageFiles.jpeg, [1, 2, 2, 3]],
    expect: [
      elements(
        .uint8, [2, 3, 3],
        [77, 84, 136, 100, 107, 159, 118, 125, 177, 119, 126, 178, 141, 148, 200, 160, 167, 219])
    ]),
  OpCase(
    "DecodeAndCropJpeg beyond the edge", [ImageFiles.jpeg, [1, 2, 2, 9]],
    error: .invalidArgument),
  OpCase(
    "DecodeAndCropJpeg of a PNG file", [ImageFiles.png, [0, 0, 1, 1]],
    error: .invalidArgument),
  OpCase(
    "DecodeGif", [ImageFiles.gif],
    expect: [
      elements(
        .uint8, [2, 3, 4, 3],
        [
          0, 0, 0, 255, 0, 0, 0, 200, 0, 9, 8, 7, 0, 0, 0, 255, 0, 0, 0, 200, 0, 9, 8, 7, 0, 0, 0,
          255, 0, 0, 0, 200, 0, 9, 8, 7, 0, 0, 0, 255, 0, 0, 0, 200, 0, 9, 8, 7, 0, 0, 0, 9, 8, 7,
          0, 200, 0, 9, 8, 7, 0, 0, 0, 255, 0, 0, 0, 200, 0, 9, 8, 7,
        ])
    ]),
  OpCase(
    "DecodeGif of a truncated file", [ImageFiles.cutGIF],
    expect: [
      elements(
        .uint8, [1, 3, 4, 3],
        [
          0, 0, 0, 255, 0, 0, 0, 200, 0, 9, 8, 7, 0, 0, 0, 255, 0, 0, 0, 200, 0, 9, 8, 7, 0, 0, 0,
          255, 0, 0, 0, 200, 0, 9, 8, 7,
        ])
    ]),
  OpCase(
    "DecodeGif of a file without an image", [ImageFiles.noGIF],
    error: .invalidArgument),
  OpCase(
    "DecodeGif of codes that form a circle", [ImageFiles.circularGIF],
    error: .invalidArgument),
  OpCase(
    "DecodeGif of a PNG file", [ImageFiles.png],
    expect: [
      elements(
        .uint8, [1, 2, 3, 3],
        [0, 7, 60, 20, 27, 80, 40, 47, 100, 40, 47, 100, 60, 67, 120, 80, 87, 140])
    ]),
  OpCase(
    "DecodeBmp", [ImageFiles.bmp],
    expect: [elements(.uint8, [2, 2, 3], [10, 9, 8, 13, 12, 11, 2, 1, 0, 5, 4, 3])]),
  OpCase(
    "DecodeBmp with alpha", [ImageFiles.bmp], ["channels": .int(4)],
    expect: [
      elements(.uint8, [2, 2, 4], [10, 9, 8, 255, 13, 12, 11, 255, 2, 1, 0, 255, 5, 4, 3, 255])
    ]),
  OpCase(
    "DecodeBmp from the top", [ImageFiles.flatBMP],
    expect: [elements(.uint8, [2, 3, 1], [0, 1, 2, 4, 5, 6])]),
  OpCase(
    "DecodeBmp in colours", [ImageFiles.flatBMP], ["channels": .int(3)],
    expect: [elements(.uint8, [2, 3, 3], [0, 0, 0, 1, 1, 1, 2, 2, 2, 4, 4, 4, 5, 5, 5, 6, 6, 6])]),
  OpCase(
    "DecodeBmp of a short file", [ImageFiles.cutBMP],
    error: .invalidArgument),
  OpCase(
    "DecodeBmp of a JPEG file", [ImageFiles.jpeg],
    error: .invalidArgument),
  OpCase(
    "DecodeWebP", [ImageFiles.webP],
    expect: [
      elements(
        .uint8, [1, 2, 3, 3],
        [0, 7, 60, 20, 27, 80, 40, 47, 100, 40, 47, 100, 60, 67, 120, 80, 87, 140])
    ]),
  OpCase(
    "DecodeWebP of an animation", [ImageFiles.animatedWebP],
    expect: [
      elements(
        .uint8, [2, 2, 4, 4],
        [
          0, 7, 60, 255, 20, 27, 80, 255, 40, 47, 100, 255, 60, 67, 120, 255, 40, 47, 100, 255, 60,
          67, 120, 255, 80, 87, 140, 255, 100, 107, 160, 255, 0, 7, 60, 255, 20, 27, 80, 255, 80,
          87, 140, 255, 100, 107, 160, 255, 40, 47, 100, 255, 60, 67, 120, 255, 120, 127, 180, 255,
          140, 147, 200, 255,
        ])
    ]),
  OpCase(
    "DecodeWebP of other channels", [ImageFiles.webP], ["channels": .int(4)],
    error: .invalidArgument),
  OpCase(
    "DecodeWebP of a damaged file", [ImageFiles.cutWebP],
    error: .invalidArgument),
  OpCase(
    "DecodeImage of a JPEG file in floats", [ImageFiles.grayJPEG], ["dtype": .type(.float32)],
    expect: [
      elements(
        .float32, [4, 5, 1],
        [
          0.0, 0.05490196496248245, 0.13333334028720856, 0.21176472306251526, 0.2980392277240753,
          0.13333334028720856, 0.21176472306251526, 0.29411765933036804, 0.37254902720451355,
          0.458823561668396, 0.29411765933036804, 0.37254902720451355, 0.45098042488098145,
          0.5333333611488342, 0.6196078658103943, 0.45098042488098145, 0.529411792755127,
          0.6078431606292725, 0.6901960968971252, 0.7764706611633301,
        ])
    ]),
  OpCase(
    "DecodeImage of a PNG file in floats", [ImageFiles.png], ["dtype": .type(.float32)],
    expect: [
      elements(
        .float32, [2, 3, 3],
        [
          0.0, 0.027450980618596077, 0.23529411852359772, 0.0784313753247261, 0.10588235408067703,
          0.3137255012989044, 0.1568627506494522, 0.18431372940540314, 0.3921568691730499,
          0.1568627506494522, 0.18431372940540314, 0.3921568691730499, 0.23529411852359772,
          0.26274511218070984, 0.47058823704719543, 0.3137255012989044, 0.34117648005485535,
          0.5490196347236633,
        ])
    ]),
  OpCase(
    "DecodeImage of a GIF file", [ImageFiles.gif],
    expect: [
      elements(
        .uint8, [2, 3, 4, 3],
        [
          0, 0, 0, 255, 0, 0, 0, 200, 0, 9, 8, 7, 0, 0, 0, 255, 0, 0, 0, 200, 0, 9, 8, 7, 0, 0, 0,
          255, 0, 0, 0, 200, 0, 9, 8, 7, 0, 0, 0, 255, 0, 0, 0, 200, 0, 9, 8, 7, 0, 0, 0, 9, 8, 7,
          0, 200, 0, 9, 8, 7, 0, 0, 0, 255, 0, 0, 0, 200, 0, 9, 8, 7,
        ])
    ]),
  OpCase(
    "DecodeImage of the first of several", [ImageFiles.gif], ["expand_animations": .bool(false)],
    expect: [
      elements(
        .uint8, [3, 4, 3],
        [
          0, 0, 0, 255, 0, 0, 0, 200, 0, 9, 8, 7, 0, 0, 0, 255, 0, 0, 0, 200, 0, 9, 8, 7, 0, 0, 0,
          255, 0, 0, 0, 200, 0, 9, 8, 7,
        ])
    ]),
  OpCase(
    "DecodeImage of a bitmap in 16 bits", [ImageFiles.bmp], ["dtype": .type(.uint16)],
    expect: [
      elements(
        .uint16, [2, 2, 3], [2560, 2304, 2048, 3328, 3072, 2816, 512, 256, 0, 1280, 1024, 768])
    ]),
  OpCase(
    "DecodeImage of a WebP file", [ImageFiles.webP], ["expand_animations": .bool(false)],
    expect: [
      elements(
        .uint8, [2, 3, 3],
        [0, 7, 60, 20, 27, 80, 40, 47, 100, 40, 47, 100, 60, 67, 120, 80, 87, 140])
    ]),
  OpCase(
    "ExtractJpegShape", [ImageFiles.jpeg],
    expect: [elements(.int32, [3], [4, 5, 3])]),
  OpCase(
    "ExtractJpegShape as int64", [ImageFiles.grayJPEG], ["output_type": .type(.int64)],
    expect: [elements(.int64, [3], [4, 5, 1])]),
  OpCase(
    "ExtractJpegShape of a PNG file", [ImageFiles.png],
    error: .invalidArgument),
  OpCase(
    "EncodePng",
    [
      elements(
        .uint8, [2, 3, 3],
        [0, 7, 60, 20, 27, 80, 40, 47, 100, 40, 47, 100, 60, 67, 120, 80, 87, 140])
    ],
    expect: [
      elements(
        .uint8, [2, 3, 3],
        [0, 7, 60, 20, 27, 80, 40, 47, 100, 40, 47, 100, 60, 67, 120, 80, 87, 140])
    ]
  ) { try applyOp("DecodePng", applyOp("EncodePng", $0)) },
  OpCase(
    "EncodePng of 16 bits",
    [
      elements(
        .uint16, [2, 2, 3],
        [0, 1477, 12660, 4220, 5697, 16880, 8440, 9917, 21100, 12660, 14137, 25320])
    ],
    expect: [
      elements(
        .uint16, [2, 2, 3],
        [0, 1477, 12660, 4220, 5697, 16880, 8440, 9917, 21100, 12660, 14137, 25320])
    ]
  ) {
    try applyOp(
      "DecodePng", applyOp("EncodePng", $0, ["compression": .int(9)]), ["dtype": .type(.uint16)])
  },
  OpCase(
    "EncodePng without compression", [elements(.uint8, [2, 3, 1], [0, 20, 40, 40, 60, 80])],
    expect: [elements(.uint8, [2, 3, 1], [0, 20, 40, 40, 60, 80])]
  ) { try applyOp("DecodePng", applyOp("EncodePng", $0, ["compression": .int(0)])) },
  OpCase(
    "EncodePng of batches", [t(.uint8, [[[[[0]]], [[[1]]]]])], shapes: [(.string, [1, 2])]),
  OpCase(
    "EncodePng of a matrix", [t(.uint8, [[0]])], error: .invalidArgument),
  OpCase(
    "EncodePng of a level that is none", [t(.uint8, [[[0]]])], ["compression": .int(10)],
    error: .invalidArgument),
  OpCase(
    "EncodePng of no pixels", [elements(.uint8, [0, 2, 1], [])],
    error: .internal),
  OpCase(
    "EncodePng of five channels", [elements(.uint8, [1, 1, 5], [0, 0, 0, 0, 0])],
    error: .invalidArgument),
  OpCase(
    "EncodeJpeg",
    [
      elements(
        .uint8, [2, 3, 3],
        [0, 7, 60, 20, 27, 80, 40, 47, 100, 40, 47, 100, 60, 67, 120, 80, 87, 140])
    ],
    expect: [ImageFiles.written1]),
  OpCase(
    "EncodeJpeg with all attributes",
    [
      elements(
        .uint8, [2, 3, 3],
        [0, 7, 60, 20, 27, 80, 40, 47, 100, 40, 47, 100, 60, 67, 120, 80, 87, 140])
    ],
    [
      "format": .string("rgb"), "quality": .int(40), "progressive": .bool(true),
      "optimize_size": .bool(true), "chroma_downsampling": .bool(false),
      "density_unit": .string("cm"), "x_density": .int(7), "y_density": .int(9),
      "xmp_metadata": .string("hello"),
    ],
    expect: [ImageFiles.written2]),
  OpCase(
    "EncodeJpeg of another format",
    [
      elements(
        .uint8, [2, 3, 3],
        [0, 7, 60, 20, 27, 80, 40, 47, 100, 40, 47, 100, 60, 67, 120, 80, 87, 140])
    ], ["format": .string("grayscale")],
    error: .invalidArgument),
  OpCase(
    "EncodeJpeg of two channels",
    [elements(.uint8, [2, 3, 2], [0, 7, 20, 27, 40, 47, 40, 47, 60, 67, 80, 87])],
    error: .invalidArgument),
  OpCase(
    "EncodeJpegVariableQuality", [elements(.uint8, [2, 3, 1], [0, 20, 40, 40, 60, 80]), 30],
    expect: [ImageFiles.written3]),
  OpCase(
    "EncodeJpegVariableQuality out of range",
    [elements(.uint8, [2, 3, 1], [0, 20, 40, 40, 60, 80]), 101],
    error: .invalidArgument),
]
