import CompatV1
import CoreGraph
import CoreOps
import TestSupport
import Testing

/// What sessions and graphs do beside running: errors in TensorFlow's words, callables, partial
/// runs, many threads.
@Suite struct SessionSurfaceTests {
  /// The message of what `body` throws.
  static func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return (error as? TFError)?.message ?? "\(error)" }
  }

  static func inGraph(_ body: (Graph) throws -> Void) throws {
    let graph = Graph()
    try withBehavior(.v1) { try graph.asDefault { try body(graph) } }
  }

  /// A text of TensorFlow's, and the program that gives it: in a graph with `x` of shape (?, 2),
  /// the sum `y` and the operation `nop`.
  static let errors: [(text: String, program: @Sendable (Graph, Session) throws -> Void)] = [
    (
      "You must feed a value for placeholder tensor 'x' with dtype float and shape [?,2]",
      { graph, session in try session.run("y:0") }
    ),
    (
      "Cannot feed value of shape (3,) for Tensor x:0, which has shape (?, 2)",
      { graph, session in try session.run("y:0", feedDict: ["x:0": [1, 2, 3]]) }
    ),
    (
      "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include",
      { graph, session in
        try session.run("y:0", feedDict: ["x:0": graph.getTensorByName("y:0")])
      }
    ),
    (
      """
      Cannot interpret feed_dict key as Tensor: The name 'q:0' refers to a Tensor which does not \
      exist. The operation, 'q', does not exist in the graph.
      """, { graph, session in try session.run("y:0", feedDict: ["q:0": 1]) }
    ),
    (
      """
      Cannot interpret feed_dict key as Tensor: The name 'x:3' refers to a Tensor which does not \
      exist. The operation, 'x', exists but only has 1 outputs.
      """, { graph, session in try session.run("y:0", feedDict: ["x:3": 1]) }
    ),
    (
      "Argument `fetch` = None has invalid type \"NoneType\". Cannot be None",
      { graph, session in try session.run(Tensor?.none) }
    ),
    (
      "Argument `fetch` = zz:0 cannot be interpreted as a Tensor. (The name 'zz:0' refers to a",
      { graph, session in try session.run("zz:0") }
    ),
    (
      "cannot be interpreted as a Tensor. (Tensor Const:0 is not an element of this graph.)",
      { graph, session in
        let other = try Graph().asDefault { try tf.constant(1.0) }
        try session.run(other)
      }
    ),
    (
      """
      Operation y has been marked as not fetchable. Typically this happens when it is defined in \
      another function or code block.
      """,
      { graph, session in
        graph.preventFetching(try graph.getOperationByName("y"))
        #expect(try !graph.isFetchable(graph.getTensorByName("y:0")))
        try session.run("y:0")
      }
    ),
    (
      "Tensor x:0 may not be fed.",
      { graph, session in
        try graph.preventFeeding(graph.getTensorByName("x:0"))
        #expect(try !graph.isFeedable(graph.getTensorByName("x:0")))
        try session.run("y:0", feedDict: ["x:0": [[1, 2]]])
      }
    ),
    (
      "Attempted to use a closed Session.",
      { graph, session in
        session.close()
        session.close()
        try session.run("y:0")
      }
    ),
    (
      "The Session graph is empty. Add operations to the graph before calling run().",
      { graph, session in try Session(graph: Graph()).run("y:0") }
    ),
    (
      "No session factory registered for the given session options: {target: \"bogus://x\"",
      { graph, session in _ = try Session("bogus://x") }
    ),
    (
      "Cannot evaluate tensor using `eval()`: No default session is registered.",
      { graph, session in _ = try graph.getTensorByName("y:0").eval() }
    ),
    (
      "Cannot execute operation using `run()`: No default session is registered.",
      { graph, session in try graph.getOperationByName("nop").run() }
    ),
    (
      "Cannot use the default session to evaluate tensor: the tensor's graph is different from",
      { graph, session in
        try Session(graph: Graph()).asDefault { _ = try graph.getTensorByName("y:0").eval() }
      }
    ),
    (
      "The name 'zz' refers to an Operation not in the graph.",
      { graph, session in _ = try graph.getOperationByName("zz") }
    ),
    (
      "Name 'x:0' appears to refer to a Tensor, not a Operation.",
      { graph, session in _ = try graph.getOperationByName("x:0") }
    ),
    (
      """
      The name 'x' refers to an Operation, not a Tensor. Tensor names must be of the form \
      "<op_name>:<output_index>".
      """, { graph, session in _ = try graph.getTensorByName("x") }
    ),
    (
      """
      The name 'x:0:1' looks a like a Tensor name, but is not a valid one. Tensor names must be of \
      the form "<op_name>:<output_index>".
      """, { graph, session in _ = try graph.asGraphElement("x:0:a") }
    ),
    (
      "allow_tensor and allow_operation can't both be False.",
      { graph, session in
        _ = try graph.asGraphElement("x", allowTensor: false, allowOperation: false)
      }
    ),
    (
      "Can not convert a Operation into a Tensor.",
      { graph, session in
        _ = try graph.asGraphElement(graph.getOperationByName("nop"), allowOperation: false)
      }
    ),
    (
      "Graph is finalized and cannot be modified.",
      { graph, session in
        graph.finalize()
        _ = try tf.constant(1.0)
      }
    ),
    (
      "Must specify at least one target to fetch or execute.",
      { graph, session in _ = try session.partialRunSetup([Tensor](), feeds: ["x:0"]) }
    ),
    (
      "Attempted to map inputs that were not found in graph_def: [zz:0]",
      { graph, session in
        try tf.importGraphDef(graph.graphDef, inputMap: ["zz:0": graph.getTensorByName("y:0")])
      }
    ),
    (
      "Requested return tensor 'q:0' not found in graph def",
      { graph, session in
        try tf.importGraphDef(graph.graphDef, returnElements: ["q:0"])
      }
    ),
    (
      "Requested return node 'q' not found in graph def",
      { graph, session in try tf.importGraphDef(graph.graphDef, returnElements: ["q"]) }
    ),
    (
      "Invalid return output 3 of node 'x', which has 1 output(s)",
      { graph, session in try tf.importGraphDef(graph.graphDef, returnElements: ["x:3"]) }
    ),
    (
      "Node 'k': Unknown input node 'gone'",
      { graph, session in
        var definition = GraphDef()
        definition.nodes = [
          NodeDef(name: "k", op: "Identity", inputs: ["gone"], attrs: ["T": .type(.float32)])
        ]
        try tf.importGraphDef(definition)
      }
    ),
    (
      "GraphDef min consumer version 9999 above current version 2474",
      { graph, session in
        var definition = graph.graphDef
        definition.versions.minConsumer = 9999
        try tf.importGraphDef(definition)
      }
    ),
  ]

  @Test(arguments: errors.indices) func errorsAreTensorFlows(_ index: Int) throws {
    let row = Self.errors[index]
    try Self.inGraph { graph in
      let x = try tf.placeholder(.float32, [nil, 2], name: "x")
      _ = try tf.add(x, 1.0, name: "y")
      try tf.noOp(name: "nop")
      let session = Session(graph: graph)
      defer { session.close() }
      let found = Self.message { try row.program(graph, session) }
      #expect(found.contains(row.text.replacing("x:0:1", with: "x:0:a")))
    }
  }

  @Test func eagerCallsRefuseWhatBelongsToGraphs() {
    #expect(
      Self.message { _ = try tf.placeholder(.float32) }
        == "tf.placeholder() is not compatible with eager execution.")
    #expect(
      Self.message { _ = try tf.sparsePlaceholder(.float32) }
        == "`sparse_placeholder` is not compatible with eager execution.")
    #expect(
      Self.message { _ = try tf.train.stringInputProducer(["a"]) }
        .hasPrefix("Input pipelines based on Queues are not supported when eager execution"))
    #expect(
      Self.message { try tf.train.startQueueRunners() }
        .hasPrefix("QueueRunners are not supported when eager execution is enabled."))
  }

  @Test func callablesTakeTheirFeedsInOrder() throws {
    try Self.inGraph { graph in
      let a = try tf.placeholder(.float32, [], name: "a")
      let b = try tf.placeholder(.float32, [], name: "b")
      let session = Session(graph: graph)
      let call = try session.makeCallable([a - b, a + b], feedList: [a, "b:0"])
      let values = try call([5, 3.0])
      #expect(try values.map { try Float($0) } == [2, 8])
      #expect(Self.message { _ = try call([1]) }.contains("takes 2 values"))
      session.close()
      #expect(Self.message { _ = try call([1, 2]) } == "Session has been closed.")
    }
  }

  @Test func partialRunsGoOnAsFeedsCome() throws {
    try Self.inGraph { graph in
      let names = ["a", "b", "c"]
      let feeds = try names.map { try tf.placeholder(.float32, [], name: $0) }
      let counter = try tf.Variable(0.0, name: "counter")
      let counted = try tf.assignAdd(counter, 1.0)
      let first = try tf.controlDependencies([counted]) {
        try tf.add(feeds[0], feeds[1], name: "r1")
      }
      let second = try tf.multiply(first, feeds[2], name: "r2")
      let session = Session(graph: graph)
      try session.run(counter.initializer)
      func setUp() throws -> PartialRunHandle {
        try session.partialRunSetup([first, second], feeds: feeds)
      }
      var handle = try setUp()
      #expect(try Float(session.partialRun(handle, first, feedDict: ["a:0": 1, "b:0": 2])) == 3)
      #expect(try Float(session.partialRun(handle, second, feedDict: ["c:0": 3])) == 9)
      // What ran in the first part did not run again in the second.
      #expect(try Float(session.run(counter)) == 1)
      #expect(
        Self.message { try session.partialRun(handle, second, feedDict: ["c:0": 3]) }
          == "Must run 'setup' before performing partial runs!")
      handle = try setUp()
      #expect(
        Self.message { try session.partialRun(handle, second, feedDict: ["c:0": 3]) }
          .hasSuffix("can't be computed from the feeds that have been fed so far."))
      handle = try setUp()
      try session.partialRun(handle, first, feedDict: ["a:0": 1, "b:0": 2])
      #expect(
        Self.message { try session.partialRun(handle, second, feedDict: ["a:0": 1, "c:0": 3]) }
          == "The feed a:0 has already been fed.")
      #expect(
        Self.message { try session.partialRun(handle, first, feedDict: ["c:0": 3]) }
          == "The fetch r1:0 has already been fetched.")
      handle = try session.partialRunSetup([first], feeds: Array(feeds.prefix(2)))
      #expect(
        Self.message { try session.partialRun(handle, second, feedDict: ["c:0": 3]) }
          == "The feed c:0 was not specified in partial_run_setup.")
    }
  }

  @Test func sparseTensorsAreFedAndFetchedWhole() throws {
    try Self.inGraph { graph in
      let sparse = try tf.sparsePlaceholder(.float32, shape: [2, 3])
      var feeds: FeedDict = [:]
      feeds.feed(
        sparse,
        tf.SparseTensorValue(
          indices: try Tensor([[0, 1], [1, 2]], dtype: .int64), values: try Tensor([5.0, 7.0]),
          denseShape: try Tensor([2, 3], dtype: .int64)))
      let value = try Session(graph: graph).run(sparse, feedDict: feeds)
      #expect(try [Float](value.values) == [5, 7])
      #expect(try [[Int]](value.indices) == [[0, 1], [1, 2]])
    }
  }

  @Test func interactiveSessionsAreTheDefaultUntilTheyAreClosed() throws {
    try Self.inGraph { graph in
      let x = try tf.constant(3.0)
      let session = tf.InteractiveSession()
      #expect(try Float(x.eval()) == 3)
      session.close()
      #expect(Self.message { _ = try x.eval() }.contains("No default session is registered"))
      let value = try tf.withSession { inner in
        #expect(tf.getDefaultSession() === inner)
        return try Float((x + 1.0).eval())
      }
      #expect(value == 4)
    }
  }

  @Test func whatIsRecordedOfARunIsWritten() throws {
    let folder = try TemporaryFolder()
    try Self.inGraph { graph in
      let x = try tf.placeholder(.float32, [], name: "x")
      let y = try tf.multiply(x, 2.0, name: "product")
      let metadata = tf.RunMetadata()
      try Session(graph: graph).run(
        y, feedDict: [x: 1.0], options: tf.RunOptions(traceLevel: .fullTrace),
        runMetadata: metadata)
      // The field of the message and its length, and the same of each message inside.
      let bytes = metadata.serializeToString()
      #expect(bytes.first == 10)
      #expect(String(decoding: bytes, as: UTF8.self).contains("product"))
      let writer = try tf.summary.FileWriter(folder.path)
      try writer.addRunMetadata(metadata, "step 1", globalStep: 1)
      #expect(
        Self.message { try writer.addRunMetadata(metadata, "step 1", globalStep: 2) }
          == "The provided tag was already used for this event type")
      try writer.close()
    }
    let file = try tf.gfile.GFile(folder.file(#require(folder.names.first)), "rb").readBytes()
    #expect(String(decoding: file, as: UTF8.self).contains("step 1"))
  }

  @Test func configurationsSayWhatTheyIgnore() {
    var config = tf.ConfigProto(allowSoftPlacement: true)
    config.gpuOptions.allowGrowth = true
    config.interOpParallelismThreads = 1
    #expect(config.ignored == ["allow_soft_placement", "gpu_options"])
  }

  @Test func graphsAreDescribedAndExtended() throws {
    try Self.inGraph { graph in
      let x = try tf.constant([1.0, 2.0], name: "x")
      let before = graph.version
      let op = try graph.createOp("Neg", [x], name: "mine")
      #expect(op.name == "mine")
      #expect(try x.consumers() == [op])
      #expect(graph.asGraphDef(fromVersion: before).nodes.map(\.name) == ["mine"])
      let shapes = graph.asGraphDef(addShapes: true).nodes[1].attrs["_output_shapes"]
      #expect(shapes == .shapes([PartialShape([2])]))
      #expect(graph.uniqueName("u", markAsUsed: false) == "u")
      #expect(graph.uniqueName("u", markAsUsed: true) == "u")
      #expect(graph.uniqueName("U", markAsUsed: true) == "U_1")
      let queue = try graph.container("c") { try tf.FIFOQueue(1, [.float32]) }
      #expect(try queue.reference.handle.op.getAttr("container") == .string("c"))
      tf.addToCollection("mine", x)
      #expect(graph.getAllCollectionKeys() == ["mine"])
      graph.clearCollection("mine")
      #expect(graph.getAllCollectionKeys().isEmpty)
      let names = try tf.importGraphDef(graph.graphDef, returnElements: ["x:0"], name: "")
      #expect(try names[0].name == "x_1:0")
    }
  }

  @Test func threadsShareASessionWhileItsGraphGrows() throws {
    try Self.inGraph { graph in
      let x = try tf.placeholder(.float32, [], name: "x")
      let y = try tf.multiply(x, 2.0, name: "y")
      let session = Session(graph: graph)
      let wrong = Lock(0)
      let threads = (0..<64).map { index in
        tf.train.ProgramThread {
          for run in 0..<50 {
            let value = Float(index * 50 + run)
            let found = try? Float(session.run(y, feedDict: [x: value]))
            if found != value * 2 { wrong.withLock { $0 += 1 } }
          }
        }
      }
      for thread in threads { try thread.start() }
      for _ in 0..<100 { _ = try tf.add(y, 1.0) }
      for thread in threads { thread.join() }
      #expect(wrong.withLock { $0 } == 0)
      #expect(threads.allSatisfy { !$0.isAlive })
    }
  }
}
