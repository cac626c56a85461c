import CoreGraph
import CoreOps
import Serialization
import TestSupport
import Testing

/// What commands print with `--json`: one line of JSON, for other programs.
@Suite struct JSONOutputTests {
  /// What a command prints; it says nothing else.
  private func json(
    _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> JSON {
    let run = try JanusProcess(arguments)
    #expect(run.code == 0, "\(run.errors)", sourceLocation: sourceLocation)
    #expect(run.errors == "", sourceLocation: sourceLocation)
    #expect(run.output.count { $0 == "\n" } == 1, sourceLocation: sourceLocation)
    #expect(run.output.hasSuffix("\n"), sourceLocation: sourceLocation)
    return try JSON(Array(run.output.utf8))
  }

  /// The numbers of an object that has no other values.
  private func figures(
    _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [String: Double] {
    let object = try #require(
      try json(arguments, sourceLocation: sourceLocation).object, sourceLocation: sourceLocation)
    return try Dictionary(
      uniqueKeysWithValues: object.map { name, value in
        let number = try #require(value.double, "\(name)", sourceLocation: sourceLocation)
        #expect(number.isFinite, "\(name)", sourceLocation: sourceLocation)
        return (name, number)
      })
  }

  private static let doubling = """
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "shape" value { shape { dim { size: -1 } } } } }
    node { name: "y" op: "AddV2" input: "x" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    """

  private func model(_ folder: TemporaryFolder) throws -> String {
    let path = folder.file("graph.pbtxt")
    try writeFile(path, Array(Self.doubling.utf8))
    return path
  }

  @Test func opsAreListedWithTheirKernels() throws {
    let ops = try #require(try json(["ops", "--json"]).array)
    #expect(ops.count == OpRegistry.standard.all.count)
    let add = try #require(ops.first { $0["name"]?.string == "AddV2" })
    #expect(add["kernels"]?["T"]?.array?.compactMap(\.string).contains("float32") == true)
    #expect(add["gradient"] == .bool(true))
    #expect(add["stateful"] == .bool(false))
  }

  @Test func aModelIsDescribed() throws {
    let folder = try TemporaryFolder()
    let path = try model(folder)
    let report = try json(["inspect", path, "--shapes", "--json"])
    #expect(report["path"]?.string == path)
    #expect(report["kind"]?.string == "GraphDef")
    let graph = try #require(report["graphs"]?.array?.first)
    #expect(graph["nodes"]?.int == 2)
    #expect(graph["ops"]?["AddV2"]?.int == 1)
    #expect(graph["inputs"]?.array?.first?["name"]?.string == "x")
    #expect(graph["inputs"]?.array?.first?["shape"]?.string == "[?]")
    #expect(graph["outputs"]?.array?.compactMap(\.string) == ["y"])
    #expect(graph["shapes"]?["y"]?.array?.compactMap(\.string) == ["[?]"])
  }

  @Test func aCheckpointIsListed() throws {
    let folder = try TemporaryFolder()
    let graph = folder.file("graph.pbtxt")
    try writeFile(
      graph,
      Array(
        """
        node { name: "w" op: "VariableV2" attr { key: "dtype" value { type: DT_FLOAT } }
          attr { key: "shape" value { shape { dim { size: 2 } } } } }
        node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
        node { name: "set" op: "Assign" input: "w" input: "x"
          attr { key: "T" value { type: DT_FLOAT } } }
        """.utf8))
    let saved = folder.file("model.ckpt")
    let run = try JanusProcess([
      "run", graph, "--feed", "x=[1, 2]", "--target", "set", "--save", saved,
    ])
    #expect(run.code == 0, "\(run.errors)")
    let list = try json(["checkpoint", "list", saved, "--json"])
    #expect(list["version"]?.int == 2)
    let tensors = try JSON(
      Array(#"[{"name": "w", "dtype": "float32", "shape": [2], "parts": 1}]"#.utf8))
    #expect(list["tensors"] == tensors)
  }

  @Test func timesOfAModelAreNumbers() throws {
    let folder = try TemporaryFolder()
    let path = try model(folder)
    let bench = [
      "bench", path, "--feed", "x=[1, 2]", "--fetch", "y", "--seconds", "0.01", "--json",
    ]
    let times = try figures(bench)
    #expect(
      Set(times.keys) == ["load_ms", "first_ms", "median_us", "min_us", "runs", "rss_mb"])
    #expect(times["runs"]! >= 10)
    let profile = try json(bench + ["--profile"])
    #expect(profile["profile"]?.object?.isEmpty == false)
    let shapes = folder.file("shapes.txt")
    try writeFile(shapes, Array("3\n1\n4\n".utf8))
    let sizes = try figures([
      "bench", "shapes", path, "--input", "x", "--fetch", "y", "--shapes", shapes, "--json",
    ])
    #expect(sizes["shapes"] == 3)
    // Twice 0 + 1 + 2, 0 and 0 + 1 + 2 + 3, over 251.
    #expect(abs(sizes["sum"]! - 18.0 / 251) < 1e-6)
  }

  @Test func timesOfThreadsAndGraphsAreNumbers() throws {
    let graph = try figures(["bench", "graph", "--nodes", "100", "--json"])
    #expect(graph["nodes"] == 100)
    let threads = try figures(["bench", "threads", "--threads", "2", "--runs", "100", "--json"])
    #expect(threads["wrong_answers"] == 0)
    let waiting = try figures(["bench", "waiting", "--threads", "3", "--rounds", "1", "--json"])
    #expect(
      Set(waiting.keys) == [
        "threads", "queue_closed_ms", "session_closed_ms", "cancelled_ms",
        "processors_while_waiting",
      ])
    let soak = try figures(["bench", "soak", "--rounds", "1", "--json"])
    #expect(soak["rounds"] == 1)
  }

  @Test func verifyWritesWhatBecameOfEachCase() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("outcomes.json")
    let graph = """
      node { name: "y" op: "NoSuchOp" }
      """
    let missing = try TemporaryCase(
      graph: graph,
      runs: """
        [{"feeds": {}, "fetches": ["y:0"], "targets": [],
          "expect": [{"array": "out", "dtype": "float32"}], "compare": "exact"}]
        """, arrays: [(name: "out", tensor: try Tensor(scalar: Float(1)))])
    let run = try JanusProcess(["verify", missing.path, "--json", file])
    #expect(run.code == 1)
    let outcomes = try #require(try JSON(readFile(file)).array)
    #expect(outcomes.count == 1)
    #expect(outcomes[0]["path"]?.string == missing.path)
    #expect(outcomes[0]["name"]?.string == "a case")
    #expect(outcomes[0]["status"]?.string == "failed")
    #expect(outcomes[0]["reason"]?.string?.contains("NoSuchOp") == true)
  }
}
