import CoreGraph
import CoreOps
import Glibc
import Serialization
import TestSupport
import Testing

@testable import janus

/// The limits of a command count from its start to its end, and what it writes arrives or is an
/// error.
@Suite struct LimitTests {
  private let folder: TemporaryFolder
  private let model: String

  init() throws {
    folder = try TemporaryFolder()
    model = folder.file("model.pb")
    let text = """
      node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
      node { name: "y" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
      """
    try writeFile(model, try GraphDef(text: text).serialized())
  }

  private func run(_ arguments: [String], shell: String = #"exec "$0" "$@""#) throws -> JanusProcess
  {
    try JanusProcess(
      ["run", model, "--fetch", "y", "--feed", "x=[1, 2]"] + arguments, shell: shell)
  }

  @Test func aPipeWithoutAWriterEndsAtTheTimeOut() throws {
    let pipe = folder.file("pipe")
    try #require(mkfifo(pipe, 0o600) == 0)
    for arguments in [
      ["run", pipe, "--fetch", "y"], ["run", model, "--fetch", "y", "--inputs", pipe],
      ["run", model, "--fetch", "y", "--feed", "x=[1]", "--out", pipe],
      ["bench", pipe, "--fetch", "y"],
    ] {
      try JanusProcess(arguments + ["--timeout", "0.2"]).expectOneLine(["DEADLINE_EXCEEDED"])
    }
    #expect(folder.names == ["model.pb", "pipe"])
  }

  @Test func aModelMayComeThroughAPipe() throws {
    let result = try JanusProcess(
      ["run", "/dev/fd/9", "--fetch", "y", "--feed", "x=[1, 2]"],
      shell: "cat '\(model)' | { exec 9<&0; exec \"$0\" \"$@\"; }")
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("[-1.0, -2.0]"))
  }

  @Test func whatIsUnpackedCountsAsMemory() throws {
    let archive = folder.file("large.npz")
    try NumPyFiles.write([(name: "x", tensor: try Tensor.zeros(.float32, [16 << 20]))], to: archive)
    for command in ["run", "bench"] {
      try JanusProcess(
        [command, model, "--inputs", archive, "--fetch", "y", "--memory-limit", "40"]
      ).expectOneLine(["RESOURCE_EXHAUSTED", "the memory limit is 41943040 bytes"])
    }
  }

  @Test func textThatIsUnpackedCountsAsMemory() throws {
    let archive = folder.file("strings.npz")
    let text = String(repeating: " ", count: 64 << 20)
    try NumPyFiles.write([(name: "x", tensor: Tensor([text], shape: [1]))], to: archive)
    try JanusProcess(
      ["run", model, "--inputs", archive, "--fetch", "y", "--memory-limit", "40"]
    ).expectOneLine(["RESOURCE_EXHAUSTED", "the memory limit is 41943040 bytes"])
  }

  @Test func casesHaveTheirMemoryLimit() throws {
    let runs = """
      [{"feeds": {}, "fetches": ["f:0"], "error": {"code": "INVALID_ARGUMENT"}}]
      """
    let graph = """
      node { name: "n" op: "Const" attr { key: "dtype" value { type: DT_INT32 } }
        attr { key: "value" value { tensor { dtype: DT_INT32
          tensor_shape { dim { size: 1 } } int_val: 20000000 } } } }
      node { name: "one" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
        attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 } } } }
      node { name: "f" op: "Fill" input: "n" input: "one" attr { key: "T" value { type: DT_FLOAT } }
        attr { key: "index_type" value { type: DT_INT32 } } }
      """
    let file = try TemporaryCase(graph: graph, runs: runs)
    let limited = try JanusProcess(["verify", file.path, "--memory-limit", "40"])
    #expect(limited.code == 1)
    #expect(limited.output.contains("RESOURCE_EXHAUSTED"), "\(limited.output)")
    let free = try JanusProcess(["verify", file.path])
    #expect(free.output.contains("but the run succeeded"), "\(free.output)")
  }

