import CompatV1
import CoreGraph
import CoreOps
import Foundation
import LegacyExamples
import Serialization
import Testing

/// The models of Examples/legacy are TensorFlow's: the same nodes, the same values before the first
/// step, the same first loss, and of those that train the same losses. Examples/legacy/record.py
/// records them.
@Suite struct LegacyModelTests {
  struct Program: Sendable {
    let name: String
    /// Adds the model, and gives its loss and what the first step feeds.
    let model: @Sendable () throws -> (loss: Tensor, feeds: FeedDict)
  }

  static let programs: [Program] = [
    Program(name: "linear_regression") {
      let (model, data) = try (LinearRegression(), LinearRegression.feeds())
      return (model.cost, [model.X: data.features, model.Y: data.targets])
    },
    Program(name: "logistic_regression") {
      let model = try LogisticRegression()
      return (model.loss, [:])
    },
    Program(name: "mlp") {
      let (model, data) = try (MLP(), digits(50))
      let images = try withBehavior(.v2) { try tf.reshape(data.images, [-1, 64]) }
      return (model.loss, [model.x: images, model.y: data.labels, model.keepProb: 0.8])
    },
    Program(name: "word2vec") {
      let (model, pairs) = try (Word2Vec(), Word2Vec.pairs().prefix(16))
      return (
        model.loss,
        [model.inputs: pairs.map { Int32($0.word) }, model.labels: pairs.map { [Int32($0.near)] }]
      )
    },
    Program(name: "dqn") {
      let model = try DQN()
      return (model.loss, [:])
    },
    Program(name: "lstm") {
      let (model, data) = try (LSTM(), digits(40))
      let images = try withBehavior(.v2) { try tf.reshape(data.images, [-1, 8, 8]) }
      return (
        model.loss,
        [
          model.x: images, model.y: data.labels,
          model.length: (0..<40).map { Int32(8 - $0 % 3) },
        ]
      )
    },
  ]

  /// Losses whose first step needs more than the model: the order of a shuffle, copied variables.
  private static let laterLosses: Set = ["logistic_regression", "dqn"]

  private struct Curve: Decodable { let losses: [Float] }

  private func fixture(_ program: String, _ file: String) throws -> URL {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    return url.appending(path: "\(program)/\(file)")
  }

  @Test(arguments: programs.map(\.name), [false, true])
  func areThoseOfTensorFlow(name: String, resources: Bool) throws {
    let program = try #require(Self.programs.first { $0.name == name })
    var behavior = Behavior.v1
    behavior.resourceVariables = resources
    try withBehavior(behavior) {
      let (loss, feeds) = try program.model()
      let file = resources ? "graph-resource.txt" : "graph.txt"
      let recorded = try String(contentsOf: fixture(name, file), encoding: .utf8)
        .split(separator: "\n").map { String($0).replacing(Self.waited, with: "") }
      let made = GraphText().lines(tf.getDefaultGraph().graphDef).map {
        $0.replacing(Self.waited, with: "")
      }
      GraphDump.expectEqual(
        made, Array(recorded.prefix(made.count)), ordered: !Self.otherOrder.contains(name))
      let session = Session()
      try session.run(tf.globalVariablesInitializer())
      let initial = try NpzReader(fixture(name, "initial.npz").path)
      for variable in try tf.globalVariables() {
        let node = String(variable.name.dropLast(2))
        let value = try session.run(variable.asTensor())
        let expected = try initial.read(node)
        #expect(value.hasSameElements(as: expected), "\(node) has other first values")
      }
      guard !Self.laterLosses.contains(name) else { return }
      let curve = try JSONDecoder().decode(
        Curve.self, from: Data(contentsOf: fixture(name, "curve.json")))
      let found = try session.run(loss, feedDict: feeds).scalars(Float.self)[0]
      let expected = curve.losses[0]
      #expect(abs(found - expected) <= 1e-4 * abs(expected), "\(found), not \(expected)")
    }
  }

  private static let trained: [(name: String, make: @Sendable () throws -> any LegacyProgram)] = [
    ("linear_regression", { try LinearRegression() }), ("mlp", { try MLP() }),
    ("word2vec", { try Word2Vec() }), ("dqn", { try DQN() }), ("lstm", { try LSTM() }),
  ]

  @Test(arguments: trained.map(\.name), [false, true])
  func trainAsTensorFlowDoes(name: String, resources: Bool) throws {
    let make = try #require(Self.trained.first { $0.name == name }).make
    var behavior = Behavior.v1
    behavior.resourceVariables = resources
    let curve = try JSONDecoder().decode(
      Curve.self, from: Data(contentsOf: fixture(name, "curve.json")))
    let losses = try withBehavior(behavior) { try make().train(steps: 20) }
    for (step, (found, expected)) in zip(losses, curve.losses).enumerated() {
      #expect(
        abs(found - expected) <= 1e-4 * abs(expected), "step \(step): \(found), not \(expected)")
    }
    #expect(losses.count == curve.losses.count)
  }

  /// What nodes have that others wait for, some of which the rest of a program makes.
  private static let waited = " _has_manual_control_dependencies=true"

  /// Programs with loops, where what enters a loop is made before the operation that needs it.
  static let otherOrder: Set = ["lstm"]
}
