public import CompatV1

/// Digits read row by row by an LSTM with `dynamicRnn`.
public struct LSTM: LegacyProgram {
  public let x, y, length, loss: Tensor

  /// The model of lstm.py.
  public init() throws {
    tf.setRandomSeed(8)
    x = try tf.placeholder(tf.float32, [nil, 8, 8], name: "rows")
    y = try tf.placeholder(tf.int32, [nil], name: "labels")
    length = try tf.placeholder(tf.int32, [nil], name: "lengths")

    let cell = try tf.nn.rnnCell.BasicLSTMCell(24)
    let (_, state) = try tf.nn.dynamicRnn(
      cell, x, sequenceLength: length, dtype: tf.float32)
    let W = try tf.getVariable("W", [24, 10])
    let b = try tf.getVariable("b", [10], initializer: tf.zerosInitializer())
    let logits = try tf.matmul(state.h, W) + b

    loss = try tf.reduceMean(
      tf.nn.sparseSoftmaxCrossEntropyWithLogits(labels: y, logits: logits))
  }

  public func train(steps: Int) throws -> [Float] {
    let variables = try tf.trainableVariables()
    let (gradients, norm) = try tf.clipByGlobalNorm(tf.gradients(loss, variables), 1.0)
    let train = try tf.train.RMSPropOptimizer(0.02)
      .applyGradients(Array(zip(gradients, variables)))
    let (pictures, labels) = try digits(160)
    let images = try withBehavior(.v2) { try tf.reshape(pictures, [-1, 8, 8]) }
    return try trained(steps) { session, step in
      let batch = step % 4 * 40..<step % 4 * 40 + 40
      return try session.run(
        (train, loss, norm),
        feedDict: [
          x: rows(images, batch), y: rows(labels, batch), length: batch.map { Int32(8 - $0 % 3) },
        ]
      ).1
    }
  }
}
