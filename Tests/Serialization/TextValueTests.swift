import CoreGraph
import CoreOps
import Testing

@testable import Serialization

/// Values in text graphs, as protobuf's Python parser (7.36) reads or refuses them.
@Suite struct TextValueTests {
  private func graph(_ value: String) -> String {
    "node { name: \"n\" op: \"Op\" attr { key: \"k\" value { \(value) } } }"
  }

  private func read(_ value: String) throws -> AttrValue? {
    try GraphDef(text: graph(value)).nodes[0].attrs["k"]
  }

  @Test(arguments: [
    ("0", 0 as Float), ("-0", -0.0), ("1f", 1), ("1F", 1), ("1.f", 1), ("1.5f", 1.5), (".5", 0.5),
    ("5.", 5), ("1e5", 1e5), ("1E-3", 1e-3), ("+1", 1), ("inf", .infinity), ("-inf", -.infinity),
    ("INF", .infinity), ("Infinity", .infinity), ("inff", .infinity), ("-INFINITY", -.infinity),
    ("1_000", 1000), ("1e400", .infinity), ("-1e400", -.infinity), ("1e-400", 0), ("0.1", 0.1),
    ("1e5f", 1e5), ("0f", 0), ("0.f", 0), ("1e39", .infinity), ("3.4028236e38", .infinity),
    ("+017", 17), ("5.e1", 50),
  ]) func floatsAreDecimal(text: String, expected: Float) throws {
    guard case .float(let value)? = try read("f: \(text)") else {
      Issue.record("\(text) is no float")
      return
    }
    #expect(value == expected && value.sign == expected.sign, "\(text) is \(value)")
  }

  @Test(arguments: ["nan", "NaN", "nanf", "-nan"]) func nansAreFloats(text: String) throws {
    guard case .float(let value)? = try read("f: \(text)") else {
      Issue.record("\(text) is no float")
      return
    }
    #expect(value.isNaN)
  }

  @Test(arguments: [
    "0x1F", "0x1p3", "0x", "0xf", "017", "08", "00", "01.5", "00.5", "012f", "-017", ".", "1e",
    "1e+", "- 1", "-\n1", "1.2.3", "\"1\"", "true", "1u", "1l", "1d", "0b1", "1__0", "1_", "1,;",
    "1 2", "1.5f: 2", "--1", "1-2",
  ]) func whatIsNoFloatIsRefused(text: String) {
    let error = #expect(throws: TFError.self) { try read("f: \(text)") }
    #expect(error?.message.hasPrefix("line ") == true, "\(error?.message ?? "")")
  }

  @Test(arguments: [
    ("0x1F", 31), ("-0x1F", -31), ("0X1f", 31), ("017", 15), ("-017", -15), ("0", 0), ("00", 0),
    ("-0", 0), ("-00", 0), ("01", 1), ("0o17", 15), ("0b1", 1), ("+1", 1), ("1_0", 10),
    ("9223372036854775807", .max), ("-9223372036854775808", .min), ("0x7fffffffffffffff", .max),
    ("0777777777777777777777", .max), ("0x_1f", 31),
  ]) func integersAreAsInPython(text: String, expected: Int) throws {
    #expect(try read("i: \(text)") == .int(expected))
  }

  @Test(arguments: [
    "08", "1.0", "1e3", "9223372036854775808", "-9223372036854775809", "0x8000000000000000", "1f",
    "true", "- 1", "\"1\"", "inf", "1u", "1L", "0x", "+017", "0_17", "1i: 2",
  ]) func whatIsNoIntegerIsRefused(text: String) {
    #expect(throws: TFError.self) { try read("i: \(text)") }
  }

