import CompatV1
import Testing

/// Input pipelines and placeholders give the graphs that TensorFlow makes of them.
@Suite struct RuntimeGraphTests {
  static let programs: [(name: String, body: @Sendable () throws -> Void)] = [
    ("sp1", { _ = try tf.sparsePlaceholder(.float32) }),
    ("sp2", { _ = try tf.sparsePlaceholder(.float32, shape: [2, 3], name: "s") }),
    ("sp3", { _ = try tf.sparsePlaceholder(.float32, shape: [nil, 3], name: "s") }),
    (
      "strprod",
      {
        let queue = try tf.train.stringInputProducer(["a", "b"], numEpochs: 2)
        _ = try tf.TFRecordReader().read(queue.reference.handle)
      }
    ),
    ("strprod2", { _ = try tf.train.stringInputProducer(["a", "b"], shuffle: false) }),
    ("rng", { _ = try tf.train.rangeInputProducer(5, numEpochs: 1, shuffle: false, seed: 3) }),
    ("rng2", { _ = try tf.train.rangeInputProducer(5, seed: 3) }),
    (
      "slc",
      {
        _ = try tf.train.sliceInputProducer(
          [tf.constant([1, 2, 3]), tf.constant([[1.0], [2.0], [3.0]])], numEpochs: 1)
      }
    ),
    (
      "inp",
      { _ = try tf.train.inputProducer(tf.constant([1, 2, 3]), elementShape: [], name: "mine") }
    ),
    ("lim", { _ = try tf.train.limitEpochs(tf.constant([1.0]), 3) }),
    ("bat", { _ = try tf.train.batch([tf.constant(1), tf.constant([1.0, 2.0])], 4) }),
    (
      "bat2",
      {
        _ = try tf.train.batch(
          [tf.constant(1)], batchSize: 4, numThreads: 2, dynamicPad: true,
          allowSmallerFinalBatch: true)
      }
    ),
    (
      "bat3",
      {
        let batch = try tf.train.batch(
          ["a": tf.constant(1), "b": tf.constant(2.0)], batchSize: 4, name: "bb")
        #expect(batch["a"]?.dtype == .int32)
        #expect(batch["b"]?.dtype == .float32)
      }
    ),
    ("bat4", { _ = try tf.train.batch([tf.constant([1, 2])], batchSize: 4, enqueueMany: true) }),
    (
      "sh",
      {
        _ = try tf.train.shuffleBatch(
          [tf.constant(1)], batchSize: 4, capacity: 50, minAfterDequeue: 10, seed: 5)
      }
    ),
    (
      "sh2",
      {
        _ = try tf.train.shuffleBatch(
          [tf.constant(1)], batchSize: 4, capacity: 50, minAfterDequeue: 10, numThreads: 3,
          allowSmallerFinalBatch: true)
      }
    ),
    ("bj", { _ = try tf.train.batchJoin([[tf.constant(1)], [tf.constant(2)]], batchSize: 4) }),
    (
      "sbj",
      {
        _ = try tf.train.shuffleBatchJoin(
          [[tf.constant(1)], [tf.constant(2)]], batchSize: 4, capacity: 50, minAfterDequeue: 10)
      }
    ),
    (
      "qr",
      {
        let queue = try tf.FIFOQueue(5, [.float32])
        let enqueue = try queue.enqueue(1.0)
        tf.train.addQueueRunner(try tf.train.QueueRunner(queue, [enqueue, enqueue]))
      }
    ),
  ]

  @Test(arguments: programs.map(\.name))
  func haveTensorFlowsNodes(name: String) throws {
    let program = try #require(Self.programs.first { $0.name == name })
    let graph = try GraphDump.graph(resources: false, program.body)
    let expected = try GraphDump.recorded("runtime.graphs")
    try GraphDump.expectEqual(GraphDump.lines(graph), #require(expected[name]))
  }
}
