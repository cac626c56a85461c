import CompatV1
import CoreGraph
import CoreOps
import Foundation
import Testing

/// Optimizers add TensorFlow's nodes to a graph, and change variables as TensorFlow's do.
@Suite struct OptimizerTests {
  static let optimizers: [String: @Sendable () throws -> tf.train.Optimizer] = [
    "descent": { try tf.train.GradientDescentOptimizer(0.1) },
    "momentum": { try tf.train.MomentumOptimizer(0.1, 0.9) },
    "nesterov": { try tf.train.MomentumOptimizer(0.1, 0.9, useNesterov: true) },
    "adam": { try tf.train.AdamOptimizer(0.1) },
    "adagrad": { try tf.train.AdagradOptimizer(0.1) },
    "rmsprop": { try tf.train.RMSPropOptimizer(0.1, momentum: 0.5) },
    "centered": { try tf.train.RMSPropOptimizer(0.1, centered: true) },
    "adadelta": { try tf.train.AdadeltaOptimizer(0.1) },
  ]

  /// A node's line with control inputs in alphabetical order, as TensorFlow writes them.
  private static func normalized(_ line: String) throws -> String {
    let node = String(try #require(line.split(separator: ")").first))
    let groups = line.dropFirst(node.count)
    let parts = node.split(separator: "(", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return line }
    let inputs = parts[1].components(separatedBy: ", ")
    let controls = inputs.filter { $0.hasPrefix("^") }.sorted()
    let all = (inputs.filter { !$0.hasPrefix("^") } + controls).joined(separator: ", ")
    return "\(parts[0])(\(all)\(groups)"
  }

  static let kinds = ["dense reference", "dense resource", "sparse reference", "sparse resource"]

  private func step(_ optimizer: tf.train.Optimizer, sparse: Bool) throws
    -> (w: tf.Variable, b: tf.Variable, update: tf.Operation)
  {
    let w = try tf.variableScope("a") {
      try tf.getVariable("w", initializer: [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    }
    let b = try tf.getVariable("b", initializer: [0.5, -0.5])
    let count = try tf.Variable(0, trainable: false, name: "count")
    let rows = [[0.5, 1.0], [0.25, -1.0], [1.0, 1.0]]
    let gradient: GradientValue =
      if sparse {
        .slices(
          IndexedSlices(
            values: try tf.constant(rows, dtype: .float32, name: "rows"),
            indices: try tf.constant([2, 0, 2], name: "indices")))
      } else {
        .dense(try tf.constant(rows, dtype: .float32, name: "gradient"))
      }
    let bias = try tf.constant([1.0, -2.0], name: "bias")
    return (
      w, b, try optimizer.applyGradients([(gradient, w), (.dense(bias), b)], globalStep: count)
    )
  }

  @Test(arguments: optimizers.keys.sorted(), kinds)
  func addTensorFlowsNodesAndTakeItsSteps(name: String, kind: String) throws {
    let make = try #require(Self.optimizers[name])
    var expected = try #require(try GraphDump.recorded("optimizers.graphs")["\(name) \(kind)"])
    let last = expected.popLast()
    let values = try #require(last).split(separator: " ").dropFirst().map {
      try #require(Float($0))
    }
    let graph = try GraphDump.graph(resources: kind.hasSuffix("resource")) {
      let (w, b, update) = try step(make(), sparse: kind.hasPrefix("sparse"))
      try GraphDump.expectEqual(
        GraphDump.lines(tf.getDefaultGraph()).map { try Self.normalized($0) },
        expected.map { try Self.normalized($0) })
      let session = tf.Session()
      try session.run(tf.globalVariablesInitializer())
      for _ in 0..<3 { try session.run(update) }
      let found = try w.eval(session: session).flatten() + b.eval(session: session).flatten()
      for (a, b) in zip(found, values) { #expect(abs(a - b) <= 1e-6 * max(1, abs(b))) }
      #expect(found.count == values.count)
    }
    #expect(graph.collection("train_op").count == 1)
  }
}

extension Tensor {
  fileprivate func flatten() throws -> [Float] { elements(Float.self).map { $0 } }
}
