import CompatV1
import CoreGraph
import CoreOps
import Foundation
import Testing

/// `tf.gradients` adds the nodes that TensorFlow adds, but those whose results nobody reads.
/// Tests/TensorFlow/gradient_graphs.py records them, and says of which ops the nodes differ and
/// why.
@Suite struct GradientGraphTests {
  struct Recorded: Decodable {
    /// The graph of `y = f(x0, x1, …)` as a GraphDef in Base64.
    let graph: String
    /// The names of the gradients.
    let gradients: [String]
    let nodes: [String]
  }

  static let recorded: [String: Recorded] = {
    guard
      let url = Bundle.module.url(
        forResource: "gradients", withExtension: "json", subdirectory: "Fixtures"),
      let data = try? Data(contentsOf: url),
      let programs = try? JSONDecoder().decode([String: Recorded].self, from: data)
    else { return [:] }
    return programs
  }()

  @Test(arguments: recorded.keys.sorted()) func haveTensorFlowsNodes(name: String) throws {
    let program = try #require(Self.recorded[name])
    let bytes = try #require(Data(base64Encoded: program.graph))
    let graph = Graph()
    try withBehavior(.v1) {
      try graph.asDefault {
        try tf.importGraphDef(GraphDef(serialized: Array(bytes)), name: "")
        let xs = try program.gradients.indices.map { try graph.getTensorByName("x\($0):0") }
        let gradients = try tf.gradientValues(graph.getTensorByName("y:0"), xs)
        let names = try gradients.map { gradient in
          switch gradient {
          case nil: "None"
          case .dense(let tensor): try tensor.name
          case .slices: "slices"
          }
        }
        #expect(names == program.gradients)
      }
    }
    let names = program.gradients.map { GraphDump.node($0) }
    GraphDump.expectEqual(
      GraphDump.needed(GraphDump.lines(graph).filter { $0.hasPrefix("gradients") }, for: names),
      GraphDump.needed(program.nodes, for: names), ordered: false)
  }
}
