import CompatV1
import CoreGraph
import CoreOps
import Foundation
import Models
import Testing

/// Conditionals, loops and tensor arrays give the graphs that TensorFlow makes of the same
/// programs, in TF-1's form and made of functions. `script/flow-graphs` records them.
@Suite struct FlowGraphTests {
  @Test(arguments: FlowPrograms.all.map(\.name), ["v1", "v2"])
  func haveTensorFlowsNodes(name: String, form: String) throws {
    let program = try #require(FlowPrograms.all.first { $0.name == name })
    let url = try #require(
      Bundle.module.url(
        forResource: "\(name).\(form)", withExtension: "pb", subdirectory: "Fixtures/flow"))
    let expected = try GraphDef(contentsOf: url.path)
    var behavior = Behavior.v1
    behavior.controlFlowV2 = form == "v2"
    let graph = Graph()
    try withBehavior(behavior) { try graph.asDefault(program.body) }
    let comparison = GraphComparison(expected: expected, made: graph.graphDef)
    for difference in comparison.differences { Issue.record("\(difference)") }
  }

  @Test(arguments: FlowPrograms.all.map(\.name))
  func keepTheContextsThatMetaGraphsHave(name: String) throws {
    let program = try #require(FlowPrograms.all.first { $0.name == name })
    let url = try #require(
      Bundle.module.url(
        forResource: "contexts", withExtension: "json", subdirectory: "Fixtures/flow"))
    let all = try JSONDecoder().decode(
      [String: [String: [String]]].self, from: Data(contentsOf: url))
    let graph = Graph()
    try withBehavior(.v1) { try graph.asDefault(program.body) }
    let collections = graph.flowCollections
    for (key, expected) in try #require(all[name]) {
      let made: [[UInt8]] = if case .bytes(let values)? = collections[key] { values } else { [] }
      #expect(made.count == expected.count)
      for (bytes, wanted) in zip(made, expected) {
        let hexadecimal = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hexadecimal == wanted, "\(String(decoding: bytes, as: UTF8.self))")
      }
    }
  }
}
