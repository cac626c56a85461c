import CoreGraph
import CoreOps
import Foundation
import TestSupport
import Testing
import V1Graph

@Suite struct GraphTests {
  // MARK: - Names

  @Test func secondNamesGetNumbers() {
    let graph = Graph()
    #expect(graph.uniqueName("a") == "a")
    #expect(graph.uniqueName("a") == "a_1")
    #expect(graph.uniqueName("A") == "A_2")
    #expect(graph.uniqueName("a_1") == "a_1_1")
    #expect(graph.uniqueName("b") == "b")
  }

  @Test func scopesAreNumberedAndEnteredAgain() throws {
    let graph = Graph()
    let top = Environment.current.opening(graph)
    func name(_ environment: Environment, _ wanted: String) throws -> String {
      _ = try environment.apply(OpCase.definition("NoOp"), [], [:], name: wanted)
      return try #require(graph.nodes.last).name
    }
    let first = try top.scoped("s")
    #expect(try name(first, "x") == "s/x")
    #expect(try name(first, "x") == "s/x_1")
    #expect(try name(top.scoped("s"), "x") == "s_1/x")
    #expect(try name(top.scoped("s/"), "x") == "s/x_2")
    #expect(try name(first.scoped("t"), "x") == "s/t/x")
    #expect(try name(first.scoped(""), "x") == "x")
    #expect(try name(top, "X") == "X_1")
  }

  @Test func opsWithoutNamesAreNamedAfterTheirType() throws {
    let graph = Graph()
    try graph.asDefault {
      let x = try applyOp(
        "Placeholder", [], ["dtype": .type(.float32), "shape": .shape(.unknown)])[0]
      _ = try applyOp("Neg", [x])
      _ = try applyOp("Neg", [x])
    }
    #expect(graph.nodes.map(\.name) == ["Placeholder", "Neg", "Neg_1"])
  }

  @Test func namesThatAreNotThereAreNamed() throws {
    let graph = try Graph(importing: graphDef([placeholderNode("a")]))
    expectError(.notFound, "The name 'zz' refers to an Operation not in the graph.") {
      _ = try graph.operation(named: "zz")
    }
    expectError(
      .notFound,
      """
      The name 'q:0' refers to a Tensor which does not exist. The operation, 'q', does not exist \
      in the graph.
      """
    ) { _ = try graph.endpoint(named: "q:0") }
    expectError(.notFound, "The operation, 'a', exists but only has 1 outputs.") {
      _ = try graph.endpoint(named: "a:1")
    }
    expectError(.notFound) { _ = try graph.endpoint(named: "a:-1") }
    expectError(.notFound) { _ = try graph.endpoint(named: "a:99999999999999999999") }
  }

  @Test func finalGraphsDoNotGrow() throws {
    let graph = Graph()
    graph.finalize()
    expectError(.failedPrecondition, "Graph is finalized and cannot be modified.") {
      try graph.asDefault { _ = try applyOp("NoOp", []) }
    }
  }

  @Test func tensorsOfOtherGraphsAreRefused() throws {
    let (one, other) = (Graph(), Graph())
    let x = try one.asDefault {
      try applyOp("Placeholder", [], ["dtype": .type(.float32), "shape": .shape(.unknown)])[0]
    }
    expectError(.invalidArgument, "Placeholder:0", "is not an element of this graph") {
      _ = try other.asDefault { try applyOp("Neg", [x]) }
    }
    expectError(.invalidArgument, "Placeholder:0", "symbolic") { _ = try applyOp("Neg", [x]) }
  }

  // MARK: - Import

  @Test func importErrorsUseTensorFlowsWords() {
    func refused(
      _ text: String, _ nodes: [NodeDef], sourceLocation: SourceLocation = #_sourceLocation
    ) {
      expectError(.invalidArgument, text, sourceLocation: sourceLocation) {
        // What is wrong with one node is found by the runs that need it.
        let graph = try Graph(importing: graphDef(nodes))
        _ = try Session(graph: graph).run(fetches: [nodes[nodes.count - 1].name])
      }
    }
    let a = placeholderNode("a")
    refused("Node 'k': Unknown input node 'gone'", [typed("k", "Neg", ["gone"])])
    refused("Node 'k': Unknown input node '^gone'", [node("k", "NoOp", ["^gone"])])
    refused("Node 'a' is not unique", [a, a])
    refused("NodeDef missing attr 'dtype' from Op<name=Placeholder", [node("a", "Placeholder")])
    refused(
      "Input 0 of node k was passed float from a:0 incompatible with expected int32.",
      [a, typed("k", "Neg", ["a"], .int32)])
    refused("NodeDef expected 2 inputs, got 1", [a, typed("k", "AddV2", ["a"])])
    refused(
      "Connecting to invalid output 3 of source node a which has 1 outputs",
      [a, typed("k", "Neg", ["a:3"])])
    refused(
      "is not in the list of allowed values",
      [
        node("a", "Placeholder", [], ["dtype": .type(.string), "shape": .shape(.unknown)]),
        typed("k", "Neg", ["a"], .string),
      ])
    refused("cycle without a NextIteration", [typed("k", "Neg", ["l"]), typed("l", "Neg", ["k"])])
    refused("cycle without a NextIteration", [typed("k", "Neg", ["k"])])
    refused(
      "cycle without a NextIteration", [node("k", "NoOp", ["^l"]), node("l", "NoOp", ["^k"])])
    refused("is not valid", [node("", "NoOp")])
    refused("is not valid", [node("^a", "NoOp")])
    refused("not a valid tensor name", [a, typed("k", "Neg", ["a:b:c:d"])])
    refused("not a valid tensor name", [a, typed("k", "Neg", ["a:-1"])])
    refused("attr 'T'", [a, node("k", "Neg", ["a"], ["T": .int(3)])])
  }

