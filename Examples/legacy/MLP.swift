public import CompatV1

/// A perceptron with two hidden layers and dropout.
public struct MLP: LegacyProgram {
  public let x, y, keepProb, logits, loss: Tensor

  /// The model of mlp.py.
  public init() throws {
    tf.setRandomSeed(6)
    x = try tf.placeholder(tf.float32, [nil, 64], name: "x")
    y = try tf.placeholder(tf.int32, [nil], name: "y")
    keepProb = try tf.placeholderWithDefault(1.0, [], name: "keep_prob")

    func layer(_ inputs: Tensor, _ size: Int, _ name: String) throws -> Tensor {
      try tf.variableScope(name) { _ in
        let w = try tf.getVariable(
          "w", [inputs.shape[1]?.value ?? -1, size],
          initializer: tf.truncatedNormalInitializer(stddev: 0.1))
        let b = try tf.getVariable("b", [size], initializer: tf.constantInitializer(0.1))
        return try tf.nn.biasAdd(tf.matmul(inputs, w), b)
      }
    }

    let h1 = try tf.nn.dropout(tf.nn.relu(layer(x, 48, "hidden1")), keepProb)
    let h2 = try tf.nn.dropout(tf.nn.relu(layer(h1, 32, "hidden2")), keepProb, seed: 11)
    logits = try layer(h2, 10, "output")

    loss = try tf.reduceMean(
      tf.nn.sparseSoftmaxCrossEntropyWithLogits(labels: y, logits: logits))
  }

  public func train(steps: Int) throws -> [Float] {
    let optimizer = try tf.train.AdamOptimizer(0.01).minimize(loss)
    let (pictures, labels) = try digits(240)
    let images = try withBehavior(.v2) { try tf.reshape(pictures, [-1, 64]) }
    return try trained(steps) { session, step in
      let batch = step % 4 * 50..<step % 4 * 50 + 50
      return try session.run(
        (optimizer, loss),
        feedDict: [x: rows(images, batch), y: rows(labels, batch), keepProb: 0.8]
      ).1
    }
  }
}
