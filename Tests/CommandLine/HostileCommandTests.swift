import CoreGraph
import CoreOps
import Glibc
import Serialization
import TestSupport
import Testing

@testable import janus

/// `janus` on models, feeds and names that are wrong: one line of error, exit code 1, within its
/// time and memory.
@Suite struct HostileCommandTests {
  private func janus(_ arguments: [String]) throws -> JanusProcess { try JanusProcess(arguments) }

  private func expectOneLine(
    _ result: JanusProcess, _ parts: [String], code: Int32 = 1,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    result.expectOneLine(parts, code: code, sourceLocation: sourceLocation)
  }

  private func temporary(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("model.pb")
    try writeFile(path, bytes)
    try body(path)
  }

  private func expect(
    _ graph: String, _ arguments: [String], _ parts: String..., code: Int32 = 1,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try temporary(Array(graph.utf8)) { path in
      expectOneLine(
        try janus(["run", path] + arguments), parts, code: code, sourceLocation: sourceLocation)
    }
  }

  private static let simple = """
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "shape" value { shape { dim { size: 2 } } } } }
    node { name: "y" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } }

    """

  private func float(_ name: String, _ op: String, _ inputs: String...) -> String {
    """
    node { name: \"\(name)\" op: \"\(op)\" \(inputs.map { "input: \"\($0)\" " }.joined())attr { \
    key: \"T\" value { type: DT_FLOAT } } }\n
    """
  }

  @Test func graphsThatDoNotHoldTogether() throws {
    let simple = Self.simple
    try expect(
      simple + float("z", "Neg", "gone"), ["--fetch", "y"], "INVALID_ARGUMENT",
      "Node 'z': Unknown input node 'gone'")
    try expect(
      simple + float("y", "Neg", "x"), ["--fetch", "y"], "INVALID_ARGUMENT",
      "Node 'y' is not unique")
    try expect(
      simple + float("a", "Neg", "b") + float("b", "Neg", "a"), ["--fetch", "y"],
      "INVALID_ARGUMENT", "cycle without a NextIteration")
    try expect(
      simple + float("q", "NoSuchOp", "y"), ["--fetch", "q", "--feed", "x=[1.0, 2.0]"], "NOT_FOUND",
      "NoSuchOp", "node q")
    try expect(simple + "node {", ["--fetch", "y"], "INVALID_ARGUMENT")
    try expect(
      simple + float("m", "MatMul", "x", "y"), ["--fetch", "m", "--feed", "x=[1.0, 2.0]"],
      "INVALID_ARGUMENT", "node m")
  }

  @Test func wrongFeedsAndFetches() throws {
    let simple = Self.simple
    try expect(
      simple, ["--fetch", "y"], "INVALID_ARGUMENT",
      "You must feed a value for placeholder tensor 'x'")
    try expect(
      simple, ["--fetch", "y", "--feed", "w=[1.0, 2.0]"], "NOT_FOUND", "'w'", "Did you mean 'x'?")
    try expect(
      simple, ["--fetch", "y", "--feed", "x=[\"a\", \"b\"]"], "INVALID_ARGUMENT",
      "could not convert string to float: 'a'")
    try expect(
      simple, ["--fetch", "y", "--feed", "x=[1.0]"], "INVALID_ARGUMENT",
      "Cannot feed value of shape (1,) for Tensor x:0")
    try expect(simple, ["--fetch", "y:1", "--feed", "x=[1.0, 2.0]"], "NOT_FOUND", "y:1")
    try expect(simple, ["--fetch", "no\nsuch", "--feed", "x=[1.0, 2.0]"], "NOT_FOUND")
    try expect(simple, ["--target", "z"], "NOT_FOUND", "'z'")
    try expect(simple, ["--fetch", "y", "--feed", "x"], "--feed takes", code: 2)
    try expect(simple, [], "nothing to run", code: 2)
    for timeout in ["0", "nan", "-1"] {
      try expect(simple, ["--fetch", "y", "--timeout=\(timeout)"], "--timeout takes", code: 2)
      expectOneLine(
        try janus(["verify", "x.npz", "--timeout=\(timeout)"]), ["--timeout takes"], code: 2)
    }
    try expect(simple, ["--fetch", "y", "--timeout", "inf"], "You must feed a value")
    expectOneLine(try janus(["run", "/no/such/model.pb", "--fetch", "y"]), ["NOT_FOUND"])
  }

