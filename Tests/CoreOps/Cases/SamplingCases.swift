import CoreOps
import Ops
import TestSupport

private func empty(_ dtype: DType, _ shape: [Int]) -> Tensor {
  try! Tensor.zeros(dtype, Shape(shape))
}

/// Ops that draw candidates, parts, centers and orders, with what TensorFlow gives for the seeds.
let samplingCases: [OpCase] = [
  OpCase(
    "UniformCandidateSampler", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(8), "unique": .bool(true), "range_max": .int(8),
      "seed": .int(3), "seed2": .int(4),
    ],
    expect: [
      t(.int64, [1, 7, 5, 2, 4, 6, 3, 0]),
      t(.float32, [[0.9975432, 0.9975432], [0.9975432, 0.9975432]]),
      t(
        .float32,
        [0.9975432, 0.9975432, 0.9975432, 0.9975432, 0.9975432, 0.9975432, 0.9975432, 0.9975432]),
    ], gradient: false),
  OpCase(
    "UniformCandidateSampler again and again", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(3), "unique": .bool(false), "range_max": .int(1000),
      "seed": .int(3), "seed2": .int(4),
    ],
    expect: [
      t(.int64, [121, 865, 559]), t(.float32, [[0.003, 0.003], [0.003, 0.003]]),
      t(.float32, [0.003, 0.003, 0.003]),
    ], gradient: false),
  OpCase(
    "UniformCandidateSampler of too small a range", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(9), "unique": .bool(true), "range_max": .int(8),
      "seed": .int(3), "seed2": .int(4),
    ], error: .invalidArgument),
  OpCase(
    "UniformCandidateSampler of another number of true classes", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(3), "num_sampled": .int(3), "unique": .bool(true), "range_max": .int(8),
      "seed": .int(3), "seed2": .int(4),
    ], error: .invalidArgument),
  OpCase(
    "UniformCandidateSampler of true classes out of range", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(3), "unique": .bool(true), "range_max": .int(7),
      "seed": .int(3), "seed2": .int(4),
    ], error: .invalidArgument),
  OpCase(
    "LogUniformCandidateSampler", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(3), "unique": .bool(true), "range_max": .int(8),
      "seed": .int(3), "seed2": .int(4),
    ],
    expect: [
      t(.int64, [1, 2, 5]), t(.float32, [[0.5577977, 0.3484285], [0.78042495, 0.19778815]]),
      t(.float32, [0.5577977, 0.42954746, 0.252453]),
    ], gradient: false),
  OpCase(
    "LogUniformCandidateSampler again and again", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(3), "unique": .bool(false),
      "range_max": .int(100_000), "seed": .int(3), "seed2": .int(4),
    ],
    expect: [
      t(.int64, [88, 846, 37]),
      t(.float32, [[0.10565466, 0.058145955], [0.18061784, 0.030691486]]),
      t(.float32, [0.0029114992, 0.00030746488, 0.0067686005]),
    ], gradient: false),
  OpCase(
    "LearnedUnigramCandidateSampler", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(3), "unique": .bool(true), "range_max": .int(8),
      "seed": .int(3), "seed2": .int(4),
    ],
    expect: [
      t(.int64, [1, 4, 2]), t(.float32, [[0.41381836, 0.41381836], [0.41381836, 0.41381836]]),
      t(.float32, [0.41381836, 0.41381836, 0.41381836]),
    ], gradient: false),
  OpCase(
    "ThreadUnsafeUnigramCandidateSampler", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(3), "unique": .bool(false), "range_max": .int(8),
      "seed": .int(3), "seed2": .int(4),
    ],
    expect: [
      t(.int64, [1, 4, 1]), t(.float32, [[0.375, 0.375], [0.375, 0.375]]),
      t(.float32, [0.375, 0.375, 0.375]),
    ], gradient: false),
  OpCase(
    "FixedUnigramCandidateSampler", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(3), "unique": .bool(true), "range_max": .int(8),
      "seed": .int(3), "seed2": .int(4),
      "unigrams": .list([
        .float(1.0), .float(2.0), .float(3.0), .float(4.0), .float(1.0), .float(1.0), .float(1.0),
        .float(2.0),
      ]),
    ],
    expect: [
      t(.int64, [3, 1, 5]), t(.float32, [[0.5110545, 0.7879164], [0.29175442, 0.5110545]]),
      t(.float32, [0.7879164, 0.5110545, 0.29175442]),
    ], gradient: false),
  OpCase(
    "FixedUnigramCandidateSampler with reserved numbers", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(3), "unique": .bool(true), "range_max": .int(10),
      "seed": .int(3), "seed2": .int(4),
      "unigrams": .list([
        .float(1.0), .float(2.0), .float(3.0), .float(4.0), .float(1.0), .float(1.0), .float(1.0),
        .float(2.0),
      ]), "distortion": .float(0.5), "num_reserved_ids": .int(2),
    ],
    expect: [
      t(.int64, [5, 3, 9]), t(.float32, [[0.0, 0.4373469], [0.0, 0.3282864]]),
      t(.float32, [0.5682247, 0.4373469, 0.4373469]),
    ], gradient: false),
  OpCase(
    "FixedUnigramCandidateSampler of a shard", [t(.int64, [[1, 3], [0, 3]])],
    [
      "num_true": .int(2), "num_sampled": .int(3), "unique": .bool(true), "range_max": .int(4),
      "seed": .int(3), "seed2": .int(4),
      "unigrams": .list([
        .float(1.0), .float(2.0), .float(3.0), .float(4.0), .float(1.0), .float(1.0), .float(1.0),
        .float(2.0),
      ]), "num_shards": .int(2), "shard": .int(1),
    ],
    expect: [
      t(.int64, [1, 0, 3]), t(.float32, [[0.9705988, 0.7786227], [0.7786227, 0.7786227]]),
      t(.float32, [0.9705988, 0.7786227, 0.7786227]),
    ], gradient: false),
  OpCase(
    "FixedUnigramCandidateSampler without weights", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(3), "unique": .bool(true), "range_max": .int(8),
      "seed": .int(3), "seed2": .int(4),
    ], error: .invalidArgument),
  OpCase(
    "FixedUnigramCandidateSampler of too few weights", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(3), "unique": .bool(true), "range_max": .int(8),
      "seed": .int(3), "seed2": .int(4),
      "unigrams": .list([.float(1.0), .float(2.0), .float(3.0)]),
    ], error: .invalidArgument),
  OpCase(
    "FixedUnigramCandidateSampler of a file that is not there", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(3), "unique": .bool(true), "range_max": .int(8),
      "seed": .int(3), "seed2": .int(4), "vocab_file": .string("/nonexistent/words.csv"),
    ], error: .notFound),
  OpCase(
    "AllCandidateSampler", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(8), "unique": .bool(true), "seed": .int(3),
      "seed2": .int(4),
    ],
    expect: [
      t(.int64, [0, 1, 2, 3, 4, 5, 6, 7]), t(.float32, [[1.0, 1.0], [1.0, 1.0]]),
      t(.float32, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
    ], gradient: false),
  OpCase(
    "AllCandidateSampler of fewer than the true classes", [t(.int64, [[1, 3], [0, 7]])],
    [
      "num_true": .int(2), "num_sampled": .int(3), "unique": .bool(true), "seed": .int(3),
      "seed2": .int(4),
    ], error: .invalidArgument),
  OpCase(
    "SampleDistortedBoundingBoxV2",
    [t(.int32, [10, 20, 3]), t(.float32, [[[0.1, 0.2, 0.8, 0.9]]]), t(.float32, 0.1)],
    ["seed": .int(3), "seed2": .int(4)],
    expect: [
      t(.int32, [2, 3, 0]), t(.int32, [7, 9, -1]), t(.float32, [[[0.2, 0.15, 0.9, 0.6]]]),
    ], gradient: false),
  OpCase(
    "SampleDistortedBoundingBoxV2 of bytes",
    [t(.uint8, [200, 250, 3]), t(.float32, [[[0.1, 0.2, 0.8, 0.9]]]), t(.float32, 0.1)],
    ["seed": .int(3), "seed2": .int(4)],
    expect: [
      t(.uint8, [11, 23, 0]), t(.uint8, [130, 167, 255]),
      t(.float32, [[[0.055, 0.092, 0.705, 0.76]]]),
    ], gradient: false),
  OpCase(
    "SampleDistortedBoundingBoxV2 without boxes",
    [t(.int32, [10, 20, 3]), empty(.float32, [1, 0, 4]), t(.float32, 0.1)],
    ["seed": .int(3), "seed2": .int(4), "use_image_if_no_bounding_boxes": .bool(true)],
    expect: [
      t(.int32, [2, 3, 0]), t(.int32, [7, 9, -1]), t(.float32, [[[0.2, 0.15, 0.9, 0.6]]]),
    ], gradient: false),
  OpCase(
    "SampleDistortedBoundingBoxV2 that no part satisfies",
    [t(.int32, [10, 20, 3]), t(.float32, [[[0.1, 0.2, 0.8, 0.9]]]), t(.float32, 0.99)],
    ["seed": .int(3), "seed2": .int(4), "area_range": .list([.float(0.01), .float(0.02)])],
    expect: [
      t(.int32, [0, 0, 0]), t(.int32, [10, 20, -1]), t(.float32, [[[0.0, 0.0, 1.0, 1.0]]]),
    ], gradient: false),
  OpCase(
    "SampleDistortedBoundingBoxV2 of an empty image",
    [t(.int32, [0, 20, 3]), t(.float32, [[[0.1, 0.2, 0.8, 0.9]]]), t(.float32, 0.1)],
    ["seed": .int(3), "seed2": .int(4)],
    expect: [
      t(.int32, [0, 0, 0]), t(.int32, [0, 20, -1]), t(.float32, [[[.nan, 0.0, .nan, 1.0]]]),
    ], gradient: false),
  OpCase(
    "SampleDistortedBoundingBoxV2 without boxes, which must be there",
    [t(.int32, [10, 20, 3]), empty(.float32, [1, 0, 4]), t(.float32, 0.1)],
    ["seed": .int(3), "seed2": .int(4)], error: .invalidArgument),
  OpCase(
    "SampleDistortedBoundingBoxV2 of boxes outside",
    [t(.int32, [10, 20, 3]), t(.float32, [[[0.2, 0.4, 1.6, 1.8]]]), t(.float32, 0.1)],
    ["seed": .int(3), "seed2": .int(4)], error: .invalidArgument),
  OpCase(
    "SampleDistortedBoundingBoxV2 of a matrix of boxes",
    [t(.int32, [10, 20, 3]), t(.float32, [[0.1, 0.2, 0.8, 0.9]]), t(.float32, 0.1)],
    ["seed": .int(3), "seed2": .int(4)], error: .invalidArgument),
  OpCase(
    "SampleDistortedBoundingBoxV2 of two sizes",
    [t(.int32, [10, 20]), t(.float32, [[[0.1, 0.2, 0.8, 0.9]]]), t(.float32, 0.1)],
    ["seed": .int(3), "seed2": .int(4)], error: .invalidArgument),
  OpCase(
    "SampleDistortedBoundingBoxV2 of areas above 1",
    [t(.int32, [10, 20, 3]), t(.float32, [[[0.1, 0.2, 0.8, 0.9]]]), t(.float32, 0.1)],
    ["seed": .int(3), "seed2": .int(4), "area_range": .list([.float(1.0), .float(2.0)])],
    error: .invalidArgument),
  OpCase(
    "SampleDistortedBoundingBoxV2 of a negative image",
    [t(.int32, [-10, 20, 3]), t(.float32, [[[0.1, 0.2, 0.8, 0.9]]]), t(.float32, 0.1)],
    ["seed": .int(3), "seed2": .int(4)], error: .invalidArgument),
  OpCase(
    "SampleDistortedBoundingBox",
    [t(.int64, [33, 47, 3]), t(.float32, [[[0.1, 0.2, 0.8, 0.9]]])],
    ["seed": .int(5), "seed2": .int(6), "aspect_ratio_range": .list([.float(0.5), .float(2.0)])],
    expect: [
      t(.int64, [0, 5, 0]), t(.int64, [26, 41, -1]),
      t(.float32, [[[0.0, 0.10638298, 0.7878788, 0.9787234]]]),
    ], gradient: false),
  OpCase(
    "SampleDistortedBoundingBox of a negative share",
    [t(.int64, [33, 47, 3]), t(.float32, [[[0.1, 0.2, 0.8, 0.9]]])],
    ["min_object_covered": .float(-1.0)], error: .invalidArgument),
  OpCase(
    "StatelessSampleDistortedBoundingBox",
    [
      t(.int32, [33, 47, 3]), t(.float32, [[[0.1, 0.2, 0.8, 0.9]]]), t(.float32, 0.5),
      t(.int64, [5, -6]),
    ],
    expect: [
      t(.int32, [1, 5, 0]), t(.int32, [28, 28, -1]),
      t(.float32, [[[0.030303031, 0.10638298, 0.8787879, 0.70212764]]]),
    ], gradient: false),
  OpCase(
    "StatelessSampleDistortedBoundingBox by three seeds",
    [
      t(.int32, [33, 47, 3]), t(.float32, [[[0.1, 0.2, 0.8, 0.9]]]), t(.float32, 0.5),
      t(.int64, [5, -6, 1]),
    ], error: .invalidArgument),
  OpCase(
    "RandomIndexShuffle", [t(.int32, 3), t(.int32, [1, 2, 3]), t(.int32, 10)],
    expect: [t(.int32, 4)], gradient: false),
  OpCase(
    "RandomIndexShuffle of a vector in 8 rounds",
    [
      t(.int64, [3, 4, 9]), t(.uint32, [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
      t(.int64, 1_099_511_627_776),
    ], ["rounds": .int(8)],
    expect: [t(.int64, [1_089_523_648_066, 585_943_189_725, 392_836_861_338])], gradient: false),
  OpCase(
    "RandomIndexShuffle of 64 bits",
    [
      t(.uint64, 9_223_372_036_854_775_803), t(.int64, [1, 2, 3]),
      t(.uint64, 9_223_372_036_854_775_807),
    ], expect: [t(.uint64, 8_927_839_869_910_137_847)], gradient: false),
  OpCase(
    "RandomIndexShuffle past the end", [t(.int32, 30), t(.int32, [1, 2, 3]), t(.int32, 10)],
    error: .invalidArgument),
  OpCase(
    "RandomIndexShuffle by two seeds", [t(.int32, 3), t(.int32, [1, 2]), t(.int32, 10)],
    error: .invalidArgument),
  OpCase(
    "RandomIndexShuffle of a negative index",
    [t(.int32, -3), t(.int32, [1, 2, 3]), t(.int32, 10)], error: .invalidArgument),
  OpCase(
    "SobolSample", [t(.int32, 4), t(.int32, 5), t(.int32, 0)],
    expect: [
      t(
        .float32,
        [
          [0.5, 0.5, 0.5, 0.5], [0.75, 0.25, 0.25, 0.25], [0.25, 0.75, 0.75, 0.75],
          [0.375, 0.375, 0.625, 0.875], [0.875, 0.875, 0.125, 0.375],
        ])
    ], gradient: false),
  OpCase(
    "SobolSample of doubles from the middle", [t(.int32, 3), t(.int32, 2), t(.int32, 12345)],
    ["dtype": .type(.float64)],
    expect: [
      t(
        .float64,
        [
          [0.89093017578125, 0.06341552734375, 0.91033935546875],
          [0.39093017578125, 0.56341552734375, 0.41033935546875],
        ])
    ], gradient: false),
  OpCase(
    "SobolSample of no dimensions", [t(.int32, 0), t(.int32, 5), t(.int32, 0)],
    error: .invalidArgument),
  OpCase(
    "SobolSample of too many dimensions", [t(.int32, 21201), t(.int32, 5), t(.int32, 0)],
    error: .invalidArgument),
  OpCase(
    "SobolSample past the end", [t(.int32, 1), t(.int32, 5), t(.int32, 2_147_483_646)],
    error: .invalidArgument),
  OpCase(
    "KmeansPlusPlusInitialization",
    [
      t(
        .float32,
        [
          [0.0, 0.25], [1.0, 2.25], [4.0, 2.0], [0.5, 3.75], [3.25, 3.25], [3.75, 0.5], [2.0, 4.0],
          [2.25, 1.0], [0.25, 0.0], [0.25, 1.0],
        ]), t(.int64, 3), t(.int64, 5), t(.int64, 0),
    ], expect: [t(.float32, [[0.25, 1.0], [3.75, 0.5], [3.25, 3.25]])], gradient: false),
  OpCase(
    "KmeansPlusPlusInitialization with retries",
    [
      t(
        .float32,
        [
          [0.0, 0.25], [1.0, 2.25], [4.0, 2.0], [0.5, 3.75], [3.25, 3.25], [3.75, 0.5], [2.0, 4.0],
          [2.25, 1.0], [0.25, 0.0], [0.25, 1.0],
        ]), t(.int64, 4), t(.int64, 5), t(.int64, -1),
    ], expect: [t(.float32, [[0.25, 1.0], [3.25, 3.25], [2.25, 1.0], [0.5, 3.75]])], gradient: false
  ),
  OpCase(
    "KmeansPlusPlusInitialization of more points than there are",
    [
      t(
        .float32,
        [
          [0.0, 0.25], [1.0, 2.25], [4.0, 2.0], [0.5, 3.75], [3.25, 3.25], [3.75, 0.5], [2.0, 4.0],
          [2.25, 1.0], [0.25, 0.0], [0.25, 1.0],
        ]), t(.int64, 11), t(.int64, 5), t(.int64, 0),
    ], error: .invalidArgument),
  OpCase(
    "KmeansPlusPlusInitialization of a vector",
    [t(.float32, [0.0, 0.25]), t(.int64, 1), t(.int64, 5), t(.int64, 0)], error: .invalidArgument),
  OpCase(
    "KMC2ChainInitialization",
    [t(.float32, [0.0, 1.0, 4.0, 0.5, 3.25, 3.75, 2.0, 2.25, 0.25, 0.25]), t(.int64, 5)],
    expect: [t(.int64, 7)], gradient: false),
  OpCase(
    "KMC2ChainInitialization of no points", [empty(.float32, [0]), t(.int64, 5)],
    error: .invalidArgument),
  OpCase(
    "StochasticCastToInt",
    [
      t(.float32, [0.5, 1.0, 2.5, .nan, 300.0, -300.0, -0.5, 3.3, 0.25, -1.75, 2.5, -0.1]),
      t(.uint64, [7]), t(.uint64, [2, 3]), t(.int32, 1),
    ], ["Tout": .type(.int8)], expect: [t(.int8, [1, 1, 3, 0, 127, -128, 0, 3, 0, -2, 2, 0])],
    gradient: false),
  OpCase(
    "StochasticCastToInt in vectors",
    [
      t(
        .float32,
        [
          0.5, 1.0, 2.5, .nan, 300.0, -300.0, -0.5, 3.3, 0.25, -1.75, 2.5, -0.1, 0.5, 1.0, 2.5,
          .nan, 300.0, -300.0, -0.5, 3.3, 0.25, -1.75, 2.5, -0.1,
        ]), t(.uint64, [7]), t(.uint64, [2, 3]), t(.int32, 1),
    ], ["Tout": .type(.int32)],
    expect: [
      t(
        .int32,
        [1, 1, 2, 0, 300, -300, 0, 3, 1, -1, 3, 0, 1, 1, 3, 0, 300, -300, 0, 3, 0, -2, 2, 0])
    ], gradient: false),
  OpCase(
    "StochasticCastToInt of halves",
    [
      t(
        .half,
        [0.5, 1.0, 2.5, .nan, 300.0, -300.0, -0.5, 3.3007812, 0.25, -1.75, 2.5, -0.099975586]),
      t(.uint64, [7]), t(.uint64, [2, 3]), t(.int32, 1),
    ], ["Tout": .type(.int16)], expect: [t(.int16, [0, 1, 2, 0, 300, -300, -1, 3, 0, -2, 2, 0])],
    gradient: false),
  OpCase(
    "StochasticCastToInt by another algorithm",
    [
      t(.float32, [0.5, 1.0, 2.5, .nan, 300.0, -300.0, -0.5, 3.3, 0.25, -1.75, 2.5, -0.1]),
      t(.uint64, [7]), t(.uint64, [2, 3]), t(.int32, 2),
    ], ["Tout": .type(.int8)], error: .invalidArgument),
  OpCase(
    "RandomCrop",
    [
      t(
        .float32,
        [
          [[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]], [[6.0], [7.0], [8.0], [9.0], [10.0], [11.0]],
          [[12.0], [13.0], [14.0], [15.0], [16.0], [17.0]],
          [[18.0], [19.0], [20.0], [21.0], [22.0], [23.0]],
        ]), t(.int64, [2, 3]),
    ], ["seed": .int(3), "seed2": .int(4)],
    expect: [t(.float32, [[[7.0], [8.0], [9.0]], [[13.0], [14.0], [15.0]]])], gradient: false),
  OpCase(
    "RandomCrop of more than there is",
    [
      t(
        .float32,
        [
          [[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]], [[6.0], [7.0], [8.0], [9.0], [10.0], [11.0]],
          [[12.0], [13.0], [14.0], [15.0], [16.0], [17.0]],
          [[18.0], [19.0], [20.0], [21.0], [22.0], [23.0]],
        ]), t(.int64, [5, 3]),
    ], ["seed": .int(3), "seed2": .int(4)], error: .failedPrecondition),
]
