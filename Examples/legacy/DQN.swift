public import CompatV1

/// Deep Q learning on made transitions: an online and a target network.
public struct DQN: LegacyProgram {
  public static let (states, actions) = (4, 3)
  public let state, action, reward, nextState, terminal: Tensor
  public let q, loss: Tensor
  let updateTarget: tf.Operation?

  private static func network(_ state: Tensor, _ scope: String) throws -> Tensor {
    try tf.variableScope(scope) { _ in
      let w1 = try tf.getVariable(
        "w1", [states, 24], initializer: tf.varianceScalingInitializer(scale: 2.0))
      let b1 = try tf.getVariable("b1", [24], initializer: tf.zerosInitializer())
      let h = try tf.nn.relu(tf.matmul(state, w1) + b1)
      let w2 = try tf.getVariable(
        "w2", [24, actions], initializer: tf.randomUniformInitializer(minval: -0.3, maxval: 0.3))
      let b2 = try tf.getVariable("b2", [actions], initializer: tf.zerosInitializer())
      return try tf.matmul(h, w2) + b2
    }
  }

  /// The model of dqn.py.
  public init() throws {
    tf.setRandomSeed(11)
    state = try tf.placeholder(tf.float32, [nil, Self.states], name: "state")
    action = try tf.placeholder(tf.int32, [nil], name: "action")
    reward = try tf.placeholder(tf.float32, [nil], name: "reward")
    nextState = try tf.placeholder(tf.float32, [nil, Self.states], name: "next_state")
    terminal = try tf.placeholder(tf.float32, [nil], name: "terminal")

    q = try Self.network(state, "online")
    let nextQ = try Self.network(nextState, "target")
    let chosen = try tf.reduceSum(q * tf.oneHot(action, Self.actions), axis: 1)
    let target = try tf.stopGradient(
      reward + 0.95 * (1.0 - terminal) * tf.reduceMax(nextQ, axis: 1))
    let error = try chosen - target
    let huber = try tf.where(
      tf.abs(error) < 1.0, 0.5 * tf.square(error), tf.abs(error) - 0.5)
    loss = try tf.reduceMean(huber, name: "loss")

    let online = try tf.getCollection(tf.GraphKeys.globalVariables, scope: "online")
    let copies = try tf.getCollection(tf.GraphKeys.globalVariables, scope: "target")
    updateTarget = try tf.group(
      zip(online, copies).map { o, t in try tf.assign(t, o) }, name: "update_target")
  }

  public func train(steps: Int) throws -> [Float] {
    let online = try tf.getCollection(tf.GraphKeys.globalVariables, scope: "online")
    let optimizer = try tf.train.AdamOptimizer(0.01)
    let pairs = try optimizer.computeGradients(loss, varList: online)
    let clipped = try pairs.map { pair in
      (try pair.gradient.map { try tf.clipByNorm($0, 10.0) }, pair.variable)
    }
    let train = try optimizer.applyGradients(clipped)
    let data = try Self.transitions()
    func copy(_ session: tf.Session) throws { try session.run(updateTarget) }
    return try trained(steps, before: copy) { session, step in
      let batch = step % 4 * 32..<step % 4 * 32 + 32
      let value = try session.run(
        (train, loss),
        feedDict: [
          state: rows(data[0], batch), nextState: rows(data[1], batch),
          action: rows(data[2], batch), reward: rows(data[3], batch),
          terminal: rows(data[4], batch),
        ]
      ).1
      if step % 8 == 7 { try copy(session) }
      return value
    }
  }

  /// What steps are fed: states and those that follow, actions, rewards, and whether it ended.
  public static func transitions() throws -> [Tensor] {
    var numbers = Numbers(12)
    let states = try [numbers.uniform(128, states), numbers.uniform(128, states)]
    let taken = try [numbers.integers(actions, 128), numbers.uniform(128)]
    let chances = try numbers.uniform(128)
    return try states + taken + [withBehavior(.v2) { try tf.cast(chances < 0.1, tf.float32) }]
  }
}
