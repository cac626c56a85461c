import CoreOps
import Ops
import TestSupport

let poolingCases: [OpCase] = [
  OpCase(
    "MaxPool",
    [[[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]] as [[[[Float]]]]],
    ["ksize": .ints([1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1]), "padding": .string("VALID")],
    expect: [[[[[9.0], [8.0]], [[9.0], [8.0]]]] as [[[[Float]]]]]),
  OpCase(
    "MaxPool pads at the end",
    [[[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]] as [[[[Float]]]]],
    ["ksize": .ints([1, 2, 2, 1]), "strides": .ints([1, 2, 2, 1]), "padding": .string("SAME")],
    expect: [[[[[9.0], [8.0]], [[7.0], [6.0]]]] as [[[[Float]]]]]),
  OpCase(
    "MaxPool with given padding",
    [[[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]] as [[[[Float]]]]],
    [
      "ksize": .ints([1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1]), "padding": .string("EXPLICIT"),
      "explicit_paddings": .ints([0, 0, 1, 0, 0, 1, 0, 0]),
    ],
    expect: [
      [[[[5.0], [5.0], [3.0]], [[9.0], [8.0], [8.0]], [[9.0], [8.0], [8.0]]]] as [[[[Float]]]]
    ]),
  OpCase(
    "MaxPool over channels",
    [[[[[1.0, 5.0, 3.0, 9.0, 2.0, 8.0, 4.0, 7.0, 6.0]]]] as [[[[Float]]]]],
    ["ksize": .ints([1, 1, 1, 3]), "strides": .ints([1, 1, 1, 3]), "padding": .string("VALID")],
    expect: [[[[[5.0, 9.0, 7.0]]]] as [[[[Float]]]]], gradient: false),
  OpCase(
    "MaxPool over the batch", [[[[[1.0]]]] as [[[[Float]]]]],
    ["ksize": .ints([2, 1, 1, 1]), "strides": .ints([1, 1, 1, 1]), "padding": .string("VALID")],
    error: .unimplemented),
  OpCase(
    "MaxPoolV2",
    [
      [[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]] as [[[[Float]]]],
      [1, 2, 2, 1] as [Int32], [1, 1, 1, 1] as [Int32],
    ],
    ["padding": .string("VALID")],
    expect: [[[[[9.0], [8.0]], [[9.0], [8.0]]]] as [[[[Float]]]]]),
  OpCase(
    "MaxPoolGrad",
    [
      [[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]] as [[[[Float]]]],
      [[[[9.0], [8.0]], [[9.0], [8.0]]]] as [[[[Float]]]],
      [[[[1.0], [2.0]], [[3.0], [4.0]]]] as [[[[Float]]]],
    ],
    ["ksize": .ints([1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1]), "padding": .string("VALID")],
    expect: [
      [[[[0.0], [0.0], [0.0]], [[4.0], [0.0], [6.0]], [[0.0], [0.0], [0.0]]]] as [[[[Float]]]]
    ], gradient: false),
  OpCase(
    "MaxPoolGradV2",
    [
      [[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]] as [[[[Float]]]],
      [[[[9.0], [8.0]], [[9.0], [8.0]]]] as [[[[Float]]]],
      [[[[1.0], [2.0]], [[3.0], [4.0]]]] as [[[[Float]]]], [1, 2, 2, 1] as [Int32],
      [1, 1, 1, 1] as [Int32],
    ],
    ["padding": .string("VALID")],
    expect: [
      [[[[0.0], [0.0], [0.0]], [[4.0], [0.0], [6.0]], [[0.0], [0.0], [0.0]]]] as [[[[Float]]]]
    ], gradient: false),
  OpCase(
    "MaxPoolGradGrad",
    [
      [[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]] as [[[[Float]]]],
      [[[[9.0], [8.0]], [[9.0], [8.0]]]] as [[[[Float]]]],
      [[[[10.0], [50.0], [30.0]], [[90.0], [20.0], [80.0]], [[40.0], [70.0], [60.0]]]]
        as [[[[Float]]]],
    ],
    ["ksize": .ints([1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1]), "padding": .string("VALID")],
    expect: [[[[[90.0], [80.0]], [[90.0], [80.0]]]] as [[[[Float]]]]], gradient: false),
  OpCase(
    "MaxPoolGradGradV2",
    [
      [[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]] as [[[[Float]]]],
      [[[[9.0], [8.0]], [[9.0], [8.0]]]] as [[[[Float]]]],
      [[[[10.0], [50.0], [30.0]], [[90.0], [20.0], [80.0]], [[40.0], [70.0], [60.0]]]]
        as [[[[Float]]]], [1, 2, 2, 1] as [Int32], [1, 1, 1, 1] as [Int32],
    ],
    ["padding": .string("VALID")],
    expect: [[[[[90.0], [80.0]], [[90.0], [80.0]]]] as [[[[Float]]]]], gradient: false),
  OpCase(
    "AvgPool",
    [[[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]] as [[[[Float]]]]],
    ["ksize": .ints([1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1]), "padding": .string("VALID")],
    expect: [[[[[4.25], [4.5]], [[5.5], [5.75]]]] as [[[[Float]]]]]),
  OpCase(
    "AvgPool counts only what is there",
    [[[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]] as [[[[Float]]]]],
    ["ksize": .ints([1, 2, 2, 1]), "strides": .ints([1, 2, 2, 1]), "padding": .string("SAME")],
    expect: [[[[[4.25], [5.5]], [[5.5], [6.0]]]] as [[[[Float]]]]]),
  OpCase(
    "AvgPoolGrad",
    [[1, 3, 3, 1] as [Int32], [[[[1.0], [2.0]], [[3.0], [4.0]]]] as [[[[Float]]]]],
    ["ksize": .ints([1, 2, 2, 1]), "strides": .ints([1, 2, 2, 1]), "padding": .string("SAME")],
    expect: [
      [[[[0.25], [0.25], [1.0]], [[0.25], [0.25], [1.0]], [[1.5], [1.5], [4.0]]]] as [[[[Float]]]]
    ]),
  OpCase(
    "MaxPool3D",
    [
      [[[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]]] as [[[[[Float]]]]]
    ],
    [
      "ksize": .ints([1, 1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1, 1]),
      "padding": .string("VALID"),
    ],
    expect: [[[[[[9.0], [8.0]], [[9.0], [8.0]]]]] as [[[[[Float]]]]]]),
  OpCase(
    "AvgPool3D",
    [
      [[[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]]] as [[[[[Float]]]]]
    ],
    [
      "ksize": .ints([1, 1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1, 1]),
      "padding": .string("VALID"),
    ],
    expect: [[[[[[4.25], [4.5]], [[5.5], [5.75]]]]] as [[[[[Float]]]]]]),
  OpCase(
    "AvgPool3DGrad",
    [[1, 1, 3, 3, 1] as [Int32], [[[[[1.0], [2.0]], [[3.0], [4.0]]]]] as [[[[[Float]]]]]],
    [
      "ksize": .ints([1, 1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1, 1]),
      "padding": .string("VALID"),
    ],
    expect: [
      [[[[[0.25], [0.75], [0.5]], [[1.0], [2.5], [1.5]], [[0.75], [1.75], [1.0]]]]]
        as [[[[[Float]]]]]
    ]),
  OpCase(
    "MaxPool3DGrad",
    [
      [[[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]]] as [[[[[Float]]]]],
      [[[[[9.0], [8.0]], [[9.0], [8.0]]]]] as [[[[[Float]]]]],
      [[[[[1.0], [2.0]], [[3.0], [4.0]]]]] as [[[[[Float]]]]],
    ],
    [
      "ksize": .ints([1, 1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1, 1]),
      "padding": .string("VALID"),
    ],
    expect: [
      [[[[[0.0], [0.0], [0.0]], [[4.0], [0.0], [6.0]], [[0.0], [0.0], [0.0]]]]] as [[[[[Float]]]]]
    ], gradient: false),
  OpCase(
    "MaxPool3DGradGrad",
    [
      [[[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]]] as [[[[[Float]]]]],
      [[[[[9.0], [8.0]], [[9.0], [8.0]]]]] as [[[[[Float]]]]],
      [[[[[10.0], [50.0], [30.0]], [[90.0], [20.0], [80.0]], [[40.0], [70.0], [60.0]]]]]
        as [[[[[Float]]]]],
    ],
    [
      "ksize": .ints([1, 1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1, 1]),
      "padding": .string("VALID"),
    ],
    expect: [[[[[[90.0], [80.0]], [[90.0], [80.0]]]]] as [[[[[Float]]]]]], gradient: false),
  OpCase(
    "MaxPoolWithArgmax",
    [[[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]] as [[[[Float]]]]],
    ["ksize": .ints([1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1]), "padding": .string("VALID")],
    expect: [
      [[[[9.0], [8.0]], [[9.0], [8.0]]]] as [[[[Float]]]],
      [[[[3], [5]], [[3], [5]]]] as [[[[Int64]]]],
    ], gradient: false),
  OpCase(
    "MaxPoolGradWithArgmax",
    [
      [[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]] as [[[[Float]]]],
      [[[[1.0], [2.0]], [[3.0], [4.0]]]] as [[[[Float]]]],
      [[[[3], [5]], [[3], [5]]]] as [[[[Int64]]]],
    ],
    ["ksize": .ints([1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1]), "padding": .string("VALID")],
    expect: [
      [[[[0.0], [0.0], [0.0]], [[4.0], [0.0], [6.0]], [[0.0], [0.0], [0.0]]]] as [[[[Float]]]]
    ], gradient: false),
]
