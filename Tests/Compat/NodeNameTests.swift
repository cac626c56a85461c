import Compat
import CoreGraph
import CoreOps
import Foundation
import Testing

/// Graphs have the nodes that TensorFlow makes of the same programs: names, ops, inputs and static
/// shapes. `script/node-names` records them.
@Suite struct NodeNameTests {
  struct Recorded: Decodable, Equatable, CustomStringConvertible {
    let name: String
    let op: String
    let inputs: [String]
    let shapes: [[Int?]?]

    var description: String {
      let shapes = shapes.map { shape in
        shape.map { "[\($0.map { $0.map(String.init) ?? "?" }.joined(separator: ","))]" } ?? "any"
      }
      return "\(name) = \(op)(\(inputs.joined(separator: ", "))) \(shapes.joined(separator: " "))"
    }
  }

  static let expected: [String: [Recorded]] = {
    guard
      let url = Bundle.module.url(
        forResource: "node-names", withExtension: "json", subdirectory: "Fixtures"),
      let data = try? Data(contentsOf: url),
      let programs = try? JSONDecoder().decode([String: [Recorded]].self, from: data)
    else { return [:] }
    return programs
  }()

  private func nodes(_ graph: Graph) -> [Recorded] {
    let nodes = graph.nodes
    return nodes.map { node in
      Recorded(
        name: node.name, op: node.opName,
        inputs: node.inputs.map { "\(nodes[$0.node].name):\($0.index)" }
          + node.controlInputs.map { "^" + nodes[$0].name },
        shapes: node.outputShapes.map { $0.dims.map { $0.map { $0?.value } } })
    }
  }

  @Test func everyRecordedProgramIsWrittenHere() {
    #expect(Set(Self.expected.keys) == Set(NodeNamePrograms.all.map(\.name)))
    #expect(Self.expected.count >= 40)
  }

  @Test(arguments: NodeNamePrograms.all)
  func graphsHaveTheNodesOfTensorFlow(program: NodeNamePrograms.Program) throws {
    let expected = try #require(Self.expected[program.name])
    let graph = Graph()
    try graph.asDefault { try program.body() }
    let made = nodes(graph)
    // Constants may be made in another order than TensorFlow makes them.
    let missing = expected.filter { !made.contains($0) }
    let extra = made.filter { !expected.contains($0) }
    #expect(
      missing.isEmpty && extra.isEmpty,
      """
      expected and missing:
      \(missing.map(\.description).joined(separator: "\n"))
      made and not expected:
      \(extra.map(\.description).joined(separator: "\n"))
      """)
  }
}
