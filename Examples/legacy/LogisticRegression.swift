public import CompatV1

/// Softmax regression on digits: weight decay by a collection, shuffled epochs.
public struct LogisticRegression {
  public let x, y, order, logits, loss: Tensor

  /// The model of logistic_regression.py.
  public init() throws {
    tf.setRandomSeed(5)
    x = try tf.placeholder(tf.float32, [nil, 8, 8, 1], name: "images")
    y = try tf.placeholder(tf.int64, [nil], name: "labels")
    order = try tf.randomShuffle(tf.range(240), seed: 7, name: "order")

    let x = x
    logits = try tf.variableScope(
      "softmax", regularizer: { w in try 1e-3 * tf.nn.l2Loss(w) }
    ) { _ in
      let weights = try tf.getVariable(
        "weights", [64, 10], initializer: tf.randomNormalInitializer(stddev: 0.1, seed: 3))
      let biases = try tf.getVariable(
        "biases", [10], initializer: tf.zerosInitializer(), regularizer: tf.noRegularizer)
      return try tf.nn.xwPlusB(tf.reshape(x, [-1, 64]), weights, biases, name: "logits")
    }

    let crossEntropy = try tf.reduceMean(
      tf.nn.softmaxCrossEntropyWithLogitsV2(labels: tf.oneHot(y, 10), logits: logits))
    let decay = try tf.addN(tf.getCollection(tf.GraphKeys.regularizationLosses))
    loss = try tf.add(crossEntropy, decay, name: "loss")
  }
}
