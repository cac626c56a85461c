import CoreOps
import Ops
import TestSupport

private func bytes(_ values: [[UInt8]]) -> Tensor {
  try! Tensor(strings: values, dims: [values.count])
}

private let swapped = "[\\2\\1\\0]"

/// Patterns, scripts, fingerprints, and what they had in common: with what TensorFlow 2.21 gives.
let regexCases: [OpCase] = [
  OpCase(
    "RegexReplace", [["abcabc", "x"], "(b)(c)", swapped], expect: [["a[cbbc]a[cbbc]", "x"]]),
  OpCase(
    "RegexReplace of the first", [["abcabc", "x"], "(b)(c)", swapped],
    ["replace_global": .bool(false)], expect: [["a[cbbc]abc", "x"]]),
  OpCase("RegexReplace of what is empty", [["abc", ""], "", "-"], expect: [["-a-b-c-", "-"]]),
  OpCase(
    "RegexReplace between characters", [["abc", "a\u{e9}"], "x*", "-"],
    expect: [["-a-b-c-", "-a-\u{e9}-"]]),
  OpCase(
    "RegexReplace of what is empty, once", [["abc", ""], "x*", "-"],
    ["replace_global": .bool(false)], expect: [["-abc", "-"]]),
  OpCase(
    "RegexReplace of bytes that are no UTF-8", [bytes([[255, 97, 255]]), "a*", "-"],
    expect: [bytes([[45, 255, 45, 255, 45]])]),
  OpCase("RegexReplace by a group that is not there", [["abc"], "b", "\\1x"], expect: [["abc"]]),
  OpCase("RegexReplace by half a rewrite", [["abc"], "b", "x\\q"], expect: [["axc"]]),
  OpCase(
    "RegexReplace once by half a rewrite", [["abc"], "b", "x\\q"],
    ["replace_global": .bool(false)], expect: [["abc"]]),
  OpCase("RegexReplace by a backslash", [["abc"], "b", "\\\\"], expect: [["a\\c"]]),
  OpCase("RegexReplace by a broken pattern", [["abc"], "(b", "x"], error: .invalidArgument),
  OpCase("RegexReplace by several patterns", [["abc"], ["b"], "x"], error: .invalidArgument),
  OpCase("RegexReplace by several rewrites", [["abc"], "b", ["x"]], error: .invalidArgument),
  OpCase(
    "StaticRegexReplace", [["abcabc", "x"]],
    ["pattern": .string("(b)(c)"), "rewrite": .string(swapped)],
    expect: [["a[cbbc]a[cbbc]", "x"]]),
  OpCase(
    "StaticRegexReplace by a broken pattern", [["abc"]],
    ["pattern": .string("(b"), "rewrite": .string("x")], error: .invalidArgument),
  OpCase("RegexFullMatch", [[["abc", "ab", "abcd"]], "abc?"], expect: [[[true, true, false]]]),
  OpCase("RegexFullMatch by a broken pattern", [["abc"], "a["], error: .invalidArgument),
  OpCase("RegexFullMatch by several patterns", [["abc"], ["a"]], error: .invalidArgument),
  OpCase(
    "UnicodeScript", [[[1041, 65, 48, 0x4e00, 0x3042, -1, 0x110000, 0x10ffff, 0xd800, 0x0e01]]],
    expect: [t(.int32, [[8, 25, 0, 17, 20, -1, -1, 103, 103, 38]])]),
  OpCase(
    "Fingerprint of strings", [["abc", "hello world"], "farmhash64"],
    expect: [
      t(
        .uint8,
        [
          [105, 243, 231, 116, 160, 179, 165, 36], [27, 176, 214, 139, 71, 183, 143, 88],
        ])
    ]),
  OpCase(
    "Fingerprint of rows of strings", [[["a", "b"], ["c", "d"]], "farmhash64"],
    expect: [
      t(.uint8, [[122, 64, 59, 169, 136, 60, 55, 83], [52, 252, 224, 38, 64, 226, 155, 60]])
    ]),
  OpCase(
    "Fingerprint", [[[1, 2], [3, 4]], "farmhash64"],
    expect: [
      t(.uint8, [[76, 18, 253, 133, 168, 204, 240, 10], [254, 162, 60, 240, 103, 244, 53, 255]])
    ]),
  OpCase(
    "Fingerprint of truth values", [[[true], [false]], "farmhash64"],
    expect: [
      t(.uint8, [[62, 88, 126, 177, 19, 76, 162, 71], [84, 75, 233, 245, 237, 86, 96, 190]])
    ]),
  OpCase("Fingerprint of a scalar", [1, "farmhash64"], error: .invalidArgument),
  OpCase("Fingerprint by another method", [[1], "md5"], error: .invalidArgument),
  OpCase("Fingerprint by several methods", [[1], ["farmhash64"]], error: .invalidArgument),
  OpCase(
    "UnicodeDecodeWithOffsets with escapes",
    [
      bytes([[27, 36, 66, 36, 34, 27, 40, 66], [97, 27, 36, 66, 36, 34, 36, 36, 27, 40, 66, 98]])
    ],
    ["input_encoding": .string("ISO-2022-JP")],
    expect: [
      t(.int64, [0, 2, 6]), [12354, 65535, 97, 12354, 12356, 98], t(.int64, [0, 5, 0, 1, 6, 8]),
    ]),
  OpCase(
    "UnicodeDecodeWithOffsets of many escapes",
    [bytes([Array([[27, 40, 66]].repeated(7).joined())])],
    ["input_encoding": .string("ISO-2022-JP")],
    expect: [t(.int64, [0, 4]), [65533, 65533, 65533, 65535], t(.int64, [0, 6, 12, 18])]),
  OpCase(
    "UnicodeTranscode with control characters", [bytes([[97, 1, 98]])],
    [
      "input_encoding": .string("UTF-8"), "output_encoding": .string("UTF-8"),
      "errors": .string("strict"), "replace_control_characters": .bool(true),
    ], error: .invalidArgument),
  OpCase(
    "UnicodeDecode with control characters", [bytes([[97, 1, 98]])],
    [
      "input_encoding": .string("UTF-8"), "errors": .string("strict"),
      "replacement_char": .int(63), "replace_control_characters": .bool(true),
    ], expect: [t(.int64, [0, 3]), [97, 63, 98]]),
  OpCase(
    "ReduceJoin of no strings",
    [try! Tensor(strings: [String](), dims: [2, 0]), [1]], ["separator": .string("-")],
    expect: [["", ""]]),
  OpCase(
    "UnsortedSegmentJoin of no columns",
    [try! Tensor(strings: [String](), dims: [1, 0]), [0], t(.int64, 1 << 20)],
    shapes: [(.string, [1 << 20, 0])]),
  OpCase(
    "_TensorToHashBucketFast", [t(.int32, [0, 1, -12345])], ["num_buckets": .int(1000)],
    expect: [t(.int64, [735, 849, 310])]),
]

extension Array {
  fileprivate func repeated(_ count: Int) -> [Element] { (0..<count).flatMap { _ in self } }
}
