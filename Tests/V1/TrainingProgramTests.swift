import CompatV1
import CoreOps
import Testing

/// A program in TF-1 style trains from its first variable to its last step.
@Suite struct TrainingProgramTests {
  @Test(arguments: [false, true]) func aLineIsFitted(resources: Bool) throws {
    var behavior = Behavior.v1
    behavior.resourceVariables = resources
    try withBehavior(behavior) {
      try tf.Graph().asDefault {
        let x = try tf.placeholder(.float32, [nil], name: "x")
        let y = try tf.placeholder(.float32, [nil], name: "y")
        let (w, b) = try tf.variableScope("line") {
          (
            try tf.getVariable("w", [], initializer: tf.zerosInitializer()),
            try tf.getVariable("b", [], initializer: tf.zerosInitializer())
          )
        }
        let loss = try tf.reduceMean(tf.square(w * x + b - y))
        let train = try tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        let session = tf.Session()
        try session.run(tf.globalVariablesInitializer())
        var losses: [Float] = []
        for _ in 0..<200 {
          let (value, _) = try session.run(
            (loss, train), feedDict: [x: [0, 1, 2, 3], y: [1, 3, 5, 7]])
          losses.append(try Float(value))
        }
        #expect(losses[0] == 21)
        #expect(try abs(Float(session.run(w)) - 2) < 1e-3)
        #expect(try abs(Float(session.run(b)) - 1) < 2e-3)
      }
    }
  }
}
