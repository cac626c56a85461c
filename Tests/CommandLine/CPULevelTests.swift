import CoreGraph
import CoreOps
import Glibc
import Serialization
import TestSupport
import Testing
import V1Graph

/// `JANUS_CPU`: kernels run as on a lesser processor.
@Suite struct CPULevelTests {
  private func janus(_ level: String, _ arguments: [String]) throws -> JanusProcess {
    try JanusProcess(arguments, shell: #"JANUS_CPU=\#(level) exec "$0" "$@""#)
  }

  private static func order(_ level: CPULevel) -> Int { CPULevel.allCases.firstIndex(of: level)! }

  @Test(arguments: CPULevel.allCases) func levelsAreLoweredAndNeverRaised(level: CPULevel) throws {
    let result = try janus(level.rawValue, ["--version"])
    #expect(result.code == 0)
    // This process may itself be held to a level, which its child then is not.
    guard getenv("JANUS_CPU") == nil else { return }
    let expected = Self.order(level) < Self.order(.current) ? level : .current
    #expect(result.output.split(separator: "\n").contains("cpu \(expected.rawValue)"))
  }

  @Test func otherNamesAreRefused() throws {
    for level in ["avx", "AVX2", "none"] {
      try janus(level, ["ops"]).expectOneLine(
        ["JANUS_CPU is '\(level)'", "avx512, avx2 or baseline"], code: 2)
    }
    #expect(try janus("", ["--version"]).code == 0)
  }

  /// Own loops, own products, oneDNN's and OpenBLAS'.
  private static let graph = """
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "shape" value { shape { dim { size: 6 } dim { size: 40 } } } } }
    node { name: "image_dims" op: "Const" attr { key: "dtype" value { type: DT_INT32 } }
      attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 4 } }
        int_val: [2, 6, 10, 2] } } } }
    node { name: "filter_dims" op: "Const" attr { key: "dtype" value { type: DT_INT32 } }
      attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 4 } }
        int_val: [4, 5, 2, 6] } } } }
    node { name: "axis" op: "Const" attr { key: "dtype" value { type: DT_INT32 } }
      attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape { } int_val: 1 } } } }
    node { name: "image" op: "Reshape" input: "x" input: "image_dims"
      attr { key: "T" value { type: DT_FLOAT } } attr { key: "Tshape" value { type: DT_INT32 } } }
    node { name: "filter" op: "Reshape" input: "x" input: "filter_dims"
      attr { key: "T" value { type: DT_FLOAT } } attr { key: "Tshape" value { type: DT_INT32 } } }
    node { name: "conv" op: "Conv2D" input: "image" input: "filter"
      attr { key: "T" value { type: DT_FLOAT } } attr { key: "padding" value { s: "VALID" } }
      attr { key: "strides" value { list { i: [1, 1, 1, 1] } } } }
    node { name: "product" op: "MatMul" input: "x" input: "x"
      attr { key: "T" value { type: DT_FLOAT } } attr { key: "transpose_b" value { b: true } } }
    node { name: "double" op: "Cast" input: "x" attr { key: "SrcT" value { type: DT_FLOAT } }
      attr { key: "DstT" value { type: DT_DOUBLE } } }
    node { name: "double_product" op: "MatMul" input: "double" input: "double"
      attr { key: "T" value { type: DT_DOUBLE } } attr { key: "transpose_b" value { b: true } } }
    node { name: "determinant" op: "MatrixDeterminant" input: "double_product"
      attr { key: "T" value { type: DT_DOUBLE } } }
    node { name: "exp" op: "Exp" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "tanh" op: "Tanh" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "half" op: "Cast" input: "x" attr { key: "SrcT" value { type: DT_FLOAT } }
      attr { key: "DstT" value { type: DT_HALF } } }
    node { name: "softmax" op: "Softmax" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "sum" op: "Sum" input: "x" input: "axis"
      attr { key: "T" value { type: DT_FLOAT } } attr { key: "Tidx" value { type: DT_INT32 } } }
    """
  private static let fetches = [
    "conv", "product", "double_product", "determinant", "exp", "tanh", "half", "softmax", "sum",
  ]

  @Test(arguments: CPULevel.allCases) func resultsAreTheSameAtEachLevel(level: CPULevel) throws {
    let folder = try TemporaryFolder()
    let (model, inputs, out) = (
      folder.file("model.pbtxt"), folder.file("in.npz"), folder.file("out.npz")
    )
    let x = try Tensor((0..<240).map { Float(($0 * 37) % 101) / 50 - 1 }, shape: [6, 40])
    try writeFile(model, Array(Self.graph.utf8))
    try NumPyFiles.write([(name: "x", tensor: x)], to: inputs)
    let result = try janus(
      level.rawValue,
      ["run", model, "--inputs", inputs, "--out", out] + Self.fetches.flatMap { ["--fetch", $0] })
    try #require(result.code == 0, "\(result.errors)")
    let outputs = try NpzReader(out).readAll()
    let own = try Session(graph: Graph(importing: GraphDef(text: Self.graph))).run(
      fetches: Self.fetches, feeds: ["x:0": x])
    #expect(outputs.count == own.count)
    for (name, value) in zip(Self.fetches, own) {
      let other = try #require(outputs[name] ?? outputs[name + ":0"])
      let found = difference(other, value, tolerance: 2e-5)
      #expect(found == nil, "\(name): \(found ?? "")")
    }
  }
}
