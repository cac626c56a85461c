import CoreOps
import Ops
import TestSupport

/// Strings given by their bytes.
private func bytes(_ values: [[UInt8]], _ shape: [Int]) -> Tensor {
  try! Tensor(strings: values, dims: Shape(shape))
}

private func empty(_ dtype: DType, _ shape: [Int]) -> Tensor {
  try! Tensor.uninitialized(dtype, Shape(shape))
}

/// Ops on text, with what TensorFlow 2.21 gives.
let textCases: [OpCase] = [
  OpCase(
    "StringLower", [["aBC [Z"]], expect: [["abc [z"]]),
  OpCase(
    "StringLower of ASCII only", [bytes([[195, 132, 66]], [1])],
    expect: [bytes([[195, 132, 98]], [1])]),
  OpCase(
    "StringLower of Unicode", [bytes([[195, 132, 195, 150, 32, 196, 176]], [1])],
    ["encoding": .string("utf-8")],
    expect: [bytes([[195, 164, 195, 182, 32, 105, 204, 135]], [1])]),
  OpCase(
    "StringLower of an unknown encoding", [["a"]], ["encoding": .string("latin")],
    error: .invalidArgument),
  OpCase(
    "StringUpper", [["aBc {z"]], expect: [["ABC {Z"]]),
  OpCase(
    "StringUpper of Unicode", [bytes([[115, 116, 114, 97, 195, 159, 101, 32, 255]], [1])],
    ["encoding": .string("utf-8")],
    expect: [bytes([[83, 84, 82, 65, 83, 83, 69, 32, 239, 191, 189]], [1])]),
  OpCase(
    "StringStrip", [bytes([[32, 9, 10, 11, 12, 13, 32, 97, 32, 98, 32], [32, 32]], [2])],
    expect: [["a b", ""]]),
  OpCase(
    "StringLength", [["abc", ""]], expect: [[3, 0]]),
  OpCase(
    "StringLength in characters",
    [bytes([[97, 195, 169, 240, 159, 152, 128], [255, 128, 97]], [2])],
    ["unit": .string("UTF8_CHAR")], expect: [[3, 2]]),
  OpCase(
    "Substr", [["hello", "wor"], 1, 2], expect: [["el", "or"]]),
  OpCase(
    "Substr from the end", [["hello", "wor"], [1, -2], [2, 9]], expect: [["el", "or"]]),
  OpCase(
    "Substr to the end", [["hello"], 1, -2], expect: [["ello"]]),
  OpCase(
    "Substr at the end", [["hello"], 5, 2], expect: [[""]]),
  OpCase(
    "Substr broadcast along rows", [[["hello", "abc"], ["x", "yy"]], [0, 1], [1, 1]],
    expect: [[["h", "b"], ["x", "y"]]]),
  OpCase(
    "Substr of one string", ["thirteen", [1, 5, 7], [3, 2, 1]], expect: [["hir", "ee", "n"]]),
  OpCase(
    "Substr of characters", [bytes([[97, 195, 169, 240, 159, 152, 128, 98]], [1]), [-3], [2]],
    ["unit": .string("UTF8_CHAR")], expect: [bytes([[195, 169, 240, 159, 152, 128]], [1])]),
  OpCase(
    "Substr beyond the end", [["hello"], 9, 2], error: .invalidArgument),
  OpCase(
    "Substr with different shapes", [["ae"], [1], 1], error: .invalidArgument),
  OpCase(
    "Substr that does not broadcast", [["a", "b", "c"], [1, 1], [1, 1]], error: .invalidArgument),
  OpCase(
    "StringToNumber",
    [[" 1 ", "-1.5", "inf", "-Infinity", "nan", "0x10", "1e400", "+5", ".5", "5."]],
    expect: [
      t(
        .float32,
        [
          1.0, -1.5, Float.infinity, -Float.infinity, Float.nan, 16.0, Float.infinity, 5.0, 0.5,
          5.0,
        ])
    ]),
  OpCase(
    "StringToNumber in double precision", [["0.1"]], ["out_type": .type(.float64)],
    expect: [t(.float64, [0.1])]),
  OpCase(
    "StringToNumber of integers", [[" 1 ", "+5", "-7"]], ["out_type": .type(.int32)],
    expect: [[1, 5, -7]]),
  OpCase(
    "StringToNumber of 64 bits", [["-9223372036854775808"]], ["out_type": .type(.int64)],
    expect: [t(.int64, [-9223372036854775808])]),
  OpCase(
    "StringToNumber without a sign", [["4294967295"]], ["out_type": .type(.uint32)],
    expect: [t(.uint32, [4294967295])]),
  OpCase(
    "StringToNumber of '' as an integer", [[""]], ["out_type": .type(.int32)],
    error: .invalidArgument),
  OpCase(
    "StringToNumber of '1.5' as an integer", [["1.5"]], ["out_type": .type(.int32)],
    error: .invalidArgument),
  OpCase(
    "StringToNumber of '99999999999' as an integer", [["99999999999"]], ["out_type": .type(.int32)],
    error: .invalidArgument),
  OpCase(
    "StringToNumber of '0x10' as an integer", [["0x10"]], ["out_type": .type(.int32)],
    error: .invalidArgument),
  OpCase(
    "StringToNumber of '1 2' as an integer", [["1 2"]], ["out_type": .type(.int32)],
    error: .invalidArgument),
  OpCase(
    "StringToNumber of ' '", [[" "]], error: .invalidArgument),
  OpCase(
    "StringToNumber of '1e'", [["1e"]], error: .invalidArgument),
  OpCase(
    "StringToNumber of 'infinit'", [["infinit"]], error: .invalidArgument),
  OpCase(
    "StringToNumber of '1_0'", [["1_0"]], error: .invalidArgument),
  OpCase(
    "StringToNumber of 'nan(1)'", [["nan(1)"]], expect: [t(.float32, [Float.nan])]),
  OpCase(
    "StringToNumber of a negative number as unsigned", [["-1"]], ["out_type": .type(.uint64)],
    error: .invalidArgument),
  OpCase(
    "EncodeBase64", [bytes([[97, 98], [251, 255], [], [97, 98, 99]], [4])],
    expect: [["YWI", "-_8", "", "YWJj"]]),
  OpCase(
    "EncodeBase64 with padding", [bytes([[97, 98], [251], [97, 98, 99]], [3])],
    ["pad": .bool(true)], expect: [["YWI=", "-w==", "YWJj"]]),
  OpCase(
    "DecodeBase64", [["YWI", "YWI=", "-_8", "-_", "YQ==", "YR", ""]],
    expect: [bytes([[97, 98], [97, 98], [251, 255], [251], [97], [97], []], [7])]),
  OpCase(
    "DecodeBase64 of 'Y'", [["Y"]], error: .invalidArgument),
  OpCase(
    "DecodeBase64 of '+/'", [["+/"]], error: .invalidArgument),
  OpCase(
    "DecodeBase64 of 'YW Jj'", [["YW Jj"]], error: .invalidArgument),
  OpCase(
    "DecodeBase64 of 'YQ='", [["YQ="]], error: .invalidArgument),
  OpCase(
    "DecodeBase64 of 'YWI=='", [["YWI=="]], error: .invalidArgument),
  OpCase(
    "DecodeRaw", [["ab", "cd"]], ["out_type": .type(.int8)],
    expect: [t(.int8, [[97, 98], [99, 100]])]),
  OpCase(
    "DecodeRaw with the high byte first", [["abcd"]],
    ["out_type": .type(.int16), "little_endian": .bool(false)],
    expect: [t(.int16, [[24930, 25444]])]),
  OpCase(
    "DecodeRaw of different lengths", [["ab", "c"]], ["out_type": .type(.int8)],
    error: .invalidArgument),
  OpCase(
    "DecodeRaw of half a number", [["abc"]], ["out_type": .type(.int16)], error: .invalidArgument),
  OpCase(
    "DecodeRaw of nothing", [bytes([], [0])], ["out_type": .type(.int16)],
    expect: [empty(.int16, [0, 0])]),
  OpCase(
    "DecodeRaw of empty strings", [[""]], ["out_type": .type(.int32)],
    expect: [empty(.int32, [1, 0])]),
  OpCase(
    "DecodePaddedRaw", [["a", "abcdef"], 4], ["out_type": .type(.int16)],
    expect: [t(.int16, [[97, 0], [25185, 25699]])]),
  OpCase(
    "DecodePaddedRaw with the high byte first", [["abcd"], 4],
    ["out_type": .type(.int16), "little_endian": .bool(false)],
    expect: [t(.int16, [[24930, 25444]])]),
  OpCase(
    "DecodePaddedRaw of half a number", [["a"], 3], ["out_type": .type(.int16)],
    error: .invalidArgument),
  OpCase(
    "DecodePaddedRaw of no length", [["a"], 0], ["out_type": .type(.int16)], error: .invalidArgument
  ),
  OpCase(
    "StringToHashBucket", [["", "a", "abcdefghijkl", "abcdefgh"]],
    ["num_buckets": .int(4611686018427387904)],
    expect: [
      t(
        .int64, [105434511174508091, 2996632905371535868, 2951209715007024098, 3429851175771700306])
    ]),
  OpCase(
    "StringToHashBucketStrong", [["", "a", "abcdefghijkl", "abcdefgh"]],
    ["num_buckets": .int(4611686018427387904), "key": .list([.int(1), .int(2)])],
    expect: [
      t(.int64, [443797209252341627, 546566331822570742, 581588757420732271, 2649018002260510108])
    ]),
  OpCase(
    "StringToHashBucketStrong with half a key", [["a"]],
    ["num_buckets": .int(10), "key": .list([.int(1)])], error: .invalidArgument),
  OpCase(
    "UnsortedSegmentJoin", [["a", "b", "c"], [0, 1, 0], 3], ["separator": .string("-")],
    expect: [["a-c", "b", ""]]),
  OpCase(
    "UnsortedSegmentJoin of empty texts",
    [["", "a", "", "b", "a", "", ""], [0, 0, 1, 1, 2, 2, 2], 3], ["separator": .string(":")],
    expect: [["a", "b", "a::"]]),
  OpCase(
    "UnsortedSegmentJoin of rows", [[["a", "b"], ["c", "d"]], [1, 0], 2],
    expect: [[["c", "d"], ["a", "b"]]]),
  OpCase(
    "UnsortedSegmentJoin of all axes", [[["a", "b"], ["c", "d"]], [[1, 0], [0, 0]], 2],
    ["separator": .string(", ")], expect: [["b, c, d", "a"]]),
  OpCase(
    "UnsortedSegmentJoin of a negative segment", [["a"], [-1], 1], error: .invalidArgument),
  OpCase(
    "UnsortedSegmentJoin beyond the segments", [["a"], [1], 1], error: .invalidArgument),
  OpCase(
    "UnsortedSegmentJoin into a negative number of segments", [["a"], [0], -1],
    error: .invalidArgument),
  OpCase(
    "StringFormat", [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]], expect: ["[0 1 2 ... 7 8 9]"]),
  OpCase(
    "StringFormat of all elements", [[0, 1, 2, 3, 4, 5, 6, 7]], ["summarize": .int(-1)],
    expect: ["[0 1 2 3 4 5 6 7]"]),
  OpCase(
    "StringFormat of three axes",
    [
      [
        [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]],
        [[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]],
      ]
    ], ["summarize": .int(1)],
    expect: [
      bytes(
        [
          [
            91, 91, 91, 48, 32, 46, 46, 46, 32, 51, 93, 10, 32, 32, 46, 46, 46, 10, 32, 32, 91, 56,
            32, 46, 46, 46, 32, 49, 49, 93, 93, 10, 10, 32, 91, 91, 49, 50, 32, 46, 46, 46, 32, 49,
            53, 93, 10, 32, 32, 46, 46, 46, 10, 32, 32, 91, 50, 48, 32, 46, 46, 46, 32, 50, 51, 93,
            93, 93,
          ]
        ], [])
    ]),
  OpCase(
    "StringFormat of two tensors", [bytes([[97], [98, 10]], [2]), true],
    ["template": .string("x %s y %s z")], expect: ["x [\"a\" \"b\\n\"] y 1 z"]),
  OpCase(
    "StringFormat of too few tensors", [3],
    ["template": .string("{} and {}"), "placeholder": .string("{}")], error: .invalidArgument),
  OpCase(
    "StringFormat of reals", [t(.float32, [[1.5, 2.0], [3.0, 4.0000000801635094e+20]])],
    expect: [
      bytes(
        [[91, 91, 49, 46, 53, 32, 50, 93, 10, 32, 91, 51, 32, 52, 101, 43, 50, 48, 93, 93]], [])
    ]),
  OpCase(
    "StringFormat of text that is not ASCII",
    [bytes([[240, 159, 152, 128, 10, 1]], [1])],
    ["template": .string("%s")],
    expect: [bytes([Array("[\"".utf8) + [240, 159, 152, 128] + Array("\\n\\001\"]".utf8)], [])]),
  OpCase(
    "StringFormat of rows", [[[1, 2], [3, 4], [5, 6], [7, 8], [9, 9]]], ["summarize": .int(2)],
    expect: [
      bytes(
        [
          [
            91, 91, 49, 32, 50, 93, 10, 32, 91, 51, 32, 52, 93, 10, 32, 46, 46, 46, 10, 32, 91, 55,
            32, 56, 93, 10, 32, 91, 57, 32, 57, 93, 93,
          ]
        ], [])
    ]),
  OpCase(
    "StringFormat of nothing", [empty(.float32, [2, 0])],
    expect: [bytes([[91, 10, 32, 46, 46, 46, 93]], [])]),
  OpCase(
    "StringNGrams", [["a", "b", "c", "d", "e"], t(.int64, [0, 4, 5])],
    [
      "separator": .string("|"), "ngram_widths": .list([.int(3)]), "left_pad": .string("LP"),
      "right_pad": .string("RP"), "pad_width": .int(-1), "preserve_short_sequences": .bool(false),
    ],
    expect: [
      [
        "LP|LP|a", "LP|a|b", "a|b|c", "b|c|d", "c|d|RP", "d|RP|RP", "LP|LP|e", "LP|e|RP", "e|RP|RP",
      ], t(.int64, [0, 6, 9]),
    ]),
  OpCase(
    "StringNGrams without pads", [["a", "b", "c", "d", "e"], t(.int64, [0, 4, 5])],
    [
      "separator": .string("|"), "ngram_widths": .list([.int(3)]), "left_pad": .string("LP"),
      "right_pad": .string("RP"), "pad_width": .int(0), "preserve_short_sequences": .bool(false),
    ], expect: [["a|b|c", "b|c|d"], t(.int64, [0, 2, 2])]),
  OpCase(
    "StringNGrams with fewer pads", [["a", "b", "c", "d", "e"], t(.int64, [0, 4, 5])],
    [
      "separator": .string("|"), "ngram_widths": .list([.int(3)]), "left_pad": .string("LP"),
      "right_pad": .string("RP"), "pad_width": .int(1), "preserve_short_sequences": .bool(false),
    ], expect: [["LP|a|b", "a|b|c", "b|c|d", "c|d|RP", "LP|e|RP"], t(.int64, [0, 4, 5])]),
  OpCase(
    "StringNGrams of short sequences", [["a", "b", "c", "d", "e"], t(.int64, [0, 4, 5])],
    [
      "separator": .string("|"), "ngram_widths": .list([.int(3)]), "left_pad": .string("LP"),
      "right_pad": .string("RP"), "pad_width": .int(0), "preserve_short_sequences": .bool(true),
    ], expect: [["a|b|c", "b|c|d", "e"], t(.int64, [0, 2, 3])]),
  OpCase(
    "StringNGrams of two widths", [["a", "b", "c", "d", "e"], t(.int64, [0, 4, 5])],
    [
      "separator": .string("|"), "ngram_widths": .list([.int(1), .int(2)]),
      "left_pad": .string("LP"), "right_pad": .string("RP"), "pad_width": .int(-1),
      "preserve_short_sequences": .bool(false),
    ],
    expect: [
      ["a", "b", "c", "d", "LP|a", "a|b", "b|c", "c|d", "d|RP", "e", "LP|e", "e|RP"],
      t(.int64, [0, 9, 12]),
    ]),
  OpCase(
    "StringNGrams with a split beyond the data",
    [["a", "b", "c", "d", "e"], t(.int64, [0, 4, 6])],
    [
      "separator": .string("|"), "ngram_widths": .list([.int(3)]), "left_pad": .string("LP"),
      "right_pad": .string("RP"), "pad_width": .int(-1), "preserve_short_sequences": .bool(false),
    ], error: .invalidArgument),
  OpCase(
    "StringNGrams with splits that do not begin at 0",
    [["a", "b", "c", "d", "e"], t(.int64, [1, 4, 5])],
    [
      "separator": .string("|"), "ngram_widths": .list([.int(3)]), "left_pad": .string("LP"),
      "right_pad": .string("RP"), "pad_width": .int(-1), "preserve_short_sequences": .bool(false),
    ], error: .invalidArgument),
  OpCase(
    "StringNGrams with falling splits", [["a", "b", "c", "d", "e"], t(.int64, [0, 4, 3])],
    [
      "separator": .string("|"), "ngram_widths": .list([.int(3)]), "left_pad": .string("LP"),
      "right_pad": .string("RP"), "pad_width": .int(-1), "preserve_short_sequences": .bool(false),
    ], error: .invalidArgument),
  OpCase(
    "StringNGrams of no sequence", [["a", "b", "c", "d", "e"], empty(.int64, [0])],
    [
      "separator": .string("|"), "ngram_widths": .list([.int(3)]), "left_pad": .string("LP"),
      "right_pad": .string("RP"), "pad_width": .int(-1), "preserve_short_sequences": .bool(false),
    ], expect: [["", "", "", "", ""], empty(.int64, [0])]),
  OpCase(
    "StringNGrams of width 0", [["a", "b", "c", "d", "e"], t(.int64, [0, 4, 5])],
    [
      "separator": .string("|"), "ngram_widths": .list([.int(0)]), "left_pad": .string("LP"),
      "right_pad": .string("RP"), "pad_width": .int(-1), "preserve_short_sequences": .bool(false),
    ], error: .invalidArgument),
  OpCase(
    "StringNGrams that end early", [["a", "b", "c", "d", "e"], t(.int64, [0, 4])],
    [
      "separator": .string("|"), "ngram_widths": .list([.int(3)]), "left_pad": .string("LP"),
      "right_pad": .string("RP"), "pad_width": .int(-1), "preserve_short_sequences": .bool(false),
    ], error: .invalidArgument),
  OpCase(
    "StringNGrams with splits of 32 bits", [["a", "b", "c", "d", "e"], [0, 0, 5]],
    [
      "separator": .string("|"), "ngram_widths": .list([.int(3)]), "left_pad": .string("LP"),
      "right_pad": .string("RP"), "pad_width": .int(0), "preserve_short_sequences": .bool(false),
    ], expect: [["a|b|c", "b|c|d", "c|d|e"], [0, 0, 3]]),
  OpCase(
    "DecodeCSV", [["1.5,abc,7", "2, d ,"], t(.float32, [1.0]), ["x"], [3]],
    expect: [t(.float32, [1.5, 2.0]), ["abc", " d "], [7, 3]]),
  OpCase(
    "DecodeCSV with quotes",
    [
      bytes([[50, 44, 34, 97, 44, 34, 34, 98, 34], [51, 44, 34, 99, 10, 100, 34]], [2]),
      t(.float32, [1.0]), ["x"],
    ], expect: [t(.float32, [2.0, 3.0]), bytes([[97, 44, 34, 98], [99, 10, 100]], [2])]),
  OpCase(
    "DecodeCSV of a scalar", ["5,6", [1], t(.int64, [1])], expect: [5, t(.int64, 6)]),
  OpCase(
    "DecodeCSV of some columns", [["1,2,3,4"], [1], [2]],
    ["select_cols": .list([.int(1), .int(3)])], expect: [[2], [4]]),
  OpCase(
    "DecodeCSV with missing values", [["NA,5"], [1], [2]], ["na_value": .string("NA")],
    expect: [[1], [5]]),
  OpCase(
    "DecodeCSV with another delimiter", [["a;b"], [""], [""]], ["field_delim": .string(";")],
    expect: [["a"], ["b"]]),
  OpCase(
    "DecodeCSV that does not quote", [["a\"b,c"], [""], [""]], ["use_quote_delim": .bool(false)],
    expect: [["a\"b"], ["c"]]),
  OpCase(
    "DecodeCSV of empty fields", [[","], [""], ["y"]], expect: [[""], ["y"]]),
  OpCase(
    "DecodeCSV of a default that must not be used", [[","], empty(.int32, [0]), [2]],
    error: .invalidArgument),
  OpCase(
    "DecodeCSV of a word", [["a"], t(.float32, [1.0])], error: .invalidArgument),
  OpCase(
    "DecodeCSV of too many fields", [["1,2"], t(.float32, [1.0])], error: .invalidArgument),
  OpCase(
    "DecodeCSV of nothing", [[""], t(.float32, [1.0])], error: .invalidArgument),
  OpCase(
    "DecodeCSV of a quote inside", [["1\"2"], t(.float32, [1.0])], error: .invalidArgument),
  OpCase(
    "DecodeCSV of an open quote", [["\"1"], t(.float32, [1.0])], error: .invalidArgument),
  OpCase(
    "DecodeCSV of a quote not doubled", [["\"1\"2"], t(.float32, [1.0])], error: .invalidArgument),
  OpCase(
    "DecodeCSV of a line end", [bytes([[49, 10]], [1]), t(.float32, [1.0])], error: .invalidArgument
  ),
  OpCase(
    "DecodeCSV with two delimiters", [["a"], [""]], ["field_delim": .string(";;")],
    error: .invalidArgument),
  OpCase(
    "DecodeCSV of columns out of order", [["1,2"], [1], [2]],
    ["select_cols": .list([.int(3), .int(1)])], error: .invalidArgument),
  OpCase(
    "DecodeCSV of two defaults", [["1"], [1, 2]], error: .invalidArgument),
  OpCase(
    "UnicodeDecode", [bytes([[97, 195, 169, 240, 159, 152, 128], [99]], [2])],
    ["input_encoding": .string("UTF-8")], expect: [t(.int64, [0, 3, 4]), [97, 233, 128512, 99]]),
  OpCase(
    "UnicodeDecodeWithOffsets with offsets",
    [bytes([[97, 195, 169, 240, 159, 152, 128], []], [2])], ["input_encoding": .string("UTF-8")],
    expect: [t(.int64, [0, 3, 3]), [97, 233, 128512], t(.int64, [0, 1, 3])]),
  OpCase(
    "UnicodeDecodeWithOffsets of what is cut short",
    [bytes([[97, 226, 130, 98], [240, 159, 152]], [2])], ["input_encoding": .string("UTF-8")],
    expect: [t(.int64, [0, 3, 4]), [97, 65533, 98, 65533], t(.int64, [0, 1, 3, 0])]),
  OpCase(
    "UnicodeDecodeWithOffsets of what is no character",
    [bytes([[255], [192, 128], [237, 160, 128], [244, 144, 128, 128]], [4])],
    ["input_encoding": .string("UTF-8")],
    expect: [
      t(.int64, [0, 1, 3, 6, 10]),
      [65533, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65533],
      t(.int64, [0, 0, 1, 0, 1, 2, 0, 1, 2, 3]),
    ]),
  OpCase(
    "UnicodeDecodeWithOffsets without errors", [bytes([[97, 255, 98]], [1])],
    ["input_encoding": .string("UTF-8"), "errors": .string("ignore")],
    expect: [t(.int64, [0, 2]), [97, 98], t(.int64, [0, 2])]),
  OpCase(
    "UnicodeDecodeWithOffsets strictly", [bytes([[97, 255, 98]], [1])],
    ["input_encoding": .string("UTF-8"), "errors": .string("strict")], error: .invalidArgument),
  OpCase(
    "UnicodeDecodeWithOffsets with another replacement", [bytes([[97, 255, 98]], [1])],
    ["input_encoding": .string("UTF-8"), "replacement_char": .int(63)],
    expect: [t(.int64, [0, 3]), [97, 63, 98], t(.int64, [0, 1, 2])]),
  OpCase(
    "UnicodeDecodeWithOffsets of control characters", [bytes([[97, 1, 10, 98]], [1])],
    ["input_encoding": .string("UTF-8"), "replace_control_characters": .bool(true)],
    expect: [t(.int64, [0, 4]), [97, 65533, 65533, 98], t(.int64, [0, 1, 2, 3])]),
  OpCase(
    "UnicodeDecodeWithOffsets of UTF-16",
    [bytes([[0, 97, 216, 61, 222, 0], [0, 97, 0], [216, 61, 0, 97]], [3])],
    ["input_encoding": .string("UTF-16-BE")],
    expect: [
      t(.int64, [0, 2, 4, 6]), [97, 128512, 97, 65533, 65533, 97], t(.int64, [0, 2, 0, 2, 0, 2]),
    ]),
  OpCase(
    "UnicodeDecodeWithOffsets of UTF-32", [bytes([[0, 0, 0, 97, 0, 17, 0, 0]], [1])],
    ["input_encoding": .string("UTF-32-BE")],
    expect: [t(.int64, [0, 2]), [97, 65533], t(.int64, [0, 4])]),
  OpCase(
    "UnicodeDecodeWithOffsets of UTF-16 with a mark", [bytes([[255, 254, 97, 0]], [1])],
    ["input_encoding": .string("UTF-16")], expect: [t(.int64, [0, 1]), [97], t(.int64, [0])]),
  OpCase(
    "UnicodeDecodeWithOffsets of Latin-1", [bytes([[233, 97, 98, 99]], [1])],
    ["input_encoding": .string("ISO-8859-1")],
    expect: [t(.int64, [0, 4]), [233, 97, 98, 99], t(.int64, [0, 1, 2, 3])]),
  OpCase(
    "UnicodeDecodeWithOffsets of Shift JIS", [bytes([[130, 160, 97]], [1])],
    ["input_encoding": .string("shift-jis")],
    expect: [t(.int64, [0, 2]), [12354, 97], t(.int64, [0, 2])]),
  OpCase(
    "UnicodeDecodeWithOffsets of ASCII", [bytes([[97, 128]], [1])],
    ["input_encoding": .string("US-ASCII")],
    expect: [t(.int64, [0, 2]), [97, 65533], t(.int64, [0, 1])]),
  OpCase(
    "UnicodeDecodeWithOffsets of an unknown encoding", [["a"]], ["input_encoding": .string("foo")],
    error: .invalidArgument),
  OpCase(
    "UnicodeDecodeWithOffsets with a replacement out of range", [["a"]],
    ["input_encoding": .string("UTF-8"), "replacement_char": .int(1114112)], error: .invalidArgument
  ),
  OpCase(
    "UnicodeTranscode", [bytes([[97, 195, 169]], [1])],
    ["input_encoding": .string("UTF-8"), "output_encoding": .string("UTF-16-BE")],
    expect: [bytes([[0, 97, 0, 233]], [1])]),
  OpCase(
    "UnicodeTranscode of what is no character", [bytes([[97, 255]], [1])],
    ["input_encoding": .string("UTF-8"), "output_encoding": .string("UTF-8")],
    expect: [bytes([[97, 239, 191, 189]], [1])]),
  OpCase(
    "UnicodeTranscode to UTF-32", [bytes([[97, 255]], [1])],
    ["input_encoding": .string("UTF-8"), "output_encoding": .string("UTF-32-BE")],
    expect: [bytes([[0, 0, 0, 97, 0, 0, 255, 253]], [1])]),
  OpCase(
    "UnicodeTranscode strictly", [bytes([[97, 255]], [1])],
    [
      "input_encoding": .string("UTF-8"), "output_encoding": .string("UTF-8"),
      "errors": .string("strict"),
    ], error: .invalidArgument),
  OpCase(
    "UnicodeTranscode of control characters", [bytes([[97, 1, 127, 10]], [1])],
    [
      "input_encoding": .string("UTF-8"), "output_encoding": .string("UTF-8"),
      "replace_control_characters": .bool(true), "replacement_char": .int(32),
    ], expect: [bytes([[97, 32, 127, 32]], [1])]),
  OpCase(
    "UnicodeEncode", [[97, 98, 128512], t(.int64, [0, 2, 3])],
    ["output_encoding": .string("UTF-8")], expect: [bytes([[97, 98], [240, 159, 152, 128]], [2])]),
  OpCase(
    "UnicodeEncode of what is no character", [[97, 1114112, -5, 55296], t(.int64, [0, 4])],
    ["output_encoding": .string("UTF-8")],
    expect: [bytes([[97, 239, 191, 189, 239, 191, 189, 239, 191, 189]], [1])]),
  OpCase(
    "UnicodeEncode without errors", [[97, 55296], t(.int64, [0, 2])],
    ["output_encoding": .string("UTF-8"), "errors": .string("ignore")], expect: [["a"]]),
  OpCase(
    "UnicodeEncode strictly", [[97, 55296], t(.int64, [0, 2])],
    ["output_encoding": .string("UTF-8"), "errors": .string("strict")], error: .invalidArgument),
  OpCase(
    "UnicodeEncode to UTF-16", [[97, 128512], t(.int64, [0, 2])],
    ["output_encoding": .string("UTF-16-BE")], expect: [bytes([[0, 97, 216, 61, 222, 0]], [1])]),
  OpCase(
    "UnicodeEncode with splits beyond the values", [[97], t(.int64, [0, 2])],
    ["output_encoding": .string("UTF-8")], error: .invalidArgument),
  OpCase(
    "UnicodeEncode with splits that do not begin at 0", [[97], t(.int64, [1, 1])],
    ["output_encoding": .string("UTF-8")], error: .invalidArgument),
  OpCase(
    "UnicodeEncode without splits", [[97], empty(.int64, [0])],
    ["output_encoding": .string("UTF-8")], error: .invalidArgument),
]
