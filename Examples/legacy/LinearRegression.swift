public import CompatV1

/// Linear regression by gradient descent on a feed.
public struct LinearRegression: LegacyProgram {
  public let X, Y, prediction, cost: Tensor
  let W, b: tf.Variable

  /// The model of linear_regression.py.
  public init() throws {
    X = try tf.placeholder(tf.float32, [nil, 3], name: "X")
    Y = try tf.placeholder(tf.float32, [nil, 1], name: "Y")

    W = try tf.Variable(tf.zeros([3, 1]), name: "weight")
    b = try tf.Variable(0.1, name: "bias")

    prediction = try tf.add(tf.matmul(X, W), b)
    cost = try tf.reduceSum(tf.pow(prediction - Y, 2)) / (2 * 64)
  }

  public func train(steps: Int) throws -> [Float] {
    let optimizer = try tf.train.GradientDescentOptimizer(0.3).minimize(cost)
    let (features, targets) = try Self.feeds()
    return try trained(steps) { session, _ in
      try session.run((optimizer, cost), feedDict: [X: features, Y: targets]).1
    }
  }

  /// What its steps are fed.
  public static func feeds() throws -> (features: Tensor, targets: Tensor) {
    var numbers = Numbers(4)
    let features = try numbers.uniform(64, 3)
    return try withBehavior(.v2) {
      (features, try tf.matmul(features, [[2.0], [-3.0], [0.5]] as [[Float]]) + 1.0)
    }
  }
}
