import CoreOps
import Ops
import TestSupport

/// Strings given by their bytes.
private func bytes(_ values: [[UInt8]], _ shape: [Int]) -> Tensor {
  try! Tensor(strings: values, dims: Shape(shape))
}

private func long(_ values: [[Int]]) -> Tensor { t(.int64, values) }
private func long(_ values: [Int]) -> Tensor { t(.int64, values) }

/// A ragged tensor's splits and values as a variant.
private func toVariant(_ inputs: [Tensor], isBatched: Bool) throws -> Tensor {
  try applyOp(
    "RaggedTensorToVariant", inputs,
    ["RAGGED_RANK": .int(inputs.count - 1), "batched_input": .bool(isBatched)])[0]
}

private func fromVariant(
  _ variant: Tensor, inner: Int, outer: Int, _ dtype: DType
) throws -> [Tensor] {
  try applyOp(
    "RaggedTensorFromVariant", [variant],
    [
      "input_ragged_rank": .int(inner), "output_ragged_rank": .int(outer), "Tvalues": .type(dtype),
    ])
}

private func throughVariants(
  _ inputs: [Tensor], isBatched: Bool, inner: Int
) throws -> [Tensor] {
  try fromVariant(
    toVariant(inputs, isBatched: isBatched), inner: inner, outer: inputs.count - 1,
    inputs[inputs.count - 1].dtype)
}

