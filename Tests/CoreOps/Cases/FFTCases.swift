import CoreOps
import Ops
import TestSupport

let fftCases: [OpCase] = [
  OpCase(
    "FFT", [t(.complex64, [1.0, 2.0, 3.0, 2.0])],
    expect: [t(.complex64, [8.0, -2.0, 0.0, -2.0])], gradient: false),
  OpCase(
    "IFFT", [t(.complex64, [1.0, 2.0, 3.0, 2.0])],
    expect: [t(.complex64, [2.0, -0.5, 0.0, -0.5])], gradient: false),
  OpCase(
    "RFFT", [t(.float32, [1.0, 2.0, 3.0, 2.0]), t(.int32, [4])],
    expect: [t(.complex64, [8.0, -2.0, 0.0])], gradient: false),
  OpCase(
    "IRFFT", [t(.complex64, [8.0, -2.0, 0.0]), t(.int32, [4])],
    expect: [t(.float32, [1.0, 2.0, 3.0, 2.0])], gradient: false),
  OpCase(
    "FFT2D", [t(.complex64, [[1.0, 2.0, 3.0, 2.0]])],
    expect: [t(.complex64, [[8.0, -2.0, 0.0, -2.0]])], gradient: false),
  OpCase(
    "IFFT2D", [t(.complex64, [[1.0, 2.0, 3.0, 2.0]])],
    expect: [t(.complex64, [[2.0, -0.5, 0.0, -0.5]])], gradient: false),
  OpCase(
    "RFFT2D", [t(.float32, [[1.0, 2.0, 3.0, 2.0]]), t(.int32, [1, 4])],
    expect: [t(.complex64, [[8.0, -2.0, 0.0]])], gradient: false),
  OpCase(
    "IRFFT2D", [t(.complex64, [[8.0, -2.0, 0.0]]), t(.int32, [1, 4])],
    expect: [t(.float32, [[1.0, 2.0, 3.0, 2.0]])], gradient: false),
  OpCase(
    "FFT3D", [t(.complex64, [[[1.0, 2.0, 3.0, 2.0]]])],
    expect: [t(.complex64, [[[8.0, -2.0, 0.0, -2.0]]])], gradient: false),
  OpCase(
    "IFFT3D", [t(.complex64, [[[1.0, 2.0, 3.0, 2.0]]])],
    expect: [t(.complex64, [[[2.0, -0.5, 0.0, -0.5]]])], gradient: false),
  OpCase(
    "RFFT3D", [t(.float32, [[[1.0, 2.0, 3.0, 2.0]]]), t(.int32, [1, 1, 4])],
    expect: [t(.complex64, [[[8.0, -2.0, 0.0]]])], gradient: false),
  OpCase(
    "IRFFT3D", [t(.complex64, [[[8.0, -2.0, 0.0]]]), t(.int32, [1, 1, 4])],
    expect: [t(.float32, [[[1.0, 2.0, 3.0, 2.0]]])], gradient: false),
  OpCase(
    "FFT of a scalar", [t(.complex64, 1.0)],
    error: .invalidArgument),
  OpCase(
    "RFFT longer than the input", [t(.float32, [1.0, 2.0]), t(.int32, [3])],
    error: .invalidArgument),
]
