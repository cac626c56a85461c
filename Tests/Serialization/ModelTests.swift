import CoreGraph
import CoreOps
import Ops
import TestSupport
import Testing
import V1Graph
@testable import Models

@testable import Serialization

/// Models that TensorFlow 2.21 wrote: `v1` and `tables` are SavedModels of the first generation
/// with and without an init op, `v2` is one of the second; `train` is a MetaGraph with a
/// partitioned variable.
@Suite struct ModelTests {
  private func fixture(_ name: String) -> String { Fixtures.path("models/\(name)") }

  @Test(arguments: ["v1", "tables", "v2"])
  func savedModelsRunBySignature(name: String) throws {
    let model = try Model(contentsOf: fixture(name))
    #expect(model.kind == .savedModel)
    let session = try Session(model: model, tags: ["serve"])
    let signature = try model.metaGraph(tags: ["serve"]).signature("serving_default")
    func tensor(_ info: TensorInfo?) throws -> String { try #require(info?.name) }
    let results = try session.run(
      fetches: [tensor(signature.outputs["output"]), tensor(signature.outputs["ids"])],
      feeds: [
        tensor(signature.inputs["input"]): [1.0, 2.0] as [Float],
        tensor(signature.inputs["words"]): ["green", "pink"],
      ])
    #expect(try results[0].scalars(Float.self) == [2.5, 4.5])
    #expect(try results[1].scalars(Int64.self) == [1, -1])
  }

  @Test func theTagsChooseAMetaGraph() throws {
    let model = try Model(contentsOf: fixture("v1"))
    #expect(model.metaGraphs.count == 2)
    #expect(try model.metaGraph().tags == ["serve"])
    #expect(try model.metaGraph(tags: []).tags == [])
    #expect {
      try model.metaGraph(tags: ["serve", "gpu"])
    } throws: { error in
      guard let error = error as? TFError else { return false }
      return error.code == .notFound && error.message.contains("{ gpu, serve }")
    }
    // The file in the folder stands for the folder.
    #expect(try Model(contentsOf: fixture("v1/saved_model.pb")).kind == .savedModel)
  }

  @Test(arguments: ["v1", "tables", "v2"])
  func savedModelsAreWrittenWithoutLoss(name: String) throws {
    let model = try SavedModelDef(binaryOrText: readFile(fixture("\(name)/saved_model.pb")))
    let written = try model.serialized()
    #expect(try SavedModelDef(binaryOrText: written).serialized() == written)
    #expect(try SavedModelDef(binaryOrText: Array(model.text().utf8)).serialized() == written)
    #expect(model.metaGraphs.allSatisfy { $0.unknownFields.isEmpty })
  }

