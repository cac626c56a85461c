import CoreOps
import Ops
import TestSupport

private func empty(_ dtype: DType, _ shape: [Int]) -> Tensor {
  try! Tensor.zeros(dtype, Shape(shape))
}

/// The path of a checkpoint of [[0, 1, 2], [3, 4, 5], [6, 7, 8]], and the matrix's name.
private func matrix() throws -> [Tensor] {
  let prefix = try TestFiles.path("matrix").asTensor()
  let names = try Tensor(["w"], shape: [1])
  let value = t(.float32, [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]])
  _ = try applyOp("SaveV2", [prefix, names, Tensor([""], shape: [1]), value])
  return [prefix, try "w".asTensor()]
}

/// The matrices of two words after a step of training on the pair of words, without others.
private func trained(_ pair: [Int], rate: Float) throws -> [Tensor] {
  let start: [[[Float]]] = [[[0.1, 0.2], [0.5, 0.7]], [[0.3, -0.1], [0.4, 0.6]]]
  let variables = try start.map { value in
    let name = try TestFiles.path("word vectors")
    let variable = try applyOp(
      "VariableV2", [],
      ["shape": .shape([2, 2]), "dtype": .type(.float32), "shared_name": .string(name)])[0]
    return try applyOp("Assign", [variable, value.asTensor()])[0]
  }
  let inputs = [t(.int32, [pair[0]]), t(.int32, [pair[1]]), t(.float32, rate)]
  _ = try applyOp(
    "NegTrain", variables + inputs,
    ["vocab_count": .ints([3, 1]), "num_negative_samples": .int(0)])
  return try variables.map { try applyOp("Identity", [$0])[0] }
}

