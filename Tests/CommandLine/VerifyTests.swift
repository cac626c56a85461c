import CoreGraph
import CoreOps
import Glibc
import Serialization
import TestSupport
import Testing

@testable import janus

/// A case file in a folder of its own.
struct TemporaryCase {
  private let folder: TemporaryFolder
  var path: String { folder.file("case.npz") }

  /// - Parameter runs: the JSON of the runs; `arrays` are its members.
  init(graph: String, runs: String, arrays: [(name: String, tensor: Tensor)] = []) throws {
    folder = try TemporaryFolder()
    var writer = ZipWriter()
    try writer.add("graph.pb", GraphDef(text: graph).serialized())
    try writer.add(
      "case.json", Array("{\"name\": \"a case\", \"ops\": [], \"runs\": \(runs)}".utf8))
    let archive = try ZipReader(memory: NumPyFiles.archive(arrays))
    for name in archive.names { try writer.add(name, archive.read(name)) }
    try writer.add("text.json", Array("{\"shape\": [2], \"b64\": [\"YQ==\", \"\"]}".utf8))
    try writeFile(path, writer.finished())
  }

  func replay(rtol: Double? = nil) -> CaseRunner.Outcome {
    CaseRunner(rtol: rtol, atol: nil, timeout: 10).replay(path)
  }
}

@Suite struct VerifyTests {
  private let squares = """
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "y" op: "Mul" input: "x" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    """

  private func outcome(_ expected: [Float], _ rest: String, rtol: Double? = nil) throws
    -> CaseRunner.Outcome
  {
    try TemporaryCase(
      graph: squares,
      runs: """
        [{"feeds": {"x:0": {"array": "in", "dtype": "float32"}}, "fetches": ["y:0"], "targets": [],
          "expect": [{"array": "out", "dtype": "float32"}], \(rest)}]
        """,
      arrays: [
        (name: "in", tensor: try Tensor([1, 2, .nan] as [Float], shape: [3])),
        (name: "out", tensor: try Tensor(expected, shape: [expected.count])),
      ]
    ).replay(rtol: rtol)
  }

  @Test func equalValuesPassAndNaNsAreEqual() throws {
    let outcome = try outcome([1, 4, .nan], "\"compare\": \"exact\"")
    #expect(outcome.status == .passed, "\(outcome.reason)")
    #expect(outcome.name == "a case")
  }