  @Test func theBackEdgesDTypeIsChecked() {
    expectError(
      .invalidArgument,
      "Input 1 of node m was passed int32 from n:0 incompatible with expected float."
    ) {
      let graph = try Graph(
        importing: graphDef([
          placeholderNode("a"), placeholderNode("b", .int32),
          node("e", "Enter", ["a"], ["T": .type(.float32), "frame_name": .string("w")]),
          node("m", "Merge", ["e", "n"], ["T": .type(.float32), "N": .int(2)]),
          typed("n", "NextIteration", ["b"], .int32),
        ]))
      _ = try Session(graph: graph).run(fetches: ["m"])
    }
  }

  @Test func laterVersionsAreRefused() {
    var definition = graphDef([])
    definition.versions.minConsumer = 9999
    expectError(
      .invalidArgument,
      "GraphDef min consumer version 9999 above current version 2474 for TensorFlow 2.21.0."
    ) {
      _ = try Graph(importing: definition)
    }
    definition.versions.minConsumer = 0
    definition.versions.badConsumers = [2474]
    expectError(.invalidArgument, "GraphDef disallows consumer version 2474.") {
      _ = try Graph(importing: definition)
    }
  }

  @Test func graphsSurviveExportAndImport() throws {
    var neg = typed("n", "Neg", ["a"])
    neg.device = "/cpu:0"
    neg.unknownFields = [UnknownField(number: 90, wireType: 0, bytes: [1])]
    neg.inputs.append("^start")
    var definition = graphDef(
      [
        placeholderNode("a", .float32, PartialShape([nil, 2])), node("start", "NoOp"), neg,
        node("s", "Split", ["axis", "n"], ["T": .type(.float32), "num_split": .int(2)]),
        constantNode("axis", .int32, 1), typed("out", "AddV2", ["s:1", "s"]),
        node("mystery", "NoSuchOp", ["out", "s:1"], ["what": .list([.int(1), .int(2)])]),
        typed("after", "Identity", ["mystery:7"]),
      ],
      [function("f", [("x", .float32)], [typed("y", "Neg", ["x"])], returns: [("y:y:0", .float32)])]
    )
    definition.gradients = [GradientDef(function: "f", gradient: "f")]
    definition.unknownFields = [UnknownField(number: 77, wireType: 0, bytes: [5])]
    let graph = try Graph(importing: definition)
    let again = graph.graphDef
    #expect(Set(again.nodes) == Set(definition.nodes))
    #expect(again.library == definition.library)
    #expect(again.gradients == definition.gradients)
    #expect(again.versions == definition.versions)
    #expect(again.unknownFields == definition.unknownFields)
    // Exported, nodes come after their inputs, and stay so.
    #expect(try Graph(importing: again).graphDef == again)
  }

  @Test func runningAnUnknownOpNamesNodeAndOp() throws {
    let session = try session([
      placeholderNode("a"), typed("n", "Neg", ["a"]), node("mystery", "NoSuchOp", ["n"]),
      typed("after", "Neg", ["mystery"]),
    ])
    let x = t(.float32, [1, 2])
    #expect(try session.run(fetches: ["n"], feeds: ["a": x])[0].floats == [-1, -2])
    for fetch in ["mystery", "mystery:0", "after"] {
      expectError(.notFound, "Op type not registered 'NoSuchOp'", "node mystery (NoSuchOp)") {
        _ = try session.run(fetches: [fetch], feeds: ["a": x])
      }
    }
  }

  // MARK: - Verifier

