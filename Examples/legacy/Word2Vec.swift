public import CompatV1

/// Word vectors by the skip-gram model with noise-contrastive estimation.
public struct Word2Vec: LegacyProgram {
  public static let (vocabulary, size, sampled) = (50, 16, 8)
  public let inputs, labels, loss: Tensor
  let embeddings: tf.Variable

  /// The model of word2vec.py.
  public init() throws {
    tf.setRandomSeed(9)
    inputs = try tf.placeholder(tf.int32, [nil])
    labels = try tf.placeholder(tf.int32, [nil, 1])
    embeddings = try tf.Variable(
      tf.randomUniform([Self.vocabulary, Self.size], -1.0, 1.0), name: "embeddings")
    let embed = try tf.nn.embeddingLookup(embeddings, inputs)
    let nceWeights = try tf.Variable(
      tf.truncatedNormal(
        [Self.vocabulary, Self.size], stddev: 1.0 / Double(Self.size).squareRoot()),
      name: "nce_weights")
    let nceBiases = try tf.Variable(tf.zeros([Self.vocabulary]), name: "nce_biases")

    loss = try tf.reduceMean(
      tf.nn.nceLoss(
        weights: nceWeights, biases: nceBiases, labels: labels, inputs: embed,
        numSampled: Self.sampled, numClasses: Self.vocabulary))
  }

  public func train(steps: Int) throws -> [Float] {
    let optimizer = try tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    let pairs = try Self.pairs()
    return try trained(steps) { session, step in
      let batch = pairs[step * 16..<step * 16 + 16]
      return try session.run(
        (optimizer, loss),
        feedDict: [
          inputs: batch.map { Int32($0.word) }, labels: batch.map { [Int32($0.near)] },
        ]
      ).1
    }
  }

  /// Pairs of words that are near each other in a text.
  public static func pairs() throws -> [(word: Int, near: Int)] {
    var numbers = Numbers(10)
    var text = [0]
    for step in try numbers.integers(5, 400).integers() {
      text.append((text[text.count - 1] + step) % vocabulary)
    }
    return (1..<400).flatMap { i in [i - 1, i + 1].map { j in (text[i], text[j]) } }
  }
}