  @Test func theFirstDifferentElementIsNamed() throws {
    #expect(
      try outcome([1, 4.5, .nan], "\"compare\": \"exact\"").reason
        == "y:0[1] is 4.0, expected 4.5 (1 of 3 differ)")
    #expect(
      try outcome([1, 4], "\"compare\": \"exact\"").reason == "y:0 has shape [3], expected [2]")
  }

  @Test func zeroBytesAtTheEndOfAStringMayBeMissingInWhatIsExpected() throws {
    func outcome(_ bytes: String) throws -> CaseRunner.Outcome {
      try TemporaryCase(
        graph: """
          node { name: "c" op: "Const" attr { key: "dtype" value { type: DT_STRING } }
            attr { key: "value" value { tensor { dtype: DT_STRING
              tensor_shape { dim { size: 2 } } string_val: "\(bytes)" string_val: "" } } } }
          """,
        runs: """
          [{"feeds": {}, "fetches": ["c:0"], "targets": [],
            "expect": [{"array": "text", "dtype": "string"}]}]
          """
      ).replay()
    }
    #expect(try outcome("a").status == .passed)
    #expect(try outcome("a\\000\\000").status == .passed)
    #expect(try outcome("a\\000b").status == .failed)
    #expect(try outcome("").status == .failed)
  }

  @Test func tolerancesAreRelativeToWhatIsExpected() throws {
    let close = "\"compare\": \"close\", \"rtol\": 0.01, \"atol\": 0"
    #expect(try outcome([1, 4.04, .nan], close).status == .passed)
    #expect(try outcome([1, 4.05, .nan], close).status == .failed)
    #expect(try outcome([1, 4.05, .nan], close, rtol: 0.1).status == .passed)
    #expect(try outcome([7, 7, 7], "\"compare\": \"shape\"").status == .passed)
  }

  @Test func anOutputMayHaveARuleOfItsOwn() throws {
    let each =
      "\"compare\": \"exact\", \"each\": [{\"compare\": \"close\", \"rtol\": 0.5, \"atol\": 0}]"
    #expect(try outcome([1, 5, .nan], each).status == .passed)
  }

  @Test func errorsAreComparedByCode() throws {
    func replay(_ code: String) throws -> CaseRunner.Outcome {
      try TemporaryCase(
        graph: squares,
        runs:
          """
          [{\"feeds\": {}, \"fetches\": [\"y:0\"], \"targets\": [], \"error\": {\"code\": \
          \"\(code)\"}}]
          """
      ).replay()
    }
    #expect(try replay("INVALID_ARGUMENT").status == .passed)
    #expect(
      try replay("OUT_OF_RANGE").reason.hasPrefix(
        "expected the error OUT_OF_RANGE, got INVALID_ARGUMENT"))
  }

  @Test func whatARunFetchedCanBeFedAgain() throws {
    let arrays = try [
      (name: "a", tensor: Tensor([3] as [Float], shape: [1])),
      (name: "b", tensor: Tensor([9] as [Float], shape: [1])),
      (name: "c", tensor: Tensor([81] as [Float], shape: [1])),
    ]
    let outcome = try TemporaryCase(
      graph: squares,
      runs: """
        [{"feeds": {"x:0": {"array": "a", "dtype": "float32"}}, "fetches": ["y:0"],
          "expect": [{"array": "b", "dtype": "float32"}], "compare": "exact"},
         {"feeds": {"x:0": {"fetch": "y:0"}}, "fetches": ["y:0"],
          "expect": [{"array": "c", "dtype": "float32"}], "compare": "exact"}]
        """, arrays: arrays
    ).replay()
    #expect(outcome.status == .passed, "\(outcome.reason)")
  }

  @Test func textsAndUnknownOpsAreNamed() throws {
    let texts = try TemporaryCase(
      graph:
        """
        node { name: \"s\" op: \"Placeholder\" attr { key: \"dtype\" value { type: DT_STRING } } }
        """,
      runs: """
        [{"feeds": {"s:0": {"array": "text", "dtype": "string"}}, "fetches": ["s:0"],
          "expect": [{"array": "text", "dtype": "string"}], "compare": "exact"}]
        """
    ).replay()
    #expect(texts.status == .passed, "\(texts.reason)")
    let unknown = try TemporaryCase(
      graph: "node { name: \"a\" op: \"NoSuchOp\" }",
      runs:
        """
        [{\"feeds\": {}, \"fetches\": [\"a:0\"], \"expect\": [{\"array\": \"text\", \"dtype\": \
        \"string\"}]}]
        """
    ).replay()
    #expect(unknown.status == .failed)
    #expect(unknown.reason.contains("NoSuchOp"))
  }
}

@Suite struct TensorTextTests {
  @Test func readsNumbersTextsAndLists() throws {
    func read(_ text: String, _ dtype: DType) throws -> Tensor {
      try TensorText.Literal(text).asTensor(preferring: dtype)
    }
    #expect(try read("3", .int64).scalar(Int.self) == 3)
    #expect(try read("2.5", .float64).scalar(Double.self) == 2.5)
    #expect(try read("true", .bool).scalar(Bool.self))
    #expect(try read("hello", .string).byteStrings() == [Array("hello".utf8)])
    #expect(throws: TFError.self) { try read("2.5", .int64) }
    #expect(throws: TFError.self) { try read("true", .int64) }
    #expect(throws: TFError.self) { try read("[1, \"a\"]", .string) }
    let matrix = try read("[[1, 2], [3, 4.5]]", .float64)
    #expect(try matrix.scalars(Double.self) == [1, 2, 3, 4.5])
    #expect(matrix.shape == [2, 2])
    #expect(throws: TFError.self) { try TensorText.Literal("[[1], [2, 3]]") }
    let empty = try Tensor.uninitialized(.float32, [20, 20, 20, 20, 20, 20, 20, 0])
    #expect(TensorText.print(empty) == "[]")
    #expect(TensorText.print(matrix) == "[[1.0, 2.0],\n [3.0, 4.5]]")
  }
}