  @Test func aSavedModelIsCopiedWithWhatLiesBesideIt() throws {
    let folder = try TemporaryFolder()
    let model = try Model(contentsOf: fixture("v1"))
    let copy = folder.file("copy")
    try ModelFormats.format(.savedModel).write(model, to: copy, tags: nil, asText: true)
    let again = try Model(contentsOf: copy)
    #expect(
      try again.metaGraphs.map { try $0.serialized() }
        == model.metaGraphs.map { try $0.serialized() })
    let session = try Session(model: again, tags: ["serve"])
    #expect(
      try session.run(fetches: ["ids"], feeds: ["words": ["blue"]])[0].scalars(Int64.self) == [2])
  }

  @Test(arguments: ["train.ckpt.meta", "train.pbtxt.meta"])
  func metaGraphsRestoreAndSaveByTheirOwnOps(name: String) throws {
    let folder = try TemporaryFolder()
    let model = try Model(contentsOf: fixture(name))
    #expect(model.kind == .metaGraph)
    let meta = try model.metaGraph()
    let session = try Session(model: model, restoring: fixture("train.ckpt"))
    #expect(try session.run(fetches: ["w/part_1"])[0].scalars(Float.self) == [4, 5, 6, 7])
    _ = try session.run(fetches: [], targets: ["train"])
    try session.save(to: folder.file("model.ckpt"), meta, Cancellation())
    let reader = try CheckpointReader(folder.file("model.ckpt"))
    #expect(try reader.entries().map(\.name) == ["global_step", "w"])
    #expect(try reader.tensor("w").scalars(Float.self) == [-1, 0, 1, 2, 3, 4, 5, 6])
    #expect(try reader.entry("w")?.partCount == 2)
    #expect(try reader.tensor("global_step").scalar(Int64.self) == 1)
  }

  @Test func graphsWithoutSaveOpsRestoreAndSaveByNames() throws {
    let folder = try TemporaryFolder()
    var model = try Model(contentsOf: fixture("train.ckpt.meta"))
    model.metaGraphs[0].saver = nil
    let session = try Session(model: model, restoring: fixture("train.ckpt"))
    #expect(try session.run(fetches: ["w/part_0"])[0].scalars(Float.self) == [0, 1, 2, 3])
    try session.save(to: folder.file("model.ckpt"), model.metaGraphs[0], Cancellation())
    for suffix in [".index", ".data-00000-of-00001"] {
      #expect(
        try readFile(folder.file("model.ckpt" + suffix))
          == readFile(fixture("train.ckpt" + suffix)))
    }
  }

  @Test func metaGraphsAreWrittenWithoutLoss() throws {
    let meta = try MetaGraph(binaryOrText: readFile(fixture("train.ckpt.meta")))
    let written = try meta.serialized()
    #expect(try MetaGraph(binaryOrText: written).serialized() == written)
    // TensorFlow exported the same graph in text.
    let text = try MetaGraph(binaryOrText: readFile(fixture("train.pbtxt.meta")))
    #expect(try MetaGraph(binaryOrText: Array(meta.text().utf8)).serialized() == written)
    #expect(text.collections == meta.collections)
    #expect(text.saver == meta.saver)
    #expect(meta.collections["trainable_variables"]?.members == ["w/part_0:0", "w/part_1:0"])
    #expect(meta.saver?.maxToKeep == 3)
  }

  @Test func objectsOfTheSecondGenerationAreKnown() throws {
    #expect(try Model(contentsOf: fixture("v1")).metaGraph(tags: []).objects() == nil)
    let objects = try #require(try Model(contentsOf: fixture("v2")).metaGraph().objects())
    let children = Dictionary(
      uniqueKeysWithValues: objects.nodes[0].children.map { ($0.name, $0.node) })
    let w = try #require(children["w"])
    #expect(
      objects.nodes[w].kind
        == .variable(.init(name: "w", dtype: .float32, shape: [1], isTrainable: true)))
    let f = try #require(children["f"])
    guard case .function(let names) = objects.nodes[f].kind, let name = names.first else {
      Issue.record("f is no function")
      return
    }
    // The function captures both variables, the table and its default, and the constant.
    let bound = try #require(objects.boundInputs[name])
    #expect(bound.contains(w))
    #expect(bound.count == 5)
  }

  @Test func damagedModelsAreErrors() throws {
    var numbers = Numbers(state: Fuzz.seed)
    let files = try ["v1/saved_model.pb", "v2/saved_model.pb", "train.ckpt.meta"].map {
      try readFile(fixture($0))
    }
    for round in 0..<Fuzz.rounds / 5 {
      let bytes = damaged(files[round % 3], &numbers)
      _ = try throwsOnlyTFError {
        let metas =
          round % 3 == 2
          ? [try MetaGraph(binaryOrText: bytes)]
          : try SavedModelDef(binaryOrText: bytes).metaGraphs
        for meta in metas {
          _ = try GraphVariables(meta)
          _ = try meta.serialized()
          _ = try Graph(importing: meta.graph)
        }
      }
    }
  }

  /// Nodes that fill a table with the words of the fixture.
  private func filling(_ table: String) throws -> [NodeDef] {
    func constant(_ name: String, _ value: Tensor) -> NodeDef {
      NodeDef(
        name: name, op: "Const",
        attrs: ["value": .tensor(value), "dtype": .type(value.dtype)])
    }
    return [
      constant("\(table)/keys", try Tensor(["red", "green", "blue"], shape: [3])),
      constant("\(table)/values", try Tensor([0, 1, 2] as [Int64], shape: [3])),
      NodeDef(
        name: "\(table)/fill", op: "InitializeTableV2",
        inputs: [table, "\(table)/keys", "\(table)/values"],
        attrs: ["Tkey": .type(.string), "Tval": .type(.int64)]),
    ]
  }

  @Test func variablesBecomeConstants() throws {
    for name in ["v1", "v2"] {
      let model = try Model(contentsOf: fixture(name))
      let meta = try model.metaGraph(tags: ["serve"])
      let signature = try meta.signature("serving_default")
      let session = try Session(model: model, tags: ["serve"])
      let output = try #require(signature.outputs["output"]?.name)
      let input = try #require(signature.inputs["input"]?.name)
      let words = try #require(signature.inputs["words"]?.name)
      let node = String(output.prefix { $0 != ":" })
      var frozen = try session.frozen(meta, outputs: [node])
      let ops = frozen.nodes.map(\.op) + frozen.library.flatMap(\.nodes).map(\.op)
      #expect(!ops.contains { ["VariableV2", "VarHandleOp", "ReadVariableOp"].contains($0) })
      // The table is part of the call in v2, and no variable: it has to be filled.
      let table = frozen.nodes.first { $0.op == "HashTableV2" }?.name
      if let table { frozen.nodes += try filling(table) }
      let again = Session(graph: try Graph(importing: GraphDef(serialized: frozen.serialized())))
      var feeds: [String: any TensorConvertible] = [input: [1.0, 2.0] as [Float]]
      if name == "v2" {
        _ = try again.run(fetches: [], targets: [#require(table) + "/fill"])
        feeds[words] = ["green", "pink"]
      }
      let result = try again.run(fetches: [output], feeds: feeds)[0]
      #expect(try result.scalars(Float.self) == [2.5, 4.5])
    }
  }
}

@Suite struct GraphRewriteTests {
  private let graph = """
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
    node { name: "check" op: "CheckNumerics" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "pass" op: "Identity" input: "check" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "held" op: "Identity" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "y" op: "Neg" input: "pass" input: "^held"
      attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "other" op: "Neg" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
    """

  @Test func aPartHasWhatItsNodesNeed() throws {
    let part = try GraphRewrites.extractSubGraph(GraphDef(text: graph), destNodes: ["pass"])
    #expect(part.nodes.map(\.name) == ["x", "check", "pass"])
    #expect(throws: TFError.self) {
      try GraphRewrites.extractSubGraph(GraphDef(text: graph), destNodes: ["none"])
    }
  }

  @Test func whatOnlyTrainingNeedsGoes() throws {
    let reduced = GraphRewrites.removeTrainingNodes(try GraphDef(text: graph))
    #expect(reduced.nodes.map(\.name) == ["x", "held", "y", "other"])
    #expect(reduced.nodes[2].inputs == ["x", "^held"])
    let kept = GraphRewrites.removeTrainingNodes(
      try GraphDef(text: graph), protectedNodes: ["pass"])
    #expect(kept.nodes.map(\.name) == ["x", "pass", "held", "y", "other"])
  }
}
