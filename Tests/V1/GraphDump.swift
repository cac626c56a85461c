import CompatV1
import CoreGraph
import CoreOps
import Foundation
import Testing

/// Graphs as lines of text: `name = Op(input, ^control) loc:@group`.
enum GraphDump {
  static func lines(_ graph: Graph) -> [String] {
    graph.graphDef.nodes.map { node in
      // TensorFlow sorts what a node waits for.
      let data = node.inputs.filter { !$0.hasPrefix("^") }
      let inputs = data + node.inputs.filter { $0.hasPrefix("^") }.sorted()
      var line = "\(node.name) = \(node.op)(\(inputs.joined(separator: ", ")))"
      if case .list(let groups)? = node.attrs["_class"] {
        for case .bytes(let group) in groups {
          line += " " + String(decoding: group, as: UTF8.self)
        }
      }
      return line
    }
  }

  /// What TensorFlow made of programs, by the headings of a fixture.
  static func recorded(_ fixture: String) throws -> [String: [String]] {
    let url = try #require(
      Bundle.module.url(forResource: fixture, withExtension: "txt", subdirectory: "Fixtures"))
    var programs: [String: [String]] = [:]
    var heading = ""
    for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
      if line.hasPrefix("## ") {
        heading = String(line.dropFirst(3))
      } else {
        programs[heading, default: []].append(String(line))
      }
    }
    return programs
  }

  /// Runs a program of a graph in TF-1 style.
  static func graph(resources: Bool, _ program: () throws -> Void) throws -> Graph {
    var behavior = Behavior.v1
    behavior.resourceVariables = resources
    let graph = Graph()
    try withBehavior(behavior) { try graph.asDefault(program) }
    return graph
  }

  /// The node of an input: `a` of `a:1` and of `^a`.
  static func node(_ input: some StringProtocol) -> String {
    String(input.drop { $0 == "^" }.prefix { $0 != ":" })
  }

  /// The lines of nodes that some nodes need.
  static func needed(_ lines: [String], for names: [String]) -> [String] {
    var needed = Set(names)
    let kept = lines.reversed().filter { line in
      guard let equals = line.range(of: " = "), needed.contains(String(line[..<equals.lowerBound]))
      else { return false }
      let inputs = line.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }.split(separator: ", ")
      needed.formUnion(inputs.map { node($0) })
      return true
    }
    return kept.reversed()
  }

  static func expectEqual(_ found: [String], _ expected: [String], ordered: Bool = true) {
    for (index, line) in expected.enumerated() where !found.contains(line) {
      Issue.record("TensorFlow's node \(index) is missing: \(line)")
    }
    for line in found where !expected.contains(line) {
      Issue.record("TensorFlow does not have: \(line)")
    }
    guard ordered, Set(found) == Set(expected) else { return }
    let first = zip(found, expected).first { $0 != $1 }
    #expect(first == nil, "the order of nodes differs first where TensorFlow has the second")
  }
}
