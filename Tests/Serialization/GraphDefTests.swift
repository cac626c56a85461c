import CoreGraph
import CoreOps
import Testing

@testable import Serialization

@Suite struct GraphDefTests {
  @Test func constantsOfEveryDTypeHaveTensorFlowsBytes() throws {
    let graph = try GraphDef(serialized: Fixtures.bytes("dtypes.pb"))
    let expected = try NpzReader(Fixtures.path("dtypes_expected.npz"))
    #expect(expected.names.count >= 100)
    for name in expected.names {
      let node = try #require(graph.nodes.first { $0.name == name })
      guard case .tensor(let tensor)? = node.attrs["value"] else {
        Issue.record("\(name) has no value")
        continue
      }
      #expect(try Array(tensor.bytes) == expected.read(name).scalars(UInt8.self), "\(name)")
    }
    let strings = try #require(graph.nodes.first { $0.name == "strings" })
    guard case .tensor(let tensor)? = strings.attrs["value"] else { throw TFError.internal("") }
    #expect(try tensor.byteStrings() == [Array("a".utf8), Array("b\0c".utf8), Array("é".utf8)])
  }

  @Test func binaryRoundTripKeepsEverything() throws {
    let bytes = try Fixtures.bytes("dtypes.pb")
    let graph = try GraphDef(serialized: bytes)
    #expect(!graph.library.isEmpty)
    #expect(graph.versions.producer == 1234)
    #expect(graph.versions.badConsumers == [7, 9])
    let written = try graph.serialized()
    let again = try GraphDef(serialized: written)
    #expect(try again.serialized() == written)
    #expect(try again.text() == graph.text())
    #expect(again.library.map(\.name) == graph.library.map(\.name))
  }

  @Test func textAndBinaryAreTheSameGraph() throws {
    let binary = try GraphDef(serialized: Fixtures.bytes("dtypes.pb"))
    let text = try GraphDef(contentsOf: Fixtures.path("dtypes.pbtxt"))
    let sorted = { (graph: GraphDef) in try graph.text().split(separator: "\n").sorted() }
    #expect(try sorted(binary) == sorted(text))
    #expect(try GraphDef(text: text.text()).serialized() == text.serialized())
  }

  @Test func unknownFieldsSurvive() throws {
    var graph = GraphDef()
    graph.nodes = [NodeDef(name: "a", op: "NoSuchOp", attrs: ["T": .type(.float32)])]
    graph.versions.producer = 5
    let mystery = UnknownField(number: 500, wireType: 2, bytes: [3, 1, 2, 3])
    graph.unknownFields = [
      UnknownField(number: 1000, wireType: 0, bytes: [0x96, 1]),
      UnknownField(number: 2, wireType: 2, bytes: [4, 0xc0, 0x3e, 0xac, 2]),
      UnknownField(number: 4, wireType: 2, bytes: [4, 0xc0, 0x3e, 0xac, 2]),
    ]
    graph.nodes[0].unknownFields = [
      mystery, UnknownField(number: 501, wireType: 5, bytes: [1, 2, 3, 4]),
    ]
    var function = FunctionDef(name: "f")
    function.inputs = [.init(name: "x", type: .int64)]
    function.inputs[0].unknownFields = [mystery]
    function.signatureUnknownFields = [mystery]
    function.unknownFields = [
      UnknownField(number: 502, wireType: 1, bytes: [1, 2, 3, 4, 5, 6, 7, 8])
    ]
    function.returns = ["y": "x", "a": "b:z:0"]
    graph.library = [function]
    let again = try GraphDef(serialized: graph.serialized())
    #expect(Set(again.unknownFields) == Set(graph.unknownFields))
    #expect(again.nodes == graph.nodes)
    #expect(again.library == graph.library)
    #expect(try GraphDef(text: graph.text()).serialized() == graph.serialized())
  }

