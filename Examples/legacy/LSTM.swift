public import CompatV1

/// Digits read row by row by an LSTM with `dynamicRnn`.
public struct LSTM {
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
}