  @Test func truthValuesAndEnumsHaveTheirNames() throws {
    for text in ["1", "true", "True", "t"] { #expect(try read("b: \(text)") == .bool(true)) }
    for text in ["0", "false", "False", "f"] { #expect(try read("b: \(text)") == .bool(false)) }
    for text in ["TRUE", "T", "2", "00", "01", "0x1", "-0", "1.0", "yes", "\"true\""] {
      #expect(throws: TFError.self, "\(text)") { try read("b: \(text)") }
    }
    for text in ["DT_FLOAT", "1", "0x1"] { #expect(try read("type: \(text)") == .type(.float32)) }
    for text in ["01", "dt_float", "DT_NOPE", "\"DT_FLOAT\"", "1.0", "2147483648"] {
      #expect(throws: TFError.self, "\(text)") { try read("type: \(text)") }
    }
  }

  @Test(arguments: [
    (#""a""#, "a"), (#"'a'"#, "a"), (#""a" "b""#, "ab"), (#""a"'b'"#, "ab"), ("\"a\"\n\"b\"", "ab"),
    ("\"a\" # c\n\"b\"", "ab"), (#""\101""#, "A"), (#""\1234""#, "S4"), (#""\x41""#, "A"),
    (#""\x414""#, "A4"), (#""\x4""#, "\u{4}"), (#""\u0041""#, "A"), (#""\u00e9""#, "é"),
    (#""\U0001F600""#, "😀"), (#""\X41""#, #"\X41"#), (#""\q""#, #"\q"#), (#""\?""#, #"\?"#),
    (#""\8""#, #"\8"#), (#""\n\r\t\a\b\f\v""#, "\n\r\t\u{7}\u{8}\u{c}\u{b}"), (#""\\""#, #"\"#),
    (#""\"a""#, "\"a"), (#""é""#, "é"), ("\"\t\"", "\t"), (#""\0""#, "\0"),
  ]) func stringsAreUnescaped(text: String, expected: String) throws {
    #expect(try read("s: \(text)") == .bytes(Array(expected.utf8)))
  }

  @Test func escapesOfBytesAreBytes() throws {
    #expect(try read(#"s: "\377\xff""#) == .bytes([255, 255]))
  }

  @Test(arguments: [
    #""\400""#, #""\777""#, #""\xg""#, #""\x""#, #""\u41""#, #""\ud800""#, #""\ud83d\ude00""#,
    #""\U00110000""#, #""\""#, "\"a\nb\"", "\"a\\\nb\"", #""a"#, "a", "1",
  ]) func brokenStringsAreRefused(text: String) {
    #expect(throws: TFError.self) { try GraphDef(text: graph("s: \(text)\n")) }
  }

  @Test(arguments: [
    "i: 1 i: 1", "i: 1, i: 2", "i: 1 f: 2", "i: 1; s: \"x\"", "list { i: 1 } i: 2",
    "shape { } shape { }",
    "list { i: [1,] }", "list { i: [1 2] }", "list { i: [1;2] }", "i: [1]", "i 1", "i: 1,,",
    "i: 1;;",
    ", i: 1", "3: 5", "nope: 1", "I: 1", "shape { >", "/* c */ i: 1", "list ; { }",
    "tensor { int_val: 2147483648 }", "tensor { uint32_val: 4294967296 }",
    "tensor { uint32_val: -1 }",
    "tensor { uint64_val: 18446744073709551616 }", "tensor { version_number: 0x80000000 }",
    "tensor { double_val: 0x10 }", "placeholder: \"\\xff\"",
  ]) func fieldsThatDoNotGoTogetherAreRefused(text: String) {
    #expect(throws: TFError.self) { try read(text) }
  }

  @Test(arguments: [
    "i: 1,", "i: 1;", "i:1", "i :1", "i:\n1", "# c\ni: 1 # d\n", "\u{a0}i: 1", "i: 1\u{2003}",
    "i: 1\r\n",
  ]) func blanksCommentsAndSeparatorsAreFree(text: String) throws {
    #expect(try read(text) == .int(1))
  }

  @Test func listsMayBeWrittenInEachWay() throws {
    #expect(try read("list { i: [1, 2] i: 3 }") == .list([.int(1), .int(2), .int(3)]))
    #expect(try read("list { i: [] }") == .list([]))
    #expect(try read("shape: <dim: <size: 3> dim {size: 4}>") == .shape([3, 4]))
    #expect(try read("shape { dim [{size: 1}, {size: 2}] }") == .shape([1, 2]))
    #expect(
      try read("list { s: [\"a\" \"b\", \"c\"] }")
        == .list([.bytes(Array("ab".utf8)), .bytes(Array("c".utf8))]))
  }

  @Test func aByteOrderMarkIsNamed() {
    let bytes = [0xef, 0xbb, 0xbf] + Array(graph("i: 1").utf8)
    let error = #expect(throws: TFError.self) { try GraphDef(binaryOrText: bytes) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("byte order mark") == true)
  }
}