  @Test func verifierFindsWhatPassesMayBreak() throws {
    func broken(
      _ text: String, _ change: (Graph) throws -> Void,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let graph = try Graph(
        importing: graphDef([
          placeholderNode("a"), typed("k", "Neg", ["a"]), typed("l", "Neg", ["k"]),
        ]))
      try change(graph)
      expectError(.invalidArgument, text, sourceLocation: sourceLocation) {
        try graph.verify()
        try Subgraph(graph: graph, feeds: [], fetches: [Endpoint(2)]).verify()
      }
    }
    try broken("comes from no node") { $0.update(1) { $0.inputs[0] = Endpoint(17) } }
    try broken("comes from no node") { $0.update(1) { $0.inputs[0] = Endpoint(-1) } }
    try broken("comes from the later node 'l'") { $0.update(1) { $0.inputs[0] = Endpoint(2) } }
    try broken("invalid output 4") { $0.update(1) { $0.inputs[0] = Endpoint(0, 4) } }
    try broken("a control edge comes from no node") { $0.update(1) { $0.controlInputs = [9] } }
    try broken("a control edge comes from the later node 'l'") {
      $0.update(1) { $0.controlInputs = [2] }
    }
    try broken("NodeDef expected 1 inputs, got 0") { $0.update(1) { $0.inputs = [] } }
    try broken("node k (Neg)") { $0.update(1) { $0.attrs = [:] } }
    try broken("incompatible with expected double") {
      $0.update(1) { $0.attrs["T"] = .type(.float64) }
    }
    try broken("the outputs' dtypes contradict") { $0.update(2) { $0.outputTypes = [.float64] } }
    let graph = try Graph(importing: graphDef([placeholderNode("a"), typed("k", "Neg", ["a"])]))
    expectError(.invalidArgument, "the feed 'k' is not a placeholder") {
      try Subgraph(graph: graph, feeds: [Endpoint(1)], fetches: [Endpoint(0)]).verify()
    }
    expectError(.invalidArgument, "'k' has no output 3") {
      try Subgraph(graph: graph, feeds: [], fetches: [Endpoint(1, 3)]).verify()
    }
    expectError(.internal, "folding breaks the graph", "'k' has no output 3") {
      _ = try Subgraph(graph: graph, feeds: [], fetches: [Endpoint(1, 3)]).verified(
        after: "folding")
    }
  }

  @Test func rulesHaveNamesOfTheirOwn() {
    #expect(Set(Verifier.rules.map(\.name)).count == Verifier.rules.count)
  }

  // MARK: - Prune

  @Test func pruningKeepsWhatIsNeeded() throws {
    let graph = try Graph(
      importing: graphDef([
        placeholderNode("a"), typed("b", "Neg", ["a"]), typed("c", "Exp", ["b"]),
        typed("d", "Abs", ["a"]),
        node("e", "NoOp", ["^d"]), node("f", "Identity", ["c", "^e"], ["T": .type(.float32)]),
      ]))
    func kept(_ feeds: [String], _ fetches: [String], _ targets: [String] = []) throws -> [String] {
      let subgraph = try Subgraph.pruned(
        graph, feeds: feeds.map { try graph.endpoint(named: $0) },
        fetches: fetches.map { try graph.endpoint(named: $0) },
        targets: targets.map { try graph.operation(named: $0).id })
      try subgraph.verify()
      return subgraph.graph.nodes.map(\.name)
    }
    #expect(try kept(["a"], ["b"]) == ["a", "b"])
    #expect(try kept(["b"], ["c"]) == ["b", "c"])
    #expect(try kept(["a"], ["f"]) == ["a", "b", "c", "d", "e", "f"])
    #expect(try kept(["a"], [], ["e"]) == ["a", "d", "e"])
    #expect(try kept(["c"], ["c"]) == ["c"])
    #expect(try kept(["a", "c"], ["c"]) == ["a", "c"])
    expectError(.invalidArgument, "fed more than once") { _ = try kept(["a", "a:0"], ["b"]) }
  }

  // MARK: - Borders

  @Test func stylesDoNotImportEachOther() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../Sources")
    let forbidden = [
      "V2Eager": ["V1Graph", "Compat", "CompatV1"], "V1Graph": ["V2Eager", "Compat", "CompatV1"],
      "CoreOps": ["CoreGraph", "Serialization", "V1Graph", "V2Eager"],
      "CoreGraph": ["Serialization", "V1Graph", "V2Eager", "Compat"],
      "Serialization": ["V1Graph", "V2Eager", "Compat"],
    ]
    for (module, others) in forbidden {
      let files = FileManager.default.enumerator(
        at: sources.appending(path: module), includingPropertiesForKeys: nil)
      var count = 0
      while let file = files?.nextObject() as? URL {
        guard file.pathExtension == "swift" else { continue }
        count += 1
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        where line.contains("import ") {
          let words = line.split(separator: " ")
          guard words.dropLast().last == "import", let imported = words.last else { continue }
          #expect(
            !others.contains(String(imported)), "\(file.lastPathComponent) of \(module): \(line)")
        }
      }
      #expect(count > 0)
    }
  }
}