/// Ops that tell of a program's surroundings, debug, or come of TensorFlow's own passes.
let surroundingsCases: [OpCase] = [
  OpCase("DeviceIndex", [], ["device_names": .strings(["GPU", "CPU"])], expect: [t(.int32, 1)]),
  OpCase(
    "DeviceIndex of devices that are not there", [], ["device_names": .strings(["GPU"])],
    expect: [t(.int32, 1)]),
  OpCase("GraphDefVersion", [], expect: [t(.int32, 2474)]),
  OpCase("Timestamp", [], shapes: [(.float64, [])]),
  OpCase("GetDeadline without a time-out", [], error: .invalidArgument),
  OpCase("IsTensorFloat32Enabled", [], expect: [t(.bool, true)]),
  OpCase(
    "CheckPinned", [t(.float32, [1.0, .nan, -.infinity, 0.0, -2.0, .infinity, .nan])],
    error: .invalidArgument),
  OpCase("Fact", [], expect: ["0! == 1"]),
  OpCase(
    "DebugIdentity", [t(.float32, [1.0])], ["tensor_name": .string("a:0")],
    expect: [t(.float32, [1.0])]),
  OpCase("DebugIdentity without a name", [t(.float32, [1.0])], error: .invalidArgument),
  OpCase("DebugIdentityV2", [t(.float32, [1.0])], expect: [t(.float32, [1.0])]),
  OpCase(
    "DebugIdentityV3", [t(.float32, [1.0])], ["tensor_name": .string("a:0")],
    expect: [t(.float32, [1.0])]),
  OpCase(
    "DebugNanCount", [t(.float32, [1.0, .nan, -.infinity, 0.0, -2.0, .infinity, .nan])],
    ["tensor_name": .string("a:0")], expect: [t(.int64, [2])]),
  OpCase(
    "DebugNanCount of integers", [t(.int32, [1, 2])], ["tensor_name": .string("a:0")],
    expect: [t(.int64, [0])]),
  OpCase(
    "DebugNumericSummary", [t(.float32, [1.0, .nan, -.infinity, 0.0, -2.0, .infinity, .nan])],
    ["tensor_name": .string("a:0")],
    expect: [
      t(
        .float64,
        [
          1.0, 7.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, -2.0, 1.0, -0.3333333333333333,
          1.5555555555555556, 1.0, 1.0, 7.0,
        ])
    ]),
  OpCase(
    "DebugNumericSummary of integers", [t(.int32, [[3, -1, 0]])], ["tensor_name": .string("a:0")],
    expect: [
      t(
        .float64,
        [
          1.0, 3.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, -1.0, 3.0, 0.6666666666666666, 2.8888888888888893,
          3.0, 2.0, 1.0, 3.0,
        ])
    ]),
  OpCase(
    "DebugNumericSummary of nothing", [empty(.float32, [0])], ["tensor_name": .string("a:0")],
    expect: [
      t(
        .float64,
        [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, .infinity, -.infinity, .nan, .nan, 1.0, 1.0, 0.0])
    ]),
  OpCase(
    "DebugNumericSummary between bounds",
    [t(.float32, [1.0, .nan, -.infinity, 0.0, -2.0, .infinity, .nan])],
    ["tensor_name": .string("a:0"), "lower_bound": .float(-1.0), "upper_bound": .float(0.5)],
    expect: [
      t(
        .float64,
        [
          1.0, 7.0, 2.0, 2.0, 0.0, 1.0, 0.0, 2.0, -2.0, 1.0, -0.3333333333333333,
          1.5555555555555556, 1.0, 1.0, 7.0,
        ])
    ]),
  OpCase(
    "DebugNumericSummary of an output that is no number",
    [t(.float32, [1.0, .nan, -.infinity, 0.0, -2.0, .infinity, .nan])],
    ["tensor_name": .string("a:x")], error: .invalidArgument),
  OpCase(
    "DebugNumericSummaryV2 in mode 2",
    [t(.float32, [[1.0], [.nan], [-.infinity], [0.0], [-2.0], [.infinity], [.nan]])],
    ["tensor_debug_mode": .int(2), "tensor_id": .int(5)], expect: [t(.float32, [5.0, 1.0])]),
  OpCase(
    "DebugNumericSummaryV2 in mode 3",
    [t(.float32, [[1.0], [.nan], [-.infinity], [0.0], [-2.0], [.infinity], [.nan]])],
    ["tensor_debug_mode": .int(3), "tensor_id": .int(5)],
    expect: [t(.float32, [5.0, 7.0, 1.0, 1.0, 2.0])]),
  OpCase(
    "DebugNumericSummaryV2 in mode 4",
    [t(.float32, [[1.0], [.nan], [-.infinity], [0.0], [-2.0], [.infinity], [.nan]])],
    ["tensor_debug_mode": .int(4), "tensor_id": .int(5)],
    expect: [t(.float32, [5.0, -1.0, 1.0, 2.0, 7.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0])]),
  OpCase(
    "DebugNumericSummaryV2 in mode 5",
    [t(.float32, [[1.0], [.nan], [-.infinity], [0.0], [-2.0], [.infinity], [.nan]])],
    ["tensor_debug_mode": .int(5), "tensor_id": .int(5)],
    expect: [t(.float32, [5.0, 1.0, 2.0, 7.0, 7.0, 1.0, 0.0, 0.0, 0.0, 0.0])]),
  OpCase(
    "DebugNumericSummaryV2 in mode 8",
    [t(.float32, [[1.0], [.nan], [-.infinity], [0.0], [-2.0], [.infinity], [.nan]])],
    ["tensor_debug_mode": .int(8), "tensor_id": .int(5)],
    expect: [t(.float32, [-Float.infinity, .infinity, .nan])]),
  OpCase(
    "DebugNumericSummaryV2 of seven dimensions",
    [
      t(
        .half,
        [
          [
            [[[[[1.0]], [[1.0]]]], [[[[1.0]], [[1.0]]]], [[[[1.0]], [[1.0]]]]],
            [[[[[1.0]], [[1.0]]]], [[[[1.0]], [[1.0]]]], [[[[1.0]], [[1.0]]]]],
          ]
        ])
    ], ["tensor_debug_mode": .int(5), "tensor_id": .int(5), "output_dtype": .type(.float64)],
    expect: [t(.float64, [5.0, 19.0, 7.0, 12.0, 2.0, 3.0, 1.0, 2.0, 1.0, 1.0])]),
  OpCase(
    "DebugNumericSummaryV2 in no mode",
    [t(.float32, [1.0, .nan, -.infinity, 0.0, -2.0, .infinity, .nan])], error: .unimplemented),
  OpCase(
    "ApproxTopK", [t(.float32, [[3.0, 1.0, 2.0, 9.0], [5.0, 5.5, 7.0, 1.0]])], ["k": .int(2)],
    expect: [t(.float32, [[9.0, 3.0], [7.0, 5.5]]), t(.int32, [[3, 0], [2, 1]])]),
  OpCase(
    "ApproxTopK of more than there are", [t(.float32, [[3.0, 1.0, 2.0, 9.0]])], ["k": .int(5)],
    error: .invalidArgument),
  OpCase(
    "ApproxTopK of the least", [t(.float32, [[3.0, 1.0, 2.0, 9.0]])],
    ["k": .int(2), "is_max_k": .bool(false)], error: .invalidArgument),
  OpCase("_EagerConst", [t(.float32, [1.0])], expect: [t(.float32, [1.0])], gradient: false),
  OpCase(
    "_HostCast", [t(.float32, [1.5, -2.0])], ["SrcT": .type(.float32), "DstT": .type(.int32)],
    expect: [t(.int32, [1, -2])]),
  OpCase(
    "_UnaryOpsComposition", [t(.float32, [-1.0, 4.0])],
    ["op_names": .strings(["Abs", "Sqrt", "Exp"])], expect: [t(.float32, [2.7182817, 7.389056])]),
  OpCase(
    "_UnaryOpsComposition of an op that has no kernel in it", [t(.float32, [-1.0, 4.0])],
    ["op_names": .strings(["Foo"])], error: .invalidArgument),
  OpCase(
    "_TensorToHashBucketFast", [t(.int64, [1, -2, 300])], ["num_buckets": .int(1000)],
    expect: [t(.int64, [849, 205, 295])]),
  OpCase(
    "_TensorToHashBucketFast of bytes", [t(.uint8, [200])], ["num_buckets": .int(1000)],
    error: .invalidArgument),
  OpCase(
    "_ParallelConcatStart", [], ["shape": .shape([2, 3]), "dtype": .type(.float32)],
    expect: [t(.float32, [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])]),
  OpCase(
    "_ParallelConcatUpdate",
    [t(.float32, [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), t(.float32, [[1.0, 1.0, 1.0]])],
    ["loc": .int(-1)], expect: [t(.float32, [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])]),
  OpCase(
    "_ParallelConcatUpdate of another shape",
    [t(.float32, [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), t(.float32, [1.0, 1.0, 1.0])],
    ["loc": .int(1)], error: .invalidArgument),
  OpCase(
    "GenerateVocabRemapping of an empty name", ["", "/nonexistent/old.txt"],
    ["new_vocab_offset": .int(0), "num_new_vocab": .int(2)], error: .invalidArgument),
  OpCase(
    "GenerateVocabRemapping of a file that is not there",
    ["/nonexistent/new.txt", "/nonexistent/old.txt"],
    ["new_vocab_offset": .int(0), "num_new_vocab": .int(2)], error: .notFound),
  OpCase(
    "LoadAndRemapMatrix of a checkpoint that is not there",
    ["/nonexistent/checkpoint", "w", t(.int64, [1]), empty(.int64, [0]), empty(.float32, [0])],
    ["num_rows": .int(1), "num_cols": .int(3)], error: .notFound),
  OpCase(
    "LoadAndRemapMatrix of a row that stands twice",
    ["/nonexistent/checkpoint", "w", t(.int64, [1, 1]), empty(.int64, [0]), empty(.float32, [0])],
    ["num_rows": .int(2), "num_cols": .int(3)], error: .unimplemented),
  OpCase(
    "LoadAndRemapMatrix of other rows",
    ["/nonexistent/checkpoint", "w", t(.int64, [1]), empty(.int64, [0]), empty(.float32, [0])],
    ["num_rows": .int(2), "num_cols": .int(3)], error: .invalidArgument),
  OpCase(
    "BatchMatrixSolve", [t(.float64, [[4.0, 1.0], [1.0, 3.0]]), t(.float64, [[1.0], [2.0]])],
    expect: [t(.float64, [[0.09090909090909091], [0.6363636363636364]])], gradient: false),
  OpCase(
    "BatchMatrixSolve of a singular matrix",
    [t(.float64, [[0.0, 0.0], [0.0, 0.0]]), t(.float64, [[1.0], [2.0]])], error: .invalidArgument),
  OpCase(
    "BatchMatrixSolveLs",
    [t(.float64, [[4.0, 1.0], [1.0, 3.0]]), t(.float64, [[1.0], [2.0]]), t(.float64, 0.5)],
    expect: [t(.float64, [[0.10389610389610388], [0.5974025974025975]])], gradient: false),
  OpCase(
    "BatchSelfAdjointEigV2 of values alone", [t(.float64, [[4.0, 1.0], [1.0, 3.0]])],
    ["compute_v": .bool(false)], shapes: [(.float64, [2]), (.float64, [])]),
  OpCase(
    "BatchSvd of values alone", [t(.float64, [[4.0, 1.0], [1.0, 3.0]])],
    ["compute_uv": .bool(false)],
    shapes: [(.float64, [2]), (.float64, []), (.float64, [])]),
  OpCase("Abort", error: .aborted) { _ in
    // A graph runs a node without outputs only as a target; the kernel is the same.
    try PreparedKernel(
      op: OpCase.definition("Abort"), node: "abort",
      attrs: ["error_msg": .string("the data is wrong")], inputTypes: []
    ).run([], .plain)
  },
  OpCase("HostConst", expect: [t(.int32, [1, 2])]) { _ in
    try applyOp("HostConst", [], ["value": .tensor(t(.int32, [1, 2])), "dtype": .type(.int32)])
  },
  OpCase("_ArrayToList", [[1.0], [2.0, 3.0]], expect: [[1.0], [2.0, 3.0]]) {
    try applyOp("_ArrayToList", $0, ["out_types": .types([.float32, .float32])])
  },
  OpCase("_ArrayToList of another dtype", [[1.0]], error: .invalidArgument) {
    try applyOp("_ArrayToList", $0, ["out_types": .types([.int32])])
  },
  OpCase("_ListToArray", [[1.0], [2.0, 3.0]], expect: [[1.0], [2.0, 3.0]]) {
    try applyOp("_ListToArray", $0, ["T": .type(.float32), "N": .int(2)])
  },
  OpCase(
    "CompositeTensorVariantFromComponents", [[1.0, 2.0], ["a"]], expect: [[1.0, 2.0], ["a"]]
  ) { inputs in
    let spec: Attrs = ["metadata": .string("spec")]
    let variant = try applyOp("CompositeTensorVariantFromComponents", inputs, spec)
    return try applyOp(
      "CompositeTensorVariantToComponents", variant,
      spec.with("Tcomponents", .types([.float32, .string])))
  },
  OpCase(
    "CompositeTensorVariantToComponents of other dtypes", [[1.0, 2.0]], error: .invalidArgument
  ) { inputs in
    let spec: Attrs = ["metadata": .string("spec")]
    let variant = try applyOp("CompositeTensorVariantFromComponents", inputs, spec)
    return try applyOp(
      "CompositeTensorVariantToComponents", variant, spec.with("Tcomponents", .types([.int32])))
  },
  OpCase("MakeWeakResourceHandle", expect: [[1.0]]) { _ in
    let handle = try applyOp(
      "VarHandleOp", [],
      ["dtype": .type(.float32), "shape": .shape([1]), "shared_name": .string("weakly held")])[0]
    _ = try applyOp("AssignVariableOp", [handle, t(.float32, [1.0])])
    let weak = try applyOp("MakeWeakResourceHandle", [handle])
    return try applyOp("ReadVariableOp", weak, ["dtype": .type(.float32)])
  },
  OpCase("IsResourceHandleRefCounting", expect: [false]) { _ in
    let handle = try applyOp(
      "VarHandleOp", [],
      ["dtype": .type(.float32), "shape": .shape([1]), "shared_name": .string("not counted")])
    return try applyOp("IsResourceHandleRefCounting", handle)
  },
  OpCase("DebugGradientRefIdentity", expect: [[1.0, 2.0]]) { _ in
    let variable = try applyOp(
      "VariableV2", [],
      [
        "shape": .shape([2]), "dtype": .type(.float32),
        "shared_name": .string("debugged by reference"),
      ])[0]
    let value = try applyOp("Assign", [variable, t(.float32, [1.0, 2.0])])
    return try applyOp("Identity", applyOp("DebugGradientRefIdentity", value))
  },
  OpCase(
    "BatchCholeskyGrad",
    [t(.float64, [[2.0, 0.0], [1.0, 1.0]]), t(.float64, [[1.0, 0.0], [0.5, 2.0]])],
    expect: [t(.float64, [[0.4375, -0.375], [-0.375, 1.0]])], gradient: false),
  OpCase(
    "GenerateVocabRemapping", expect: [t(.int64, [-1, 0, -1]), t(.int32, 1)]
  ) { _ in
    let new = try TestFiles.write("new words", "z\nb\na\nc\n").asTensor()
    let old = try TestFiles.write("old words", "a\nx\nc").asTensor()
    return try applyOp(
      "GenerateVocabRemapping", [new, old],
      ["new_vocab_offset": .int(1), "num_new_vocab": .int(3), "old_vocab_size": .int(2)])
  },
  OpCase("GenerateVocabRemapping of a word that stands twice", error: .failedPrecondition) { _ in
    let new = try TestFiles.write("new words", "a\n").asTensor()
    let old = try TestFiles.write("old words", "a\nb\na\n").asTensor()
    return try applyOp(
      "GenerateVocabRemapping", [new, old],
      ["new_vocab_offset": .int(0), "num_new_vocab": .int(1)])
  },
  OpCase(
    "LoadAndRemapMatrix", expect: [[[7.0, 8.0], [8.5, 6.0], [9.0, 0.0]]]
  ) { _ in
    let inputs: [Tensor] = [
      t(.int64, [-1, 2, 0]), t(.int64, [-1, 0]), t(.float32, [7.0, 8.0, 8.5, 9.0]),
    ]
    return try applyOp(
      "LoadAndRemapMatrix", matrix() + inputs, ["num_rows": .int(3), "num_cols": .int(2)])
  },
  OpCase("LoadAndRemapMatrix with too many values", error: .invalidArgument) { _ in
    let inputs: [Tensor] = [t(.int64, [2]), empty(.int64, [0]), t(.float32, [7.0])]
    return try applyOp(
      "LoadAndRemapMatrix", matrix() + inputs, ["num_rows": .int(1), "num_cols": .int(3)])
  },
  OpCase(
    "CustomAggregator", [t(.float32, [[1.0, 2.2, 5.0], [4.9, 3.0, -1.0]])],
    ["id": .string("a"), "calibration_method": .int(3), "num_bins": .int(8)],
    expect: [
      t(.float32, [[1.0, 2.2, 5.0], [4.9, 3.0, -1.0]]), t(.float32, -1.0), t(.float32, 5.0),
      t(.int64, [1, 0, 1, 1, 1, 1, 1, 0]),
    ], gradient: false),
  OpCase(
    "CustomAggregator of values that are alike", [t(.float32, [2.0, 2.0])],
    ["id": .string("a"), "calibration_method": .int(1), "num_bins": .int(4)],
    expect: [
      t(.float32, [2.0, 2.0]), t(.float32, 2.0), t(.float32, 2.0), t(.int64, [2, 0, 0, 0]),
    ], gradient: false),
  OpCase(
    "CustomAggregator without a method", [t(.float32, [2.0, 2.0])],
    ["id": .string("a"), "num_bins": .int(4)], error: .aborted),
  OpCase(
    "Skipgram",
    expect: [
      ["UNK", "a", "b", "c"], t(.int32, [10, 40, 30, 20]), t(.int64, 100), t(.int32, 22),
      t(.int64, 1028), t(.int32, [1, 2, 2, 3, 3, 3, 3, 1]), t(.int32, [2, 1, 3, 1, 2, 1, 0, 3]),
    ]
  ) { _ in
    let words = [String](repeating: "a b c a d b a c b a ", count: 10).joined()
    return try applyOp(
      "Skipgram", [],
      [
        "filename": .string(try TestFiles.write("words", words)), "batch_size": .int(8),
        "window_size": .int(2), "min_count": .int(15), "subsample": .float(0.1),
      ])
  },
  OpCase("Skipgram of a short text", error: .invalidArgument) { _ in
    try applyOp(
      "Skipgram", [],
      ["filename": .string(try TestFiles.write("words", "a b c")), "batch_size": .int(8)])
  },
  OpCase(
    "NegTrain",
    expect: [[[0.1, 0.2], [0.51399126, 0.72098689]], [[0.3, -0.1], [0.41748907, 0.6244847]]]
  ) { _ in
    try trained([1, 1], rate: 0.1)
  },
  OpCase("NegTrain of a word that is not there", error: .invalidArgument) { _ in
    try trained([1, 9], rate: 0.1)
  },
]
