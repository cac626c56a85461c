import CoreGraph
import CoreOps
import Serialization
import TestSupport
import Testing
import V1Graph

/// Dropout, batch normalisation and `Assert` by placeholders, as TensorFlow 2.21 writes them into a
/// graph without v2 control flow; the numbers are its own.
@Suite struct ConditionalModelTests {
  private func session() throws -> Session {
    let text = String(decoding: try Fixtures.bytes("conditionals.pbtxt"), as: UTF8.self)
    return try Session(graph: Graph(importing: GraphDef(text: text)))
  }

  private let x = [[1, 2, 3, 4], [0, 1, 0, -1], [2, -2, 1, 1]] as [[Float]]

  private func run(_ session: Session, training: Bool, limit: Float) throws -> [Tensor] {
    let metadata = RunMetadata()
    let values = try session.run(
      fetches: ["out", "mean"], feeds: ["x": x, "training": training, "limit": limit],
      options: RunOptions(traceLevel: .fullTrace), runMetadata: metadata)
    let ops = metadata.stepStats.events.filter { $0.kind == .step }.map(\.op)
    #expect(!ops.contains("Switch") && !ops.contains("Merge"), "\(ops)")
    return values
  }

  /// Of a session's first runs: with dropout, and without.
  private static let expected: [(training: Bool, out: [Float], mean: [Float])] = [
    (
      true,
      [
        -1.113783836, 2.411042213, -0.502675891, -0.197823510, 2.411042213, -1.683942795,
        1.311607361, -1.822084427, -0.813381374,
      ], [1.766666412, -0.333333313, 2.206666708]
    ),
    (
      false,
      [
        -4.187906742, -9.533258438, -0.278432369, -1.479260564, 2.173503876, -1.441599369,
        6.636682510, 0.010297954, -0.584377050,
      ], [0.1, 0.2, 0.3]
    ),
  ]

  @Test func branchesAreChosenByPlaceholders() throws {
    let session = try session()
    for (training, out, mean) in Self.expected {
      let values = try run(session, training: training, limit: 100)
      for (value, expected) in [(values[0], out), (values[1], mean)] {
        for (a, b) in zip(value.elements(Float.self), expected) { #expect(abs(a - b) < 1e-4) }
      }
    }
  }

  @Test func anAssertionFailsOnlyWhereItsConditionDoesNotHold() throws {
    let session = try session()
    let error = #expect(throws: TFError.self) {
      try run(session, training: false, limit: 0)
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.description.contains("assertion failed: [too large:] [6.63668") == true)
    #expect(error?.node == "Assert/AssertGuard/Assert")
  }
}
