import CoreOps
import Ops
import TestSupport

private let same: Attrs = ["strides": .ints([1, 1, 1, 1]), "padding": .string("SAME")]
private let valid: Attrs = ["strides": .ints([1, 1, 1, 1]), "padding": .string("VALID")]
private let valid3: Attrs = ["strides": .ints([1, 1, 1, 1, 1]), "padding": .string("VALID")]
private let image: [[[[Float]]]] = [
  [[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]], [[7.0], [8.0], [9.0]]]
]
private let corner: [[[[Float]]]] = [[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]]
private let ones: [[[[Float]]]] = [[[[1.0], [1.0]], [[1.0], [1.0]]]]

let convolutionCases: [OpCase] = [
  OpCase(
    "Conv2D", [image, corner], valid,
    expect: [[[[[37.0], [47.0]], [[67.0], [77.0]]]] as [[[[Float]]]]]),
  OpCase(
    "Conv2D pads at the end first", [image, corner], same,
    expect: [
      [[[[37.0], [47.0], [21.0]], [[67.0], [77.0], [33.0]], [[23.0], [26.0], [9.0]]]]
        as [[[[Float]]]]
    ]),
  OpCase(
    "Conv2D over groups of channels",
    [[[[[1.0, 2.0]]]] as [[[[Float]]]], [[[[3.0, 5.0]]]] as [[[[Float]]]]], valid,
    expect: [[[[[3.0, 10.0]]]] as [[[[Float]]]]]),
  OpCase(
    "Conv2D of another depth", [image, [[[[1.0], [2.0]]]] as [[[[Float]]]]], valid,
    error: .invalidArgument),
  OpCase(
    "Conv2D with a window larger than the image", [corner, image], valid, error: .invalidArgument),
  OpCase(
    "Conv2DBackpropInput", [[1, 3, 3, 1] as [Int32], corner, ones], valid,
    expect: [
      [[[[1.0], [3.0], [2.0]], [[4.0], [10.0], [6.0]], [[3.0], [7.0], [4.0]]]] as [[[[Float]]]]
    ]),
  OpCase(
    "Conv2DBackpropFilter", [image, [2, 2, 1, 1] as [Int32], ones], valid,
    expect: [[[[[12.0]], [[16.0]]], [[[24.0]], [[28.0]]]] as [[[[Float]]]]]),
  OpCase(
    "DepthwiseConv2dNative",
    [[[[[1.0, 2.0]]]] as [[[[Float]]]], [[[[3.0, 4.0], [5.0, 6.0]]]] as [[[[Float]]]]],
    valid, expect: [[[[[3.0, 4.0, 10.0, 12.0]]]] as [[[[Float]]]]]),
  OpCase(
    "DepthwiseConv2dNativeBackpropInput", [[1, 3, 3, 1] as [Int32], corner, ones], valid,
    expect: [
      [[[[1.0], [3.0], [2.0]], [[4.0], [10.0], [6.0]], [[3.0], [7.0], [4.0]]]] as [[[[Float]]]]
    ]),
  OpCase(
    "DepthwiseConv2dNativeBackpropFilter", [image, [2, 2, 1, 1] as [Int32], ones], valid,
    expect: [[[[[12.0]], [[16.0]]], [[[24.0]], [[28.0]]]] as [[[[Float]]]]]),
  OpCase(
    "Conv3D", [[image] as [[[[[Float]]]]], [corner] as [[[[[Float]]]]]], valid3,
    expect: [[[[[[37.0], [47.0]], [[67.0], [77.0]]]]] as [[[[[Float]]]]]]),
  OpCase(
    "Conv3DBackpropInputV2",
    [[1, 1, 3, 3, 1] as [Int32], [corner] as [[[[[Float]]]]], [ones] as [[[[[Float]]]]]], valid3,
    expect: [
      [[[[[1.0], [3.0], [2.0]], [[4.0], [10.0], [6.0]], [[3.0], [7.0], [4.0]]]]] as [[[[[Float]]]]]
    ]),
  OpCase(
    "Conv3DBackpropFilterV2",
    [[image] as [[[[[Float]]]]], [1, 2, 2, 1, 1] as [Int32], [ones] as [[[[[Float]]]]]], valid3,
    expect: [[[[[[12.0]], [[16.0]]], [[[24.0]], [[28.0]]]]] as [[[[[Float]]]]]]),
  OpCase(
    "Conv3DBackpropInput",
    [[image] as [[[[[Float]]]]], [corner] as [[[[[Float]]]]], [ones] as [[[[[Float]]]]]], valid3,
    expect: [
      [[[[[1.0], [3.0], [2.0]], [[4.0], [10.0], [6.0]], [[3.0], [7.0], [4.0]]]]] as [[[[[Float]]]]]
    ],
    gradient: false),
  OpCase(
    "Conv3DBackpropFilter",
    [[image] as [[[[[Float]]]]], [corner] as [[[[[Float]]]]], [ones] as [[[[[Float]]]]]], valid3,
    expect: [[[[[[12.0]], [[16.0]]], [[[24.0]], [[28.0]]]]] as [[[[[Float]]]]]], gradient: false),
]
