import CoreOps
import Ops
import TestSupport

private func asString(
  _ note: String, _ input: any TensorConvertible, _ attrs: Attrs = [:],
  _ expect: any TensorConvertible
) -> OpCase {
  OpCase("AsString \(note)", [input], attrs, expect: [expect])
}

let stringCases: [OpCase] = [
  OpCase(
    "StringJoin", ["a", ["b", "c"], "d"], ["separator": .string("-")], expect: [["a-b-d", "a-c-d"]]
  ),
  OpCase("StringJoin of one", [["b", "c"]], expect: [["b", "c"]]),
  OpCase("StringJoin of nothing", [], ["N": .int(0)], expect: [""]),
  OpCase(
    "StringJoin of different shapes", [["a", "b", "c"], ["d", "e"]], error: .invalidArgument),
  OpCase(
    "ReduceJoin", [[["a", "b"], ["c", "d"]], [0]], ["separator": .string(".")],
    expect: [["a.c", "b.d"]]),
  OpCase(
    "ReduceJoin along the last axis", [[["a", "b"], ["c", "d"]], -1], ["keep_dims": .bool(true)],
    expect: [[["ab"], ["cd"]]]),
  OpCase(
    "ReduceJoin goes fastest along the first axis named", [[["a", "b"], ["c", "d"]], [0, 1]],
    expect: ["acbd"]),
  OpCase(
    "ReduceJoin in the other order", [[["a", "b"], ["c", "d"]], [1, 0]], expect: ["abcd"]),
  OpCase("ReduceJoin beyond the rank", [["a", "b"], [1]], error: .outOfRange),
  OpCase("ReduceJoin twice along an axis", [[["a"]], [0, -2]], error: .invalidArgument),
  // TensorFlow 2.21's numbers; lengths on each side of where the function changes.
  OpCase(
    "StringToHashBucketFast",
    [
      [
        "", "a", "ab", "abcdefg", "abcdefgh", "hello world 12345",
        String(repeating: "x", count: 33), String(repeating: "y", count: 64),
        String(repeating: "z", count: 65), String(repeating: "w", count: 200),
        String(repeating: "0123456789", count: 50),
      ]
    ], ["num_buckets": .int(1 << 62)],
    expect: [
      try! Tensor(
        [
          1_936_946_117_179_621_455, 3_694_432_073_954_588_131, 3_066_228_220_894_225_694,
          4_341_691_227_789_030_229, 4_533_385_575_889_643_785, 87_573_249_954_529_727,
          3_046_993_373_088_323_127, 4_471_793_200_125_962_424, 3_688_229_565_335_330_613,
          526_236_191_678_461_824, 4_500_398_271_143_491_270,
        ] as [Int64], shape: [11])
    ]),
  asString(
    "of floats", [1.5, -2.25e-7, 1e20, Double.nan, Double.infinity], [:],
    ["1.500000", "-0.000000", "100000002004087734272.000000", "nan", "inf"]),
  asString(
    "with a precision", [1.5, 0.125], ["precision": .int(2)], ["1.50", "0.12"]),
  asString("in scientific notation", [1.5], ["scientific": .bool(true)], ["1.500000e+00"]),
  asString("as short as it gets", [1.5, 1e20], ["shortest": .bool(true)], ["1.5", "1e+20"]),
  asString("of integers", [1, -22], [:], ["1", "-22"]),
  asString(
    "filled with zeros", [1, -22], ["width": .int(8), "fill": .string("0")],
    ["00000001", "-0000022"]),
  asString(
    "filled on the right", [1, -22], ["width": .int(5), "fill": .string("-")], ["1    ", "-22  "]),
  asString("with signs", [1, -22], ["fill": .string("+")], ["+1", "-22"]),
  asString("of truth values", [true, false], ["width": .int(8)], ["true", "false"]),
  asString("of strings", ["abc"], ["width": .int(5)], ["  abc"]),
  asString(
    "of complex numbers", try! Tensor([Complex64(1, 2)], shape: [1]), [:], ["(1.000000,2.000000)"]),
  asString("of halves", try! Tensor([1.1] as [Float16], shape: [1]), [:], ["1.099609"]),
  asString(
    "of large integers", try! Tensor([UInt64.max], shape: [1]), [:], ["18446744073709551615"]),
  OpCase(
    "AsString of integers with a precision", [1], ["precision": .int(2)],
    error: .invalidArgument),
  OpCase("AsString filled with letters", [1], ["fill": .string("q")], error: .invalidArgument),
  OpCase(
    "StringSplit", [["a,b,,c", "x", ""], ","],
    expect: [
      try! Tensor([0, 0, 0, 1, 0, 2, 1, 0] as [Int64], shape: [4, 2]), ["a", "b", "c", "x"],
      try! Tensor([3, 3] as [Int64], shape: [2]),
    ]),
  OpCase(
    "StringSplit keeps empty pieces", [["a b;;c"], " ;"], ["skip_empty": .bool(false)],
    expect: [
      try! Tensor([0, 0, 0, 1, 0, 2, 0, 3] as [Int64], shape: [4, 2]), ["a", "b", "", "c"],
      try! Tensor([1, 4] as [Int64], shape: [2]),
    ]),
  OpCase(
    "StringSplit into bytes", [["abc"], ""],
    expect: [
      try! Tensor([0, 0, 0, 1, 0, 2] as [Int64], shape: [3, 2]), ["a", "b", "c"],
      try! Tensor([1, 3] as [Int64], shape: [2]),
    ]),
  OpCase("StringSplit of a scalar", ["a", ","], error: .invalidArgument),
  OpCase(
    "StringSplitV2", [["1<>2<>3", "", "<>"], "<>"],
    expect: [
      try! Tensor([0, 0, 0, 1, 0, 2, 1, 0, 2, 0, 2, 1] as [Int64], shape: [6, 2]),
      ["1", "2", "3", "", "", ""], try! Tensor([3, 3] as [Int64], shape: [2]),
    ]),
  OpCase(
    "StringSplitV2 at blanks", [[" a  b c ", ""], ""],
    expect: [
      try! Tensor([0, 0, 0, 1, 0, 2] as [Int64], shape: [3, 2]), ["a", "b", "c"],
      try! Tensor([2, 3] as [Int64], shape: [2]),
    ]),
  OpCase(
    "StringSplitV2 at most so often", [[" a  b c "], ""], ["maxsplit": .int(1)],
    expect: [
      try! Tensor([0, 0, 0, 1] as [Int64], shape: [2, 2]), ["a", "b c "],
      try! Tensor([1, 2] as [Int64], shape: [2]),
    ]),
  OpCase(
    "StaticRegexFullMatch", [["abc", "xabc", "a\nc"]], ["pattern": .string("a.*c")],
    expect: [[true, false, false]]),
  OpCase(
    "StaticRegexFullMatch of a broken pattern", [["abc"]], ["pattern": .string("a(")],
    error: .invalidArgument),
]
