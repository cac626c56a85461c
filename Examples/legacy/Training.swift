import CompatV1

/// A program of this folder: a model, and how it is trained.
public protocol LegacyProgram {
  init() throws
  /// Trains from the first values in a session.
  ///
  /// - Returns: the loss of each step, before it is taken.
  func train(steps: Int) throws -> [Float]
}

/// Rows of an array of data.
func rows(_ data: Tensor, _ range: Range<Int>) throws -> Tensor {
  try withBehavior(.v2) { try data[range] }
}

/// Runs `step` from the variables' first values, and gives what it gives.
func trained(
  _ steps: Int, before: (tf.Session) throws -> Void = { _ in },
  _ step: (tf.Session, Int) throws -> Tensor
) throws -> [Float] {
  let session = tf.Session()
  defer { session.close() }
  try session.run(tf.globalVariablesInitializer())
  try before(session)
  return try (0..<steps).map { try Float(step(session, $0)) }
}