  private static let endless = """
    node { name: "zero" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 0 } } } }
    node { name: "e" op: "Enter" input: "zero" attr { key: "T" value { type: DT_FLOAT } }
      attr { key: "frame_name" value { s: "w" } } }
    node { name: "m" op: "Merge" input: "e" input: "n" attr { key: "T" value { type: DT_FLOAT } }
      attr { key: "N" value { i: 2 } } }
    node { name: "yes" op: "Const" input: "^m" attr { key: "dtype" value { type: DT_BOOL } }
      attr { key: "value" value { tensor { dtype: DT_BOOL tensor_shape { } bool_val: true } } } }
    node { name: "c" op: "LoopCond" input: "yes" }
    node { name: "s" op: "Switch" input: "m" input: "c" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "i" op: "Neg" input: "s:1" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "n" op: "NextIteration" input: "i" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "o" op: "Exit" input: "s" attr { key: "T" value { type: DT_FLOAT } } }
    """

  @Test func whatDoesNotEndIsStopped() throws {
    try expect(Self.endless, ["--fetch", "o", "--timeout", "0.3"], "DEADLINE_EXCEEDED")
    try expect(
      Self.endless, ["--init", "o", "--fetch", "zero", "--timeout", "0.3"], "DEADLINE_EXCEEDED")
    let big = """
      node { name: "n" op: "Placeholder" attr { key: "dtype" value { type: DT_INT32 } } }
      node { name: "one" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
        attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 } } } }
      node { name: "f" op: "Fill" input: "n" input: "one" attr { key: "T" value { type: DT_FLOAT } }
        attr { key: "index_type" value { type: DT_INT32 } } }
      """
    try expect(
      big, ["--fetch", "f", "--feed", "n=[1000000, 1000000]"], "RESOURCE_EXHAUSTED", "node f")
    try expect(
      big, ["--fetch", "f", "--feed", "n=[100000000]", "--memory-limit", "100"],
      "RESOURCE_EXHAUSTED", "node f")
    try expect(
      big, ["--fetch", "f", "--feed", "n=[2147483647, 2147483647, 2147483647]"], "INVALID_ARGUMENT",
      "node f")
  }

  @Test func nodesWithMillionsOfOutputsCountAsMemory() throws {
    let split = """
      node { name: "axis" op: "Const" attr { key: "dtype" value { type: DT_INT32 } }
        attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { } int_val: 0 } } } }
      node { name: "s" op: "Split" input: "axis" input: "x"
        attr { key: "T" value { type: DT_FLOAT } }
        attr { key: "num_split" value { i: 16000000 } } }
      """
    try expect(
      Self.simple + split, ["--fetch", "y", "--feed", "x=[1.0, 2.0]", "--memory-limit", "64"],
      "RESOURCE_EXHAUSTED",
      "the memory limit is 67108864 bytes")
  }

  @Test func functionsThatCallThemselves() throws {
    let call = """
      attr { key: "f" value { func { name: "f" } } }
        attr { key: "Tin" value { list { type: DT_FLOAT } } }
      attr { key: "Tout" value { list { type: DT_FLOAT } } }
      """
    try expect(
      Self.simple + """
        node { name: "c" op: "PartitionedCall" input: "x" \(call) }
        library { function { signature { name: "f" input_arg { name: "a" type: DT_FLOAT }
          output_arg { name: "r" type: DT_FLOAT } }
          node_def { name: "c" op: "PartitionedCall" input: "a" \(call) } ret { key: "r" value:
            "c:output:0" } } }
        """, ["--fetch", "c", "--feed", "x=[1.0, 2.0]"], "INVALID_ARGUMENT",
      "function 'f' calls itself")
  }

  @Test func damagedFiles() throws {
    let good = try GraphDef(text: Self.simple).serialized()
    for count in [1, 7, good.count / 2, good.count - 1] {
      try temporary(Array(good.prefix(count))) { path in
        let result = try janus(["run", path, "--fetch", "y", "--feed", "x=[1.0, 2.0]"])
        expectOneLine(result, [])
      }
    }
    try temporary([UInt8](repeating: 0xff, count: 1000)) { path in
      expectOneLine(try janus(["run", path, "--fetch", "y"]), ["DATA_LOSS"])
      expectOneLine(try janus(["inspect", path]), ["DATA_LOSS"])
    }
    try temporary(Array("PK not a ZIP".utf8)) { archive in
      try temporary(good) { path in
        expectOneLine(try janus(["run", path, "--inputs", archive, "--fetch", "y"]), [])
      }
    }
  }
}
