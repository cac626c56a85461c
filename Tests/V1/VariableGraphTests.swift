import CompatV1
import Testing

/// Programs with variables give the graphs that TensorFlow makes of them.
@Suite struct VariableGraphTests {
  static let programs: [(name: String, body: @Sendable () throws -> Void)] = [
    (
      "plain",
      {
        let v = try tf.Variable([1.0, 2.0], name: "v")
        _ = try v + 1.0
        _ = try tf.reduceSum(v)
        try tf.assign(v, [2.0, 3.0], name: "set")
        try v.assignAdd([1.0, 1.0])
        try tf.scatterSub(v, [0], [1.0])
        _ = try tf.isVariableInitialized(v)
        _ = try tf.controlDependencies([v.assignSub([1.0, 2.0])]) { try tf.identity(v) }
        _ = try tf.globalVariablesInitializer()
      }
    ),
    (
      "scoped",
      {
        let (a, w, b) = try tf.variableScope("a") { a in
          let w = try tf.getVariable(
            "w", [2, 3], initializer: tf.truncatedNormalInitializer(stddev: 0.1, seed: 3))
          let b = try tf.getVariable("b", [3], initializer: tf.zerosInitializer())
          _ = try tf.Variable(1, trainable: false, name: "c")
          return (a, w, b)
        }
        try tf.variableScope(a, reuse: true) {
          #expect(try tf.getVariable("w", [2, 3]) === w)
          _ = try tf.constant(1.0, name: "k")
        }
        try tf.variableScope("a", reuse: .autoReuse) {
          _ = try tf.getVariable("e", initializer: [3, 4])
          _ = try tf.getVariable("f", initializer: tf.constant(4.0))
        }
        try tf.variableScope(nil, defaultName: "d") {
          _ = try tf.getVariable("g", [2], dtype: .int32)
        }
        try tf.variableScope(nil, defaultName: "d") { _ = try tf.getVariable("g", [2, 2]) }
        _ = try tf.matmul(tf.ones([1, 2]), w) + b
      }
    ),
  ]

  @Test(arguments: programs.map(\.name), [false, true])
  func haveTensorFlowsNodes(name: String, resources: Bool) throws {
    let program = try #require(Self.programs.first { $0.name == name })
    let graph = try GraphDump.graph(resources: resources, program.body)
    let expected = try GraphDump.recorded("variables.graphs")
    let heading = "\(name) \(resources ? "resource" : "reference")"
    try GraphDump.expectEqual(GraphDump.lines(graph), #require(expected[heading]))
  }
}
