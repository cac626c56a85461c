import CoreOps
import Ops
import Serialization
import TestSupport

private func texts() -> Tensor { try! Tensor(strings: [] as [String], dims: [0]) }
private func bytes(_ value: [UInt8]) -> Tensor { try! Tensor(strings: [value], dims: []) }

/// A `FileDescriptorSet` with a message `p.M` of a sint32 `n` = 1, repeated int64 `r` = 2 that are
/// packed, a string `s` = 3 with the default `hey`, a group `g` = 4 and an enum `e` = 5.
private let descriptors: [UInt8] = {
  func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
    var writer = WireWriter()
    writer.tag(number, 2)
    writer.block(content)
    return writer.bytes
  }
  func number(_ field: Int, _ value: UInt64) -> [UInt8] {
    var writer = WireWriter()
    writer.tag(field, 0)
    writer.varint(value)
    return writer.bytes
  }
  func text(_ field_: Int, _ text: String) -> [UInt8] { field(field_, Array(text.utf8)) }
  func member(
    _ name: String, _ id: UInt64, _ label: UInt64, _ type: UInt64, _ rest: [UInt8] = []
  ) -> [UInt8] {
    field(2, text(1, name) + number(3, id) + number(4, label) + number(5, type) + rest)
  }
  let message =
    text(1, "M") + member("n", 1, 1, 17)
    + member("r", 2, 3, 3, field(8, number(2, 1))) + member("s", 3, 1, 9, text(7, "hey"))
    + member("g", 4, 1, 10, text(6, ".p.M.G")) + member("e", 5, 1, 14, text(6, ".p.M.E"))
    + field(3, text(1, "G") + member("v", 1, 1, 5))
    + field(4, text(1, "E") + field(2, text(1, "A") + number(2, 3)))
  return field(1, text(1, "x.proto") + text(2, "p") + field(4, message))
}()

private func decoding(_ names: [String], _ types: [DType], _ more: Attrs = [:]) -> Attrs {
  var attrs: Attrs = [
    "message_type": .string("p.M"), "field_names": .strings(names), "output_types": .types(types),
    "descriptor_source": .bytes(Array("bytes://".utf8) + descriptors),
  ]
  for entry in more { attrs[entry.name] = entry.value }
  return attrs
}

private let messages = try! Tensor(
  strings: [[8, 3, 18, 2, 1, 2, 16, 5, 35, 8, 7, 36], [24, 0, 26, 1, 97, 40, 9]], dims: [2])

let protoCases: [OpCase] = [
  OpCase(
    "DecodeProtoV2", [messages],
    decoding(["s", "r", "n", "e"], [.string, .int64, .int64, .int32]),
    expect: [
      [[0, 3, 1, 0], [1, 0, 0, 1]], [["hey"], ["a"]], t(.int64, [[1, 2, 5], [0, 0, 0]]),
      t(.int64, [[-2], [0]]), [[3], [9]],
    ]),
  OpCase(
    "DecodeProtoV2 of groups", [messages], decoding(["g"], [.string]),
    expect: [
      [[1], [0]], try! Tensor(strings: [[35, 8, 7, 36], []], dims: [2, 1]),
    ]),
  OpCase(
    "DecodeProtoV2 that checks messages", [messages],
    decoding(["r"], [.int64], ["sanitize": .bool(true)]),
    expect: [[[3], [0]], t(.int64, [[1, 2, 5], [0, 0, 0]])]),
  OpCase(
    "DecodeProtoV2 of text", [["n: -2 s: 'x' r: [1, 2]", "e: A"]],
    decoding(
      ["n", "s", "r", "e"], [.int32, .string, .int64, .int32],
      [
        "message_format": .string("text")
      ]),
    expect: [
      [[1, 1, 2, 0], [0, 0, 0, 1]], [[-2], [0]], [["x"], ["hey"]], t(.int64, [[1, 2], [0, 0]]),
      [[3], [3]],
    ]),
  OpCase(
    "DecodeProtoV2 of broken text", ["n: "],
    decoding(["n"], [.int32], ["message_format": .string("text")]), error: .dataLoss),
  OpCase(
    "DecodeProtoV2 of TensorFlow's own messages", [bytes([8, 3, 58, 2, 1, 2])],
    [
      "message_type": .string("tensorflow.TensorProto"),
      "field_names": .strings(["dtype", "int_val"]), "output_types": .types([.int32, .int32]),
    ], expect: [[1, 2], [3], [1, 2]]),
  OpCase(
    "DecodeProtoV2 of a message that is cut short", [bytes([8])], decoding(["n"], [.int32]),
    error: .dataLoss),
  OpCase(
    "DecodeProtoV2 of an unknown field", [messages], decoding(["x"], [.int32]),
    error: .invalidArgument),
  OpCase(
    "DecodeProtoV2 into another dtype", [messages], decoding(["n"], [.string]),
    error: .invalidArgument),
  OpCase(
    "DecodeProtoV2 of no messages", [texts()], decoding(["n"], [.int32]), error: .invalidArgument),
  OpCase(
    "DecodeProtoV2 by a source that is none", [messages],
    decoding(["n"], [.int32], ["descriptor_source": .string("bytes://garbage")]),
    error: .invalidArgument),
  OpCase(
    "EncodeProto", [[[1, 2, 1]], [[-2]], t(.int64, [[1, -1]]), [["x"]]],
    [
      "field_names": .strings(["n", "r", "s"]), "message_type": .string("p.M"),
      "descriptor_source": .bytes(Array("bytes://".utf8) + descriptors),
    ],
    expect: [
      try! Tensor(
        strings: [
          [8, 3, 18, 11, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 26, 1, 120]
        ], dims: [1])
    ]),
  OpCase(
    "EncodeProto of more values than there are", [[[2]], [[1]]],
    [
      "field_names": .strings(["n"]), "message_type": .string("p.M"),
      "descriptor_source": .bytes(Array("bytes://".utf8) + descriptors),
    ], error: .invalidArgument),
  OpCase(
    "EncodeProto of vectors", [[2], [1]],
    [
      "field_names": .strings(["n"]), "message_type": .string("p.M"),
      "descriptor_source": .bytes(Array("bytes://".utf8) + descriptors),
    ], error: .invalidArgument),
]
