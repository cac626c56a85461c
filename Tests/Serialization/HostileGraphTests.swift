import CoreGraph
import CoreOps
import Testing
import V1Graph

@testable import Serialization

@Suite struct HostileGraphTests {
  /// Wraps `content` as the length-prefixed field `number`.
  private func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
    var writer = WireWriter()
    writer.tag(number, 2)
    writer.block(content)
    return writer.bytes
  }

  private func number(_ number: Int, _ value: Int) -> [UInt8] {
    var writer = WireWriter()
    writer.tag(number, 0)
    writer.varint(UInt64(bitPattern: Int64(value)))
    return writer.bytes
  }

  /// A graph of one constant.
  private func constant(_ dtype: DType, _ dims: [Int], _ values: [UInt8] = []) -> [UInt8] {
    let shape = field(2, dims.flatMap { field(2, number(1, $0)) })
    let tensor = number(1, Int(dtype.rawValue)) + shape + values
    let attr = field(5, field(1, Array("value".utf8)) + field(2, field(8, tensor)))
    return field(1, field(1, Array("bad".utf8)) + field(2, Array("Const".utf8)) + attr)
  }

  @Test(arguments: [
    ([1 << 20, 1 << 20], TFError.Code.resourceExhausted), ([1 << 40, 1 << 40], .invalidArgument),
    ([-5], .invalidArgument), ([-1], .invalidArgument), ([1 << 30], .resourceExhausted),
    ([Int.max, 2, 0], .invalidArgument),
  ])
  func impossibleShapesAreRefused(dims: [Int], code: TFError.Code) throws {
    for values in [[], field(5, [0, 0, 128, 63])] {
      let bytes = constant(.float32, dims, values)
      if dims.last == 0 {
        _ = try throwsOnlyTFError { _ = try GraphDef(serialized: bytes) }
        continue
      }
      let error = try fault(bytes)
      #expect(error?.code == code, "\(error?.description ?? "")")
    }
  }

  /// What is wrong with the only node of a graph that loads, and is written as it was.
  private func fault(_ bytes: [UInt8]) throws -> TFError? {
    let definition = try GraphDef(serialized: bytes)
    let fault = definition.nodes[0].fault
    if fault != nil { #expect(try GraphDef(serialized: definition.serialized()) == definition) }
    let graph = try Graph(importing: definition)
    let error = #expect(throws: TFError.self) { try Session(graph: graph).run(fetches: ["bad"]) }
    #expect(error?.node == "bad")
    if let fault { #expect(error?.code == fault.error.code) }
    return error
  }

  @Test func contentMustFillTheShape() throws {
    let error = try fault(constant(.float32, [3], field(4, [1, 2, 3])))
    #expect(error?.message.contains("takes 12 bytes, but tensor_content has 3") == true)
    #expect(try fault(constant(.string, [1 << 34]))?.code == .resourceExhausted)
  }

  @Test(arguments: [DType.resource, .variant])
  func valuesOfAProcessAreRefusedByName(dtype: DType) throws {
    #expect(try fault(constant(dtype, []))?.code == .unimplemented)
  }

  @Test func deepNestingIsRefused() throws {
    // AttrValue.func.attr.value…
    var value: [UInt8] = number(3, 1)
    for _ in 0..<2000 { value = field(10, field(2, field(2, value))) }
    let bytes = field(1, field(5, field(2, value)))
    let error = #expect(throws: TFError.self) { try GraphDef(serialized: bytes) }
    #expect(error?.message.contains("nested more than 100 levels") == true)
    let text = "node { attr { value { " + String(repeating: "func { attr { value { ", count: 3000)
    let other = #expect(throws: TFError.self) { try GraphDef(text: text) }
    #expect(other?.message.contains("nested more than 100 levels") == true)
  }

  @Test func damagedGraphsLoadOrThrow() throws {
    let original = try Fixtures.bytes("dtypes.pb")
    var numbers = Numbers(state: Fuzz.seed)
    var refused = 0
    for _ in 0..<Fuzz.rounds {
      let bytes = damaged(original, &numbers)
      if try throwsOnlyTFError({ _ = try GraphDef(serialized: bytes).serialized() }) {
        refused += 1
      }
    }
    #expect(refused > Fuzz.rounds / 10 && refused < Fuzz.rounds)
  }

  @Test func damagedTextsLoadOrThrow() throws {
    let original = Array(try Fixtures.bytes("dtypes.pbtxt").prefix(6000))
    var numbers = Numbers(state: Fuzz.seed)
    for _ in 0..<Fuzz.rounds / 10 {
      let bytes = damaged(original, &numbers)
      _ = try throwsOnlyTFError { _ = try GraphDef(text: String(decoding: bytes, as: UTF8.self)) }
    }
  }
}