/// Sparse and ragged tensors that are crossed, written, kept by number or held by variants.
let sparseRecordCases: [OpCase] = [
  OpCase(
    "SparseCross of integers and strings, hashed",
    [
      t(.int64, [[0, 0], [0, 1], [1, 0]]), t(.int64, [[0, 0], [0, 1], [1, 0]]),
      t(.int64, [5, -7, 9]), ["a", "bb", ""], t(.int64, [2, 2]), t(.int64, [2, 2]),
      t(.int64, [[1, 2], [3, 4]]), [["x", "y"], ["z", "longer than eight bytes"]],
    ],
    [
      "hashed_output": .bool(true), "num_buckets": .int(0), "hash_key": .int(956_888_297_470),
      "out_type": .type(.int64), "internal_type": .type(.int64), "N": .int(2),
      "sparse_types": .types([.int64, .string]), "dense_types": .types([.int64, .string]),
    ],
    expect: [
      t(
        .int64,
        [
          [0, 0], [0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [0, 6], [0, 7], [0, 8], [0, 9], [0, 10],
          [0, 11], [0, 12], [0, 13], [0, 14], [0, 15], [1, 0], [1, 1], [1, 2], [1, 3],
        ]),
      t(
        .int64,
        [
          466_146_039_166_657_515, 394_413_018_893_146_513, 906_629_779_161_824_624,
          6_017_740_062_375_667_580, 9_130_450_658_284_464_000, 1_468_810_836_776_411_856,
          2_768_671_773_006_308_611, 10_597_474_967_123_119, 2_723_577_958_092_255_304,
          843_597_009_077_185_274, 7_977_922_979_772_460_861, 259_309_853_613_133_857,
          7_094_300_062_232_558_797, 1_053_403_582_234_008_731, 4_632_668_113_596_450_741,
          2_142_621_863_680_868_623, 9_193_391_727_260_992_332, 8_008_322_638_333_799_321,
          6_732_370_183_993_264_218, 3_810_904_880_111_285_611,
        ]), t(.int64, [2, 16]),
    ]),
  OpCase(
    "SparseCross into buckets",
    [
      t(.int64, [[0, 0], [0, 1], [1, 0]]), ["a", "bb", ""], t(.int64, [2, 2]),
      [["x", "y"], ["z", "longer than eight bytes"]],
    ],
    [
      "hashed_output": .bool(true), "num_buckets": .int(100), "hash_key": .int(956_888_297_470),
      "out_type": .type(.int64), "internal_type": .type(.string), "N": .int(1),
      "sparse_types": .types([.string]), "dense_types": .types([.string]),
    ],
    expect: [
      t(.int64, [[0, 0], [0, 1], [0, 2], [0, 3], [1, 0], [1, 1]]),
      t(.int64, [92, 47, 85, 44, 87, 49]), t(.int64, [2, 4]),
    ]),
  OpCase(
    "SparseCross as text",
    [
      t(.int64, [[0, 0], [0, 1], [1, 0]]), t(.int64, [5, -7, 9]), t(.int64, [2, 2]),
      t(.int64, [[1, 2], [3, 4]]),
    ],
    [
      "hashed_output": .bool(false), "num_buckets": .int(0), "hash_key": .int(956_888_297_470),
      "out_type": .type(.string), "internal_type": .type(.int64), "N": .int(1),
      "sparse_types": .types([.int64]), "dense_types": .types([.int64]),
    ],
    expect: [
      t(.int64, [[0, 0], [0, 1], [0, 2], [0, 3], [1, 0], [1, 1]]),
      ["5_X_1", "5_X_2", "-7_X_1", "-7_X_2", "9_X_3", "9_X_4"], t(.int64, [2, 4]),
    ]),
  OpCase(
    "SparseCross of integers that must be strings",
    [
      t(.int64, [[0, 0], [0, 1], [1, 0]]), t(.int64, [5, -7, 9]), t(.int64, [2, 2]),
      t(.int64, [[1, 2], [3, 4]]),
    ],
    [
      "hashed_output": .bool(true), "num_buckets": .int(0), "hash_key": .int(956_888_297_470),
      "out_type": .type(.int64), "internal_type": .type(.string), "N": .int(1),
      "sparse_types": .types([.int64]), "dense_types": .types([.int64]),
    ], error: .invalidArgument),
  OpCase(
    "SparseCross with an example that a column has no feature of",
    [
      t(.int64, [[0, 0], [0, 1]]), ["a", "bb"], t(.int64, [2, 2]),
      [["x", "y"], ["z", "longer than eight bytes"]],
    ],
    [
      "hashed_output": .bool(false), "num_buckets": .int(0), "hash_key": .int(956_888_297_470),
      "out_type": .type(.string), "internal_type": .type(.string), "N": .int(1),
      "sparse_types": .types([.string]), "dense_types": .types([.string]),
    ],
    expect: [
      t(.int64, [[0, 0], [0, 1], [0, 2], [0, 3]]), ["a_X_x", "a_X_y", "bb_X_x", "bb_X_y"],
      t(.int64, [2, 4]),
    ]),
  OpCase(
    "SparseCrossV2",
    [
      t(.int64, [[0, 0], [0, 1], [1, 0]]), ["a", "bb", ""], t(.int64, [2, 2]),
      t(.int64, [[1, 2], [3, 4]]), "-",
    ], ["N": .int(1), "sparse_types": .types([.string]), "dense_types": .types([.int64])],
    expect: [
      t(.int64, [[0, 0], [0, 1], [0, 2], [0, 3], [1, 0], [1, 1]]),
      ["a-1", "a-2", "bb-1", "bb-2", "-3", "-4"], t(.int64, [2, 4]),
    ]),
  OpCase(
    "SparseCrossV2 of other batch sizes",
    [
      t(.int64, [[0, 0], [0, 1], [1, 0]]), ["a", "bb", ""], t(.int64, [2, 2]), t(.int64, [[1, 2]]),
      "-",
    ], ["N": .int(1), "sparse_types": .types([.string]), "dense_types": .types([.int64])],
    error: .invalidArgument),
  OpCase(
    "SparseCrossV2 of three dimensions",
    [
      t(.int64, [[0, 0], [0, 1], [1, 0]]), ["a", "bb", ""], t(.int64, [2, 2, 2]),
      t(.int64, [[1, 2], [3, 4]]), "-",
    ], ["N": .int(1), "sparse_types": .types([.string]), "dense_types": .types([.int64])],
    error: .invalidArgument),
  OpCase(
    "SparseCrossV2 out of order",
    [
      t(.int64, [[1, 0], [0, 1], [0, 0]]), t(.int64, [5, -7, 9]), t(.int64, [2, 2]),
      t(.int64, [[1, 2], [3, 4]]), "-",
    ], ["N": .int(1), "sparse_types": .types([.int64]), "dense_types": .types([.int64])],
    expect: [t(.int64, [[1, 0], [1, 1]]), ["5-3", "5-4"], t(.int64, [2, 2])]),
  OpCase(
    "SparseCrossHashed",
    [
      t(.int64, [[0, 0], [0, 1], [1, 0]]), t(.int64, [[0, 0], [0, 1], [1, 0]]),
      t(.int64, [5, -7, 9]), ["a", "bb", ""], t(.int64, [2, 2]), t(.int64, [2, 2]),
      t(.int64, [[1, 2], [3, 4]]), t(.int64, 0), t(.bool, false), t(.int64, [3, 5]),
    ], ["N": .int(2), "sparse_types": .types([.int64, .string]), "dense_types": .types([.int64])],
    expect: [
      t(
        .int64,
        [[0, 0], [0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [0, 6], [0, 7], [1, 0], [1, 1]]),
      t(
        .int64,
        [
          2_461_414_968_293_836_499, 7_846_257_431_958_403_323, 5_875_832_638_198_244_804,
          5_655_791_468_682_675_837, 7_459_273_776_897_716_611, 8_424_858_504_298_495_222,
          1_110_422_190_636_611_792, 3_489_455_319_708_927_620, 6_358_358_728_574_818_468,
          5_384_574_861_607_413_781,
        ]), t(.int64, [2, 8]),
    ]),
  OpCase(
    "SparseCrossHashed by the strong hash",
    [
      t(.int64, [[0, 0], [0, 1], [1, 0]]), t(.int64, [[0, 0], [0, 1], [1, 0]]),
      t(.int64, [5, -7, 9]), ["a", "bb", ""], t(.int64, [2, 2]), t(.int64, [2, 2]),
      [["x", "y"], ["z", "longer than eight bytes"]], t(.int64, 100), t(.bool, true),
      t(.int64, [3, 5]),
    ],
    ["N": .int(2), "sparse_types": .types([.int64, .string]), "dense_types": .types([.string])],
    expect: [
      t(
        .int64,
        [[0, 0], [0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [0, 6], [0, 7], [1, 0], [1, 1]]),
      t(.int64, [87, 5, 0, 75, 18, 50, 78, 43, 75, 44]), t(.int64, [2, 8]),
    ]),
  OpCase(
    "SparseCrossHashed by a short salt",
    [
      t(.int64, [[0, 0], [0, 1], [1, 0]]), t(.int64, [5, -7, 9]), t(.int64, [2, 2]),
      t(.int64, [[1, 2], [3, 4]]), t(.int64, 0), t(.bool, false), t(.int64, [3]),
    ], ["N": .int(1), "sparse_types": .types([.int64]), "dense_types": .types([.int64])],
    error: .invalidArgument),
  OpCase(
    "RaggedCross as text",
    [
      t(.int64, [5, -7, 9]), t(.int64, [0, 2, 3]), t(.int64, [[0, 0], [0, 1], [1, 0]]),
      ["a", "bb", ""], t(.int64, [2, 2]), t(.int64, [[1, 2], [3, 4]]),
    ],
    [
      "hashed_output": .bool(false), "num_buckets": .int(0), "hash_key": .int(7),
      "out_row_splits_type": .type(.int64), "input_order": .string("DRS"),
      "out_values_type": .type(.string), "ragged_values_types": .types([.int64]),
      "ragged_splits_types": .types([.int64]), "Nsparse": .int(1),
      "sparse_values_types": .types([.string]), "dense_types": .types([.int64]),
    ],
    expect: [
      [
        "1_X_5_X_a", "1_X_5_X_bb", "1_X_-7_X_a", "1_X_-7_X_bb", "2_X_5_X_a", "2_X_5_X_bb",
        "2_X_-7_X_a", "2_X_-7_X_bb", "3_X_9_X_", "4_X_9_X_",
      ], t(.int64, [0, 8, 10]),
    ]),
  OpCase(
    "RaggedCross hashed",
    [["a", "bb", ""], t(.int64, [0, 3, 3]), t(.int64, [[1, 2], [3, 4]])],
    [
      "hashed_output": .bool(false), "num_buckets": .int(0), "hash_key": .int(7),
      "out_row_splits_type": .type(.int64), "input_order": .string("RD"),
      "out_values_type": .type(.int64), "ragged_values_types": .types([.string]),
      "ragged_splits_types": .types([.int64]), "Nsparse": .int(0), "sparse_values_types": .ints([]),
      "dense_types": .types([.int64]),
    ],
    expect: [
      t(
        .int64,
        [
          7_182_250_513_110_948_477, 3_480_595_992_508_220_133, 6_629_304_356_894_305_864,
          7_461_128_802_394_984_291, 3_668_104_850_374_531_451, 4_189_518_819_633_657_162,
        ]), t(.int64, [0, 6, 6]),
    ]),
  OpCase(
    "RaggedCross of splits that fall",
    [t(.int64, [5, -7, 9]), t(.int64, [0, 4, 3]), t(.int64, [[1, 2], [3, 4]])],
    [
      "hashed_output": .bool(false), "num_buckets": .int(0), "hash_key": .int(7),
      "out_row_splits_type": .type(.int64), "input_order": .string("RD"),
      "out_values_type": .type(.int64), "ragged_values_types": .types([.int64]),
      "ragged_splits_types": .types([.int64]), "Nsparse": .int(0), "sparse_values_types": .ints([]),
      "dense_types": .types([.int64]),
    ], error: .invalidArgument),
  OpCase(
    "RaggedCross in an order of too many ragged tensors",
    [t(.int64, [5, -7, 9]), t(.int64, [0, 2, 3]), t(.int64, [[1, 2], [3, 4]])],
    [
      "hashed_output": .bool(false), "num_buckets": .int(0), "hash_key": .int(7),
      "out_row_splits_type": .type(.int64), "input_order": .string("RR"),
      "out_values_type": .type(.int64), "ragged_values_types": .types([.int64]),
      "ragged_splits_types": .types([.int64]), "Nsparse": .int(0), "sparse_values_types": .ints([]),
      "dense_types": .types([.int64]),
    ], error: .invalidArgument),
  OpCase(
    "SerializeSparse",
    [t(.int64, [[0, 0], [0, 1], [1, 0]]), t(.int64, [5, -7, 9]), t(.int64, [2, 2])],
    expect: [
      bytes(
        [
          [
            8, 9, 18, 8, 18, 2, 8, 3, 18, 2, 8, 2, 34, 48, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0,
          ],
          [
            8, 9, 18, 4, 18, 2, 8, 3, 34, 24, 5, 0, 0, 0, 0, 0, 0, 0, 249, 255, 255, 255, 255, 255,
            255, 255, 9, 0, 0, 0, 0, 0, 0, 0,
          ], [8, 9, 18, 4, 18, 2, 8, 2, 34, 16, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0],
        ], [3])
    ]),
  OpCase(
    "SerializeSparse of strings",
    [t(.int64, [[0, 0], [0, 1], [1, 0]]), ["a", "", "ccc"], t(.int64, [2, 2])],
    expect: [
      bytes(
        [
          [
            8, 9, 18, 8, 18, 2, 8, 3, 18, 2, 8, 2, 34, 48, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0,
          ], [8, 7, 18, 4, 18, 2, 8, 3, 34, 7, 1, 0, 3, 97, 99, 99, 99],
          [8, 9, 18, 4, 18, 2, 8, 2, 34, 16, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0],
        ], [3])
    ]),
  OpCase(
    "SerializeSparse of a vector of indices",
    [t(.int64, [5, -7, 9]), t(.int64, [5, -7, 9]), t(.int64, [2, 2])], error: .invalidArgument),
  OpCase(
    "SerializeManySparse",
    [t(.int64, [[0, 0], [0, 1]]), t(.float32, [5.0, -7.0]), t(.int64, [2, 2])],
    expect: [
      bytes(
        [
          [
            8, 9, 18, 8, 18, 2, 8, 2, 18, 2, 8, 1, 34, 16, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0,
            0, 0,
          ], [8, 1, 18, 4, 18, 2, 8, 2, 34, 8, 0, 0, 160, 64, 0, 0, 224, 192],
          [8, 9, 18, 4, 18, 2, 8, 1, 34, 8, 2, 0, 0, 0, 0, 0, 0, 0],
          [8, 9, 18, 6, 18, 0, 18, 2, 8, 1], [8, 1, 18, 2, 18, 0],
          [8, 9, 18, 4, 18, 2, 8, 1, 34, 8, 2, 0, 0, 0, 0, 0, 0, 0],
        ], [2, 3])
    ]),
  OpCase(
    "SerializeManySparse of one dimension",
    [t(.int64, [[0], [0], [1]]), t(.int64, [5, -7, 9]), t(.int64, [2])], error: .invalidArgument),
  OpCase(
    "SerializeManySparse out of order",
    [t(.int64, [[1, 0], [0, 1], [0, 0]]), t(.int64, [5, -7, 9]), t(.int64, [2, 2])],
    error: .invalidArgument),
  OpCase(
    "SerializeManySparse out of range",
    [t(.int64, [[1, 1], [1, 2], [2, 1]]), t(.int64, [5, -7, 9]), t(.int64, [2, 2])],
    error: .invalidArgument),
  OpCase(
    "DeserializeSparse",
    [long([[0, 0], [0, 1], [1, 0]]), t(.float32, [5.0, -7.0, 9.0]), long([2, 2])],
    expect: [
      long([[0, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 0, 1], [1, 1, 0]]),
      [5.0, -7.0, 9.0, 5.0, -7.0, 9.0], long([2, 2, 2]),
    ]
  ) { inputs in
    let text = try applyOp("SerializeSparse", inputs)[0]
    let both = try applyOp("Pack", [text, text])[0]
    return try applyOp("DeserializeSparse", [both], ["dtype": .type(.float32)])
  },
  OpCase(
    "DeserializeSparse of variants",
    [long([[0, 0], [0, 1], [1, 0]]), ["a", "b", "c"], long([2, 2])],
    expect: [
      long([[0, 0], [0, 1], [1, 0]]), ["a", "b", "c"], long([2, 2]),
    ]
  ) { inputs in
    let variants = try applyOp("SerializeSparse", inputs, ["out_type": .type(.variant)])[0]
    return try applyOp("DeserializeSparse", [variants], ["dtype": .type(.string)])
  },
  OpCase(
    "DeserializeSparse of another dtype",
    [long([[0, 0]]), t(.float32, [5.0]), long([2, 2])], error: .invalidArgument
  ) { inputs in
    let text = try applyOp("SerializeSparse", inputs)[0]
    return try applyOp("DeserializeSparse", [text], ["dtype": .type(.int32)])
  },
  OpCase(
    "DeserializeSparse of other ranks",
    [long([[0, 0]]), t(.float32, [5.0]), long([2, 2]), long([[0]]), long([2])],
    error: .invalidArgument
  ) { inputs in
    let first = try applyOp("SerializeSparse", Array(inputs[..<3]))[0]
    let second = try applyOp("SerializeSparse", [inputs[3], inputs[1], inputs[4]])[0]
    let both = try applyOp("Pack", [first, second])[0]
    return try applyOp("DeserializeSparse", [both], ["dtype": .type(.float32)])
  },
  OpCase(
    "DeserializeSparse of bytes that are no tensors", [["a", "b", "c"]],
    ["dtype": .type(.float32)], error: .invalidArgument),
  OpCase(
    "DeserializeManySparse",
    [
      long([[0, 0], [0, 1]]), t(.int32, [5, -7]), long([2, 3]), long([[0, 8]]), long([1, 9]),
    ],
    expect: [long([[0, 0, 0], [0, 0, 1], [1, 0, 8]]), [5, -7, 5], long([2, 2, 9])]
  ) { inputs in
    let first = try applyOp("SerializeSparse", Array(inputs[..<3]))[0]
    let value = try applyOp("Slice", [inputs[1], [0].asTensor(), [1].asTensor()])[0]
    let second = try applyOp("SerializeSparse", [inputs[3], value, inputs[4]])[0]
    let both = try applyOp("Pack", [first, second])[0]
    return try applyOp("DeserializeManySparse", [both], ["dtype": .type(.int32)])
  },
  OpCase(
    "AddManySparseToTensorsMap",
    [long([[0, 0], [0, 1], [2, 0]]), t(.float32, [5.0, -7.0, 9.0]), long([3, 2])],
    expect: [
      long([[0, 0], [1, 0], [1, 1]]), [9.0, 5.0, -7.0], long([2, 2]),
    ]
  ) { inputs in
    let map: Attrs = ["shared_name": .string("many sparse tensors")]
    let handles = try applyOp("AddManySparseToTensorsMap", inputs, map)[0]
    let rows = try applyOp("GatherV2", [handles, [2, 0].asTensor(), 0.asTensor()])[0]
    return try applyOp(
      "TakeManySparseFromTensorsMap", [rows], map.with("dtype", .type(.float32)))
  },
  OpCase(
    "AddManySparseToTensorsMap out of order",
    [long([[1, 0], [0, 1]]), t(.float32, [5.0, -7.0]), long([2, 2])], error: .invalidArgument),
  OpCase(
    "AddSparseToTensorsMap", [long([[0], [1]]), ["a", "b"], long([4])],
    expect: [long([[0, 0], [0, 1]]), ["a", "b"], long([1, 4])]
  ) { inputs in
    let map: Attrs = ["shared_name": .string("single sparse tensors")]
    let handle = try applyOp("AddSparseToTensorsMap", inputs, map)[0]
    return try applyOp(
      "TakeManySparseFromTensorsMap", [applyOp("ExpandDims", [handle, 0.asTensor()])[0]],
      map.with("dtype", .type(.string)))
  },
  OpCase(
    "AddSparseToTensorsMap of too few values", [long([[0], [1]]), ["a"], long([4])],
    error: .invalidArgument),
  OpCase(
    "TakeManySparseFromTensorsMap of an unknown number", [long([7])],
    ["dtype": .type(.float32), "shared_name": .string("no sparse tensors")],
    error: .invalidArgument),
  OpCase(
    "RaggedTensorToVariant", [long([0, 1, 3]), long([0, 2, 3, 5]), [1.0, 2.0, 3.0, 4.0, 5.0]],
    expect: [long([0, 1, 3]), long([0, 2, 3, 5]), [1.0, 2.0, 3.0, 4.0, 5.0]], gradient: true
  ) { inputs in try throughVariants(inputs, isBatched: true, inner: 1) },
  OpCase(
    "RaggedTensorToVariant of one variant", [long([0, 2, 3]), ["a", "b", "c"]],
    expect: [long([0, 2, 3]), ["a", "b", "c"]]
  ) { inputs in try throughVariants(inputs, isBatched: false, inner: 1) },
  OpCase(
    "RaggedTensorToVariant of splits that do not end with the values",
    [long([0, 2, 4]), [1.0, 2.0, 3.0]],
    ["RAGGED_RANK": .int(1), "batched_input": .bool(true)], error: .invalidArgument),
  OpCase(
    "RaggedTensorToVariant of the rows of a matrix", [[[1.0, 2.0], [3.0, 4.0]]],
    expect: [[[1.0, 2.0], [3.0, 4.0]]], gradient: true
  ) { inputs in try throughVariants(inputs, isBatched: true, inner: 0) },
  OpCase(
    "RaggedTensorToVariant of a scalar's rows", [1.0],
    ["RAGGED_RANK": .int(0), "batched_input": .bool(true)], error: .invalidArgument),
  OpCase(
    gradientOf: ["RaggedTensorToVariant", "RaggedTensorFromVariant"], [[1.0, 2.0, 3.0]]
  ) { inputs in
    Array(try throughVariants([long([0, 2, 3])] + inputs, isBatched: true, inner: 0).suffix(1))
  },
  OpCase(
    "RaggedTensorFromVariant of other dtypes", [long([0, 2, 3]), [1.0, 2.0, 3.0]],
    error: .invalidArgument
  ) { inputs in
    let variant = try toVariant(inputs, isBatched: true)
    return try fromVariant(variant, inner: 0, outer: 1, .int32)
  },
  OpCase(
    "RaggedTensorFromVariant of another nesting", [long([0, 2, 3]), [1.0, 2.0, 3.0]],
    error: .invalidArgument
  ) { inputs in
    let variant = try toVariant(inputs, isBatched: true)
    return try fromVariant(variant, inner: 1, outer: 2, .float32)
  },
  OpCase(
    "RaggedTensorFromVariant of a matrix", [[1.0, 2.0, 3.0, 4.0]],
    expect: [long([0, 2, 4]), long([0, 1, 2, 3, 4]), [1.0, 2.0, 3.0, 4.0]]
  ) { inputs in
    let rows = try applyOp("Reshape", [inputs[0], [4, 1].asTensor()])[0]
    let variants = try toVariant([rows], isBatched: true)
    let matrix = try applyOp("Reshape", [variants, [2, 2].asTensor()])[0]
    return try fromVariant(matrix, inner: 0, outer: 2, .float32)
  },
  OpCase(
    "RaggedTensorToVariantGradient of a row that nothing depends on",
    [long([0, 2, 5]), [1.0, 2.0, 3.0, 4.0, 5.0]], expect: [[1.0, 2.0, 0.0, 0.0, 0.0]]
  ) { inputs in
    let rows = try toVariant(inputs, isBatched: true)
    let first = try applyOp("Slice", [rows, [0].asTensor(), [1].asTensor()])[0]
    let missing = try applyOp(
      "TensorListReserve", [(-1).asTensor(), 0.asTensor()],
      [
        "element_dtype": .type(.float32)
      ])[0]
    let pair = try applyOp(
      "ConcatV2",
      [
        first, applyOp("ExpandDims", [missing, 0.asTensor()])[0], 0.asTensor(),
      ])[0]
    return try applyOp(
      "RaggedTensorToVariantGradient", [pair, inputs[0], [5].asTensor()],
      ["Tvalues": .type(.float32)])
  },
]
