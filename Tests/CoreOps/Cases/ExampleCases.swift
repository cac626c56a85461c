import CoreOps
import Ops
import Serialization
import TestSupport

private func int64(_ values: Int64...) -> Tensor { try! Tensor(values, shape: [values.count]) }
private func int64(_ values: [Int64], _ shape: Shape) -> Tensor { try! Tensor(values, dims: shape) }
private func texts(_ values: String...) -> Tensor {
  try! Tensor(strings: values, dims: [values.count])
}
private func bytes(_ values: [UInt8]...) -> Tensor {
  try! Tensor(strings: values, dims: [values.count])
}
private let noTexts = texts()
private let noInts = int64([], [0])
private let noFloats = try! Tensor([] as [Float], dims: [0])

private func ints(_ values: Int64...) -> TrainFeature {
  TrainFeature(int64List: TrainInt64List(value: values))
}
private func floats(_ values: Float...) -> TrainFeature {
  TrainFeature(floatList: TrainFloatList(value: values))
}
private func words(_ values: String...) -> TrainFeature {
  TrainFeature(bytesList: TrainBytesList(value: values))
}

private func example(_ features: [String: TrainFeature]) -> [UInt8] {
  TrainExample(features: TrainFeatures(feature: features)).serializeToString()
}

private func scalar(_ bytes: [UInt8]) -> Tensor { try! Tensor(strings: [bytes], dims: []) }

private let two = bytes(
  example(["i": ints(1, -2), "f": floats(0.5), "s": words("a", "bc")]),
  example(["i": ints(3, 4), "f": floats(), "s": words("d")]))

/// Inputs of `ParseExampleV2`: serialized examples, names, and the keys by kind.
private func parts(
  _ serialized: Tensor, sparse: Tensor = noTexts, dense: Tensor = noTexts, ragged: Tensor = noTexts
) -> [Tensor] { [serialized, noTexts, sparse, dense, ragged] }

private func attrs(
  sparse: [DType] = [], shapes: [PartialShape] = [], ragged: [DType] = [], splits: [DType] = []
) -> Attrs {
  [
    "num_sparse": .int(sparse.count), "sparse_types": .types(sparse),
    "dense_shapes": .shapes(shapes), "ragged_value_types": .types(ragged),
    "ragged_split_types": .types(splits),
  ]
}

private let sequence = TrainSequenceExample(
  context: TrainFeatures(feature: ["c": ints(7), "w": words("x", "y")]),
  featureLists: TrainFeatureLists(featureList: [
    "t": TrainFeatureList(feature: [ints(1, 2), ints(3, 4)]),
    "v": TrainFeatureList(feature: [floats(0.5), floats(), floats(1.5, 2.5)]),
  ])
).serializeToString()

private let sequenceAttrs: Attrs = [
  "context_sparse_types": .types([.string]), "context_dense_shapes": .shapes([[1]]),
  "feature_list_sparse_types": .types([.float32]), "feature_list_dense_types": .types([.int64]),
  "feature_list_dense_shapes": .shapes([[2]]), "Ncontext_sparse": .int(1),
  "Nfeature_list_sparse": .int(1), "Nfeature_list_dense": .int(1),
]

private let sequenceKeys: Attrs =
  sequenceAttrs
  .with("Ncontext_dense", .int(1))
  .with("feature_list_dense_missing_assumed_empty", .list([]))
  .with("context_sparse_keys", .strings(["w"])).with("context_dense_keys", .strings(["c"]))
  .with("feature_list_sparse_keys", .strings(["v"]))
  .with("feature_list_dense_keys", .strings(["t"]))

