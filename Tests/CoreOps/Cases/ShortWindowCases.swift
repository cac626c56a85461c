import CoreOps
import TestSupport

/// Five elements along one axis, over which a window of two goes in one step of five.
private func line(_ rank: Int, _ values: [Float]) -> Tensor {
  try! Tensor(values, dims: Shape([1, values.count] + [Int](repeating: 1, count: rank - 2)))
}

private let volume = line(5, [0, 1, 2, 3, 4])
private let filter = try! Tensor([1, 1] as [Float], dims: [2, 1, 1, 1, 1])

private func windows(_ size: String) -> Attrs {
  [size: .ints([1, 2, 1, 1, 1]), "strides": .ints([1, 5, 1, 1, 1]), "padding": .string("SAME")]
}

/// Windows of `SAME` that reach less far than the input: over volumes TensorFlow has them in the
/// middle, and their gradients at the start, as over images. Differences of values show that.
let shortWindowCases: [OpCase] = [
  OpCase(
    "Conv3D in the middle", [volume, filter],
    ["strides": .ints([1, 5, 1, 1, 1]), "padding": .string("SAME")], expect: [line(5, [3])],
    gradient: false),
  OpCase(
    "Conv in the middle", [volume, filter],
    ["strides": .ints([1, 5, 1, 1, 1]), "padding": .string("SAME")], expect: [line(5, [3])]),
  OpCase(
    "Conv2D at the start",
    [line(4, [0, 1, 2, 3, 4]), try! Tensor([1, 1] as [Float], dims: [2, 1, 1, 1])],
    ["strides": .ints([1, 5, 5, 1]), "padding": .string("SAME")], expect: [line(4, [1])]),
  OpCase(
    "MaxPool3D in the middle", [volume], windows("ksize"), expect: [line(5, [2])], gradient: false),
  OpCase(
    "AvgPool3D in the middle", [volume], windows("ksize"), expect: [line(5, [1.5])],
    gradient: false),
  OpCase(
    "AvgPool3DGrad at the start", [t(.int32, [1, 5, 1, 1, 1]), line(5, [1])], windows("ksize"),
    expect: [line(5, [0.5, 0.5, 0, 0, 0])], gradient: false),
  OpCase(
    "Conv3DBackpropInputV2 at the start", [t(.int32, [1, 5, 1, 1, 1]), filter, line(5, [1])],
    ["strides": .ints([1, 5, 1, 1, 1]), "padding": .string("SAME")],
    expect: [line(5, [1, 1, 0, 0, 0])], gradient: false),
  OpCase(
    "ExtractVolumePatches in the middle", [volume], windows("ksizes"),
    expect: [try! Tensor([1, 2] as [Float], dims: [1, 1, 1, 1, 2])], gradient: false),
]