  @Test func attributesOfUnknownDTypesAreCarriedAlong() throws {
    // attr { key: "T" value { type: 24 } }: a float8 dtype.
    let entry: [UInt8] = [0x0a, 1, 0x54, 0x12, 2, 0x30, 24]
    var graph = GraphDef()
    graph.nodes = [NodeDef(name: "a", op: "Cast")]
    graph.nodes[0].unknownFields = [UnknownField(number: 5, wireType: 2, bytes: [7] + entry)]
    let bytes = try graph.serialized()
    let again = try GraphDef(serialized: bytes)
    #expect(again.nodes[0].attrs.isEmpty)
    #expect(try again.serialized() == bytes)
    #expect(try again.text().contains("DT_FLOAT8_E5M2"))
  }

  @Test func everyKindOfAttributeRoundTrips() throws {
    let attrs: Attrs = [
      "s": .string("a\"\n\\ü"), "i": .int(.min), "f": .float(-0.1), "b": .bool(false),
      "t": .type(.variant),
      "r": .refType(.int64), "sh": .shape([nil, 3]), "su": .shape(.unknown), "ss": .shape(.scalar),
      "p": .placeholder("T"), "fn": .function("f", ["n": .int(3)]), "li": .ints([1, -2]),
      "lf": .list([.float(1), .float(.infinity)]), "lb": .list([.bool(true), .bool(false)]),
      "lt": .list([.type(.float32), .refType(.bool)]), "ls": .strings(["", "x"]),
      "lsh": .shapes([.scalar, .unknown]), "lfn": .list([.function("g", [:])]), "e": .list([]),
    ]
    var graph = GraphDef()
    graph.nodes = [
      NodeDef(name: "a", op: "X", inputs: ["b:1", "^c"], device: "/cpu:0", attrs: attrs)
    ]
    #expect(try GraphDef(serialized: graph.serialized()).nodes == graph.nodes)
    #expect(try GraphDef(text: graph.text()).nodes == graph.nodes)
  }

  @Test func tensorsThatEndInEqualElementsAreWrittenShort() throws {
    var graph = GraphDef()
    let values = [Float](repeating: 1.5, count: 1_000_000)
    let tensor = try Tensor([3, 4] + values, shape: [1_000_002])
    graph.nodes = [NodeDef(name: "a", op: "Const", attrs: ["value": .tensor(tensor)])]
    let bytes = try graph.serialized()
    #expect(bytes.count < 100)
    guard case .tensor(let again)? = try GraphDef(serialized: bytes).nodes[0].attrs["value"] else {
      throw TFError.internal("")
    }
    #expect(try again.scalars(Float.self) == [3, 4] + values)
  }

  @Test(arguments: [
    ("node { name: 3 }", "line 1, column 14: name takes a string"),
    ("node {\n  nam: \"x\"\n}", "line 2, column 3: tensorflow.NodeDef has no field named nam"),
    ("node { name: \"x\" ", "line 1, column 18: the text ends inside a message"),
    ("versions { producer: 99999999999 }", "does not fit into 32 bits"),
    (
      "node { attr { value { type: DT_FLOTA } } }",
      "tensorflow.DataType has no value named DT_FLOTA"
    ),
    ("versions { producer: 1 producer: 2 }", "the field producer comes twice"),
    ("node { name: \"\\xq\" }", "an escape with too few digits"),
  ])
  func textErrorsSayWhere(text: String, message: String) throws {
    let error = #expect(throws: TFError.self) { try GraphDef(text: text) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test func fullTypesAreCarriedAlong() throws {
    let graph = try GraphDef(
      text:
        """
        node { name: \"a\" op: \"X\" experimental_type { type_id: TFT_PRODUCT args { type_id: \
        TFT_TENSOR } } }
        """
    )
    #expect(graph.nodes[0].unknownFields.map(\.number) == [7])
    #expect(try graph.text().contains("TFT_TENSOR"))
  }

  @Test func textMayBeWrittenInOtherWays() throws {
    let plain = try GraphDef(
      text: "node { name: \"ab\" op: \"X\" input: \"c\" input: \"d\" } versions { producer: 26 }")
    let other = try GraphDef(
      text:
        """
        # a graph\nnode: < name: 'a' \"b\", op: \"\\x58\" input: ['c', \"\\144\"]; > versions { \
        producer: 0x1a }
        """
    )
    #expect(plain == other)
  }
}