let exampleCases: [OpCase] = [
  OpCase(
    "ParseExample with a default of another shape",
    [two, noTexts, "s", "i", "f", noInts, try! Tensor([9] as [Float], dims: [1])],
    [
      "Nsparse": .int(1), "Ndense": .int(2), "sparse_types": .types([.string]),
      "dense_shapes": .shapes([[2], []]),
    ],
    error: .invalidArgument),
  OpCase(
    "ParseExample of sparse and dense features",
    [two, noTexts, "s", "i", noInts],
    [
      "Nsparse": .int(1), "Ndense": .int(1), "sparse_types": .types([.string]),
      "dense_shapes": .shapes([[2]]),
    ],
    expect: [
      int64([0, 0, 0, 1, 1, 0], [3, 2]), texts("a", "bc", "d"), int64(2, 2),
      int64([1, -2, 3, 4], [2, 2]),
    ]),
  OpCase(
    "ParseExample with too few values", [two, noTexts, "f", noFloats],
    [
      "Nsparse": .int(0), "Ndense": .int(1), "sparse_types": .types([]),
      "dense_shapes": .shapes([[1]]),
    ], error: .invalidArgument),
  OpCase(
    "ParseExampleV2",
    parts(two, sparse: texts("s"), dense: texts("i"), ragged: texts("f"))
      + [noInts], attrs(sparse: [.string], shapes: [[2]], ragged: [.float32], splits: [.int32]),
    expect: [
      int64([0, 0, 0, 1, 1, 0], [3, 2]), texts("a", "bc", "d"), int64(2, 2),
      int64([1, -2, 3, 4], [2, 2]), [0.5], [0, 1, 1],
    ]),
  OpCase(
    "ParseExampleV2 of one example",
    parts(
      scalar(example(["s": words("a", "b"), "r": ints(5)])), sparse: texts("s"), ragged: texts("r")),
    attrs(sparse: [.string], ragged: [.int64], splits: [.int64]),
    expect: [int64([0, 1], [2, 1]), texts("a", "b"), int64(2), int64(5), noInts]),
  OpCase(
    "ParseExampleV2 takes defaults for what is missing",
    parts(bytes(example([:])), dense: texts("i", "w")) + [int64(8, 9), texts("z")],
    attrs(shapes: [[2], [1]]), expect: [int64([8, 9], [1, 2]), [["z"]]]),
  OpCase(
    "ParseExampleV2 pads lists of different lengths",
    parts(two, dense: texts("f", "s")) + [try! Tensor([-1] as [Float], dims: [1]), texts("-")],
    attrs(shapes: [[nil], [nil, 1]]),
    expect: [[[0.5], [-1.0]], [[["a"], ["bc"]], [["d"], ["-"]]]]),
  OpCase(
    "ParseExampleV2 of no examples",
    parts(noTexts, sparse: texts("s"), dense: texts("i"), ragged: texts("r")) + [noInts],
    attrs(sparse: [.float32], shapes: [[2]], ragged: [.string], splits: [.int64]),
    expect: [
      int64([], [0, 2]), noFloats, int64(0, 0), int64([], [0, 2]), noTexts, int64(0),
    ]),
  OpCase(
    "ParseExampleV2 of an example written twice takes the last",
    parts(
      scalar(example(["i": ints(1)]) + example(["i": ints(2)])), dense: texts("i")) + [noInts],
    attrs(shapes: [[1]]), expect: [int64(2)]),
  OpCase(
    "ParseExampleV2 without a feature that is required",
    parts(bytes(example([:])), dense: texts("i")) + [noInts], attrs(shapes: [[2]]),
    error: .invalidArgument),
  OpCase(
    "ParseExampleV2 of other values", parts(two, sparse: texts("i")), attrs(sparse: [.float32]),
    error: .invalidArgument),
  OpCase(
    "ParseExampleV2 of bytes that are no example",
    parts(bytes([10, 200, 1, 10]), sparse: texts("s")), attrs(sparse: [.int64]),
    error: .invalidArgument),
  OpCase(
    "ParseExampleV2 of a matrix",
    parts(try! Tensor(strings: [[]], dims: [1, 1]), sparse: texts("s")), attrs(sparse: [.int64]),
    error: .invalidArgument),
  OpCase(
    "ParseExampleV2 with a shape of unknown rank", parts(two, dense: texts("i")) + [noInts],
    attrs(shapes: [.unknown]), error: .invalidArgument),
  OpCase(
    "ParseExampleV2 with one key twice", parts(two, dense: texts("i", "i")) + [noInts, noInts],
    attrs(shapes: [[2], [2]]), error: .internal),
  OpCase(
    "ParseSingleExample",
    [scalar(example(["s": words("a"), "i": ints(1, 2)])), noInts, texts("d")],
    [
      "num_sparse": .int(1), "sparse_keys": .strings(["s"]), "dense_keys": .strings(["i", "w"]),
      "sparse_types": .types([.string]), "dense_shapes": .shapes([[2], [1]]),
    ], expect: [int64([0], [1, 1]), texts("a"), int64(1), int64(1, 2), texts("d")]),
  OpCase(
    "ParseSingleExample with too many values", [scalar(example(["i": ints(1, 2)])), noInts],
    [
      "num_sparse": .int(0), "sparse_keys": .list([]), "dense_keys": .strings(["i"]),
      "sparse_types": .types([]), "dense_shapes": .shapes([[1]]),
    ], error: .invalidArgument),
  OpCase(
    "ParseSequenceExample", [bytes(sequence, sequence), noTexts, noInts], sequenceKeys,
    expect: [
      int64([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]), texts("x", "y", "x", "y"), int64(2, 2),
      int64([7, 7], [2, 1]),
      int64([0, 0, 0, 0, 2, 0, 0, 2, 1, 1, 0, 0, 1, 2, 0, 1, 2, 1], [6, 3]),
      [0.5, 1.5, 2.5, 0.5, 1.5, 2.5], int64(2, 3, 2),
      int64([1, 2, 3, 4, 1, 2, 3, 4], [2, 2, 2]), int64(2, 2),
    ]),
  OpCase(
    "ParseSequenceExample without a list", [bytes(example([:])), noTexts, int64(1)], sequenceKeys,
    error: .invalidArgument),
  OpCase(
    "ParseSequenceExampleV2",
    [
      scalar(sequence), noTexts, texts("w"), texts("c"), noTexts, texts(), texts("t"), texts("v"),
      [false], noInts,
    ],
    [
      "Ncontext_sparse": .int(1), "context_sparse_types": .types([.string]),
      "context_dense_shapes": .shapes([[1]]), "Nfeature_list_dense": .int(1),
      "feature_list_dense_types": .types([.int64]), "feature_list_dense_shapes": .shapes([[2]]),
      "feature_list_ragged_value_types": .types([.float32]),
      "feature_list_ragged_split_types": .types([.int64]),
    ],
    expect: [
      int64([0, 1], [2, 1]), texts("x", "y"), int64(2), int64(7), int64([1, 2, 3, 4], [2, 2]),
      int64([2], []), [0.5, 1.5, 2.5], int64([0], []), int64(0, 1, 1, 3),
    ]),
  OpCase(
    "ParseSequenceExampleV2 pads a list that may be missing",
    [
      bytes(sequence, example([:])), noTexts, texts(), texts(), noTexts, texts(), texts("t"),
      texts(), [true],
    ],
    [
      "Nfeature_list_dense": .int(1), "feature_list_dense_types": .types([.int64]),
      "feature_list_dense_shapes": .shapes([[2]]),
    ], expect: [int64([1, 2, 3, 4, 0, 0, 0, 0], [2, 2, 2]), int64(2, 0)]),
  OpCase(
    "ParseSingleSequenceExample",
    [scalar(sequence), noTexts, "w", "c", "v", "t", noInts, "name"],
    sequenceAttrs.with("Ncontext_dense", .int(1)),
    expect: [
      int64([0, 1], [2, 1]), texts("x", "y"), int64(2), int64(7),
      int64([0, 0, 2, 0, 2, 1], [3, 2]), [0.5, 1.5, 2.5], int64(3, 2),
      int64([1, 2, 3, 4], [2, 2]),
    ]),
  OpCase(
    "ParseSingleSequenceExample of bytes that are no example",
    [scalar([255]), noTexts, "w", "c", "v", "t", noInts, "name"],
    sequenceAttrs.with("Ncontext_dense", .int(1)), error: .invalidArgument),
]