  @Test func whatAnOpPrintsDoesNotComeBetweenAnswers() throws {
    let runs = """
      [{"feeds": {}, "fetches": [], "targets": ["p"], "expect": []}]
      """
    let graph = #"""
      node { name: "t" op: "Const" attr { key: "dtype" value { type: DT_STRING } }
        attr { key: "value" value { tensor { dtype: DT_STRING tensor_shape { }
          string_val: "\377\376 {" } } } }
      node { name: "p" op: "PrintV2" input: "t" attr { key: "end" value { s: "" } }
        attr { key: "output_stream" value { s: "stdout" } } }
      """#
    let file = try TemporaryCase(graph: graph, runs: runs)
    let result = try JanusProcess(["verify", file.path])
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output == "1 passed, 0 failed, 0 skipped\n")
  }

  @Test func errorsWithBytesThatAreNotTextAreShown() throws {
    let graph = #"""
      node { name: "t" op: "Const" attr { key: "dtype" value { type: DT_STRING } }
        attr { key: "value" value { tensor { dtype: DT_STRING tensor_shape { }
          string_val: "\377\n\033[31m" } } } }
      node { name: "c" op: "Const" attr { key: "dtype" value { type: DT_BOOL } }
        attr { key: "value" value { tensor { dtype: DT_BOOL tensor_shape { } bool_val: false } } } }
      node { name: "a" op: "Assert" input: "c" input: "t"
        attr { key: "T" value { list { type: DT_STRING } } } }
      node { name: "m" op: "CheckNumerics" input: "nan" attr { key: "T" value { type: DT_FLOAT } }
        attr { key: "message" value { s: "\377\376\n" } } }
      node { name: "nan" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
        attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: nan } } } }
      """#
    for target in ["a", "m"] {
      let file = try TemporaryCase(
        graph: graph,
        runs: "[{\"feeds\": {}, \"fetches\": [], \"targets\": [\"\(target)\"], \"expect\": []}]")
      let result = try JanusProcess(["verify", file.path])
      #expect(result.code == 1)
      #expect(result.output.contains("INVALID_ARGUMENT"), "\(result.output)")
      #expect(result.output.hasSuffix("0 passed, 1 failed, 0 skipped\n"))
      #expect(!result.output.contains("\u{1b}"))
      #expect(result.output.count { $0 == "\n" } == 2)
    }
  }

  @Test func errorsAreCutToALength() throws {
    let long = String(repeating: "é\u{301}", count: 20_000)
    let result = try JanusProcess(["run", model, "--fetch", long])
    result.expectOneLine(["NOT_FOUND", "… (cut: "])
    #expect(result.errors.unicodeScalars.count < 1100)
    try run(["--fetch", "a\nb\u{1b}[31m\u{7f}"]).expectOneLine(["a b\\u{1b}[31m\\u{7f}"])
  }

  @Test func outputThatNoOneTakesIsAnError() throws {
    try run([], shell: #"exec "$0" "$@" >&-"#).expectOneLine(["standard output"])
    for command in ["ops", "--help"] {
      try JanusProcess([command], shell: #"exec "$0" "$@" >&-"#).expectOneLine(["standard output"])
    }
    // A limit on files stands for a full disk.
    let out = folder.file("out.npz")
    let limited = #"ulimit -f 0; exec "$0" "$@""#
    try run(["--out", out], shell: limited).expectOneLine([out])
    try run([], shell: #"ulimit -f 0; exec "$0" "$@" >'\#(folder.file("text"))'"#).expectOneLine([
      "standard output"
    ])
    #expect(!folder.names.contains("out.npz"))
    // The reader of a pipe leaves before anything is written.
    let left = try run(
      [], shell: #"{ sleep 0.3; "$0" "$@"; echo "code $?" >&2; } | exec true"#)
    #expect(left.errors.contains("code 1"), "\(left.errors)")
  }

  @Test func resultsGoWhereStandardOutputGoes() throws {
    let result = try run(["--out", "/dev/stdout"], shell: #""$0" "$@" | od -A n -t x1 -N 2"#)
    #expect(result.output.contains("50 4b"), "\(result.output) \(result.errors)")
    let file = folder.file("appended")
    try writeFile(file, Array("first".utf8))
    let appended = try run(["--out", "/dev/stdout"], shell: #"exec "$0" "$@" >>'\#(file)'"#)
    #expect(appended.code == 0, "\(appended.errors)")
    #expect(try readFile(file).starts(with: Array("firstPK".utf8)))
  }
}
