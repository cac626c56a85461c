import CoreOps
import Testing

@testable import Serialization

@Suite struct NpzTests {
  @Test(arguments: ["stored.npz", "deflated.npz"])
  func readsWhatNumPyWrites(file: String) throws {
    let arrays = try NpzReader(Fixtures.path(file))
    let numbers = Array(0..<24)
    let shape: PartialShape = [2, 3, 4]
    #expect(try arrays.read("f4").scalars(Float.self) == numbers.map(Float.init))
    #expect(try arrays.read("f4").shape == shape)
    #expect(try arrays.read("be").scalars(Double.self) == numbers.map { Double($0) + 0.5 })
    #expect(try arrays.read("fortran").scalars(Int32.self) == numbers.map(Int32.init))
    #expect(try arrays.read("f2").scalars(Float16.self) == numbers.map(Float16.init))
    #expect(
      try arrays.read("c8").scalars(Complex64.self)
        == numbers.map { Complex64(Float($0), Float($0)) })
    #expect(
      try arrays.read("bec").scalars(Complex128.self)
        == numbers.map { Complex128(Double($0), -2 * Double($0)) })
    #expect(try arrays.read("b").scalars(Bool.self) == numbers.map { $0 % 2 == 0 })
    let text = { (name: String) in
      try arrays.read(name).byteStrings().map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(try text("u") == ["é", "ab", "", "日本😀"])
    #expect(try text("ube") == ["x", "yz"])
    #expect(try text("su") == ["a", "b", "c", "d", "e", "f"])
    #expect(try arrays.read("s").byteStrings() == [Array("abc".utf8), [], [0xff]])
    #expect(try arrays.read("scalar").scalar(Float.self) == 2.5)
    #expect(try arrays.read("empty").shape == [0, 5])
  }

  @Test func readsEveryVersionOfTheFormat() throws {
    let arrays = try NpzReader(Fixtures.path("versions.npz"))
    #expect(arrays.names == ["v1", "v2", "v3"])
    for name in arrays.names {
      #expect(try arrays.read(name).scalars(Int.self) == [0, 1, 2, 3, 4])
    }
  }

  @Test func objectsAndRecordsAreRefused() throws {
    let arrays = try NpzReader(Fixtures.path("objects.npz"))
    for name in ["o", "r"] {
      let error = #expect(throws: TFError.self) { try arrays.read(name) }
      #expect(error?.code == .unimplemented)
    }
    #expect(throws: TFError.self) { try arrays.read("missing") }
  }

  /// The bytes of an array of text that has no bytes.
  private func emptyTexts(_ descr: String, _ count: Int) -> [UInt8] {
    let header = Array(
      "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(count),), }\n".utf8)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header
  }

  @Test(arguments: ["|S0", "<U0"])
  func stringsWithoutBytesAreNotTakenInAnyNumber(descr: String) throws {
    #expect(try NumPyFiles.readArray(memory: emptyTexts(descr, 3)).byteStrings() == [[], [], []])
    let error = #expect(throws: TFError.self) {
      try NumPyFiles.readArray(memory: emptyTexts(descr, 1 << 28))
    }
    #expect(
      error?.description == "RESOURCE_EXHAUSTED: memory has 268435456 strings, which is too many")
  }

  @Test func writesWhatItReads() throws {
    let original = try NpzReader(Fixtures.path("stored.npz"))
    let named = try original.names.map { (name: $0, tensor: try original.read($0)) }
    let bytes = try NumPyFiles.archive(named)
    #expect(try NumPyFiles.archive(named) == bytes)
    let again = try NpzReader(memory: bytes)
    #expect(again.names == original.names)
    for (name, tensor) in named {
      let copy = try again.read(name)
      #expect(copy.shape == tensor.shape && copy.dtype == tensor.dtype)
      if tensor.dtype == .string {
        #expect(try copy.byteStrings() == tensor.byteStrings())
      } else {
        #expect(Array(copy.bytes) == Array(tensor.bytes))
      }
    }
    let nul = try Tensor(["a\0"], shape: [1])
    #expect(throws: TFError.self) { try NumPyFiles.archive([(name: "x", tensor: nul)]) }
  }

  @Test(arguments: ["stored.npz", "deflated.npz"])
  func damagedArchivesLoadOrThrow(file: String) throws {
    let original = try Fixtures.bytes(file)
    var numbers = Numbers(state: Fuzz.seed)
    var refused = 0
    for _ in 0..<Fuzz.rounds {
      let bytes = damaged(original, &numbers)
      if try throwsOnlyTFError({ _ = try NpzReader(memory: bytes).readAll() }) { refused += 1 }
    }
    #expect(refused > Fuzz.rounds / 2)
  }
}
