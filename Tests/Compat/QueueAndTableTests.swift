import Compat
import CoreOps
import Testing

/// `tf.queue` and `tf.lookup` where calls run at once, and in a session.
@Suite struct QueueAndTableTests {
  private typealias v1 = Compat.tf.compat.v1

  private func numbers(_ tensor: Tensor) throws -> [Int] {
    switch tensor.dtype {
    case .int32: try tensor.scalars(Int32.self).map(Int.init)
    default: try tensor.scalars(Int64.self).map(Int.init)
    }
  }

  @Test func queuesGiveWhatTheyWereGiven() throws {
    let queue = try tf.queue.FIFOQueue(10, [.int32], shapes: [.scalar])
    let other = try tf.queue.FIFOQueue(10, [.int32], shapes: [.scalar])
    try queue.enqueue(1)
    try queue.enqueueMany([[2, 3]])
    // Each queue is one of its own.
    #expect(try numbers(other.size()) == [0])
    #expect(try numbers(queue.size()) == [3])
    #expect(try numbers(queue.dequeue()[0]) == [1])
    #expect(try numbers(queue.dequeueMany(2)[0]) == [2, 3])
    try queue.close()
    #expect(try queue.isClosed().scalar() == true)
    let error = #expect(throws: TFError.self) { try queue.dequeue() }
    #expect(error?.code == .outOfRange)
    #expect(throws: TFError.self) { try queue.enqueue(4) }
  }

  @Test func otherKindsOfQueues() throws {
    let padding = try tf.queue.PaddingFIFOQueue(capacity: 10, dtypes: [.int32], shapes: [[nil]])
    try padding.enqueue([[1]])
    try padding.enqueue([[2, 3]])
    #expect(try numbers(padding.dequeueMany(2)[0]) == [1, 0, 2, 3])
    let priority = try tf.queue.PriorityQueue(10, [.int32], [.scalar])
    try priority.enqueue([5, 50])
    try priority.enqueue([4, 40])
    #expect(try numbers(priority.dequeue()[1]) == [40])
    let shuffle = try tf.queue.RandomShuffleQueue(10, 0, [.int32], shapes: [.scalar], seed: 1)
    try shuffle.enqueueMany([[1, 2, 3, 4]])
    #expect(try numbers(shuffle.dequeueUpTo(4)[0]).sorted() == [1, 2, 3, 4])
  }

  @Test func whatDoesNotFitTheComponentsIsRefusedByTheCall() throws {
    let queue = try tf.queue.FIFOQueue(10, [.int32, .float32], shapes: [.scalar, [2]])
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return ""
      } catch { return "\(error)" }
    }
    #expect(message { try queue.enqueue(1) }.contains("has 2 components, but vals has 1"))
    #expect(
      message { try queue.enqueue([1, [1.0, 2.0, 3.0]]) }.contains("has shape [2], not [3]"))
    #expect(
      message { try queue.enqueue([tf.constant(1.0), [1.0, 2.0]]) }.contains("is int32, not"))
  }

  @Test func aSessionRunsTheNodesOfAQueue() throws {
    let graph = v1.Graph()
    let taken = try graph.asDefault {
      let queue = try v1.FIFOQueue(10, [.int32], shapes: [.scalar])
      try queue.enqueueMany([[4, 5]])
      return try queue.dequeueMany(2)[0]
    }
    let session = v1.Session(graph: graph)
    _ = try session.run(fetches: [], targets: ["fifo_queue_EnqueueMany"])
    #expect(try numbers(session.run(taken)) == [4, 5])
  }

  @Test func staticTables() throws {
    let table = try tf.lookup.StaticHashTable(
      tf.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2]), -1)
    #expect(try numbers(table.lookup(["b", "c"])) == [2, -1])
    #expect(try numbers(table.size()) == [2])
    let (keys, values) = try table.export()
    #expect(try keys.byteStrings() == [Array("a".utf8), Array("b".utf8)])
    #expect(try numbers(values) == [1, 2])
  }

  @Test func tablesThatChange() throws {
    let table = try tf.lookup.experimental.MutableHashTable(.string, .int64, -1)
    try table.insert(["a", "b"], [1, 2])
    try table.insert(["b"], [3])
    try table.remove(["a"])
    #expect(try numbers(table.lookup(["a", "b"])) == [-1, 3])
    let vectors = try tf.lookup.experimental.MutableHashTable(.int64, .int64, [0, 0])
    try vectors.insert([7], [[1, 2]])
    #expect(try numbers(vectors.lookup([7, 8])) == [1, 2, 0, 0])
    let dense = try tf.lookup.experimental.DenseHashTable(
      .int64, .float32, 0.0, emptyKey: -1, deletedKey: -2, initialNumBuckets: 8)
    try dense.insert([1, 2], [1.5, 2.5])
    try dense.erase([1])
    #expect(try dense.lookup([1, 2]).scalars(Float.self) == [0, 2.5])
    #expect(try numbers(dense.size()) == [1])
  }
}
