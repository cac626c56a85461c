import CompatV1
import Testing

@Suite struct FirstUseSessionTests {
  private typealias tf = CompatV1.tf

  private func program() throws -> (graph: Graph, x: Tensor, y: Tensor, z: Tensor, op: Operation) {
    let graph = tf.Graph()
    return try graph.asDefault {
      let x = try tf.placeholder(.float32, shape: [nil], name: "x")
      let y = try tf.multiply(x, 2.0, name: "y")
      let z = try tf.add(y, 1.0, name: "z")
      return (graph, x, y, z, try y.op)
    }
  }

  @Test func runsTensorsNamesOperationsAndStructures() throws {
    let (graph, x, y, z, op) = try program()
    let session = tf.Session(graph: graph)
    #expect(try [Float](session.run(y, feedDict: [x: [1.0, 2.0]])) == [2, 4])
    #expect(try [Float](session.run("z:0", feedDict: ["x:0": [1, 2]])) == [3, 5])
    #expect(try session.run([y, z], feedDict: [x: [1]]).map { try [Float]($0) } == [[2], [3]])
    let (_, value, named) = try session.run((op, z, "y:0"), feedDict: [x: [3]])
    #expect(try [Float](value) == [7] && [Float](named) == [6])
    let structure = try session.run(["all": [y, z]], feedDict: ["x": [1]])
    #expect(try structure["all"]?.map { try [Float]($0) } == [[2], [3]])
    let mixed = try session.run([op, "y:0", z] as [any Fetchable], feedDict: [x: [1]])
    #expect(mixed.map { $0 == nil } == [true, false, false])
    try session.run(op, feedDict: [x: [1]])
  }

  @Test func feedsTheLaterOfTwoValuesForOneTensor() throws {
    let (graph, x, y, _, _) = try program()
    let session = tf.Session(graph: graph)
    #expect(try [Float](session.run(y, feedDict: [x: [1], "x:0": [5]])) == [10])
    #expect(try [Float](session.run("y", feedDict: FeedDict(["x": Tensor([2])]))) == [4])
  }

  @Test func namesWhatIsNotInTheGraph() throws {
    let (graph, x, y, _, _) = try program()
    let session = tf.Session(graph: graph)
    let other = try program()
    let missing = #expect(throws: TFError.self) { try session.run("w:0") }
    #expect(missing?.message.contains("cannot be interpreted as a Tensor") == true)
    let key = #expect(throws: TFError.self) { try session.run(y, feedDict: ["xx:0": [1]]) }
    #expect(key?.message.contains("Did you mean 'x'?") == true)
    #expect(throws: TFError.self) { try session.run(other.y, feedDict: [x: [1]]) }
    #expect(throws: TFError.self) { try session.run(other.op, feedDict: [x: [1]]) }
  }

  @Test func looksIntoAGraph() throws {
    let (graph, x, y, _, op) = try program()
    #expect(graph.getOperations().map(\.name).contains("y"))
    #expect(try graph.getTensorByName("y:0").name == "y:0")
    #expect(try graph.getTensorByName(y.name).op == op)
    #expect(try graph.getOperationByName("y") == op)
    #expect(op.type == "Mul")
    #expect(try op.inputs[0].name == "x:0")
    #expect(op.outputs[0].shape.rank == 1)
    #expect("\(x)" == "Tensor(\"x:0\", shape=(None,), dtype=float32)")
    withBehavior(.v1) {
      #expect("\(x)" == "Tensor(\"x:0\", shape=(?,), dtype=float32)")
      #expect(String(reflecting: x) == "<tf.Tensor 'x:0' shape=(?,) dtype=float32>")
    }
    #expect("\(op)" == "<tf.Operation 'y' type=Mul>")
    let error = #expect(throws: TFError.self) { try graph.getOperationByName("Y") }
    #expect(error?.message.contains("Did you mean 'y'?") == true)
    #expect(throws: TFError.self) { try Tensor(1.0).name }
  }
}
