import CoreOps
import Ops
import TestSupport

/// Three samples of one channel at 8000 hertz.
private let encodedWave = bytes([
  82, 73, 70, 70, 42, 0, 0, 0, 87, 65, 86, 69, 102, 109, 116, 32, 16, 0, 0, 0, 1, 0, 1, 0, 64, 31,
  0, 0, 128, 62, 0, 0, 2, 0, 16, 0, 100, 97, 116, 97, 6, 0, 0, 0, 0, 64, 0, 224, 255, 127,
])

let audioCases: [OpCase] = [
  OpCase(
    "AudioSpectrogram",
    [[[0.18], [0.37], [-0.29], [0.04], [0.53], [0.82], [-0.7], [0.87], [-0.99], [0.51]]],
    ["window_size": .int(6), "stride": .int(3)],
    expect: [
      [
        [
          [0.5175, 0.5723609, 0.6667317, 0.3339768, 0.1575],
          [0.4525, 0.4043114, 0.5862007, 1.647208, 2.0825],
        ]
      ]
    ], tolerance: 0.0001, gradient: false),
  OpCase(
    "Mfcc",
    [
      [
        [
          [
            1.64, 0.36, 0.9, 1.65, 0.13, 1.29, 1.61, 1.07, 1.48, 0.53, 0.48, 0.79, 0.44, 0.76, 1.9,
            1.19, 0.75,
          ]
        ]
      ], 8000,
    ], ["dct_coefficient_count": .int(4), "filterbank_channel_count": .int(8)],
    expect: [[[[1.140262, -1.641001, -0.3606046, -0.2440755]]]], tolerance: 0.0001,
    gradient: false),
  OpCase("DecodeWav of no file", ["RIFF"], error: .invalidArgument),
  OpCase(
    "EncodeWav", [[[0.5], [-0.25], [2.0]], 8000],
    expect: [[0.5, -0.25, 0.9999695]].map { _ in encodedWave }),
  OpCase(
    "DecodeWav", [encodedWave],
    expect: [[[0.5], [-0.25], [0.9999695]], 8000]),
]

/// A scalar string of those bytes.
private func bytes(_ values: [UInt8]) -> Tensor {
  do { return try Tensor(strings: [values], dims: []) } catch {
    preconditionFailure("a row of the case table: \(error)")
  }
}
