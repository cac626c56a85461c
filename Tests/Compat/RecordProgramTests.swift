import Compat
import CoreOps
import Dispatch
import TestSupport
import Testing

/// Programs that write records, read and parse them.
@Suite struct RecordProgramTests {
  private typealias v1 = Compat.tf.compat.v1

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func example(_ label: Int64, _ words: [String]) -> [UInt8] {
    tf.train.Example(
      features: tf.train.Features(feature: [
        "label": tf.train.Feature(int64List: tf.train.Int64List(value: [label])),
        "words": tf.train.Feature(bytesList: tf.train.BytesList(value: words)),
      ])
    ).serializeToString()
  }

  @Test func featuresOfABatchAreParsedAtOnce() throws {
    let serialized = try Tensor(
      strings: [example(1, ["a", "b"]), example(2, [])], dims: [2])
    let parsed = try tf.io.parseExample(
      serialized,
      [
        "label": tf.io.FixedLenFeature([], .int64), "words": tf.io.VarLenFeature(.string),
        "weight": tf.io.FixedLenFeature([1], .float32, defaultValue: [0.5]),
      ])
    #expect(try parsed["label"]?.tensor.scalars() == [1, 2] as [Int64])
    #expect(try parsed["weight"]?.tensor.scalars() == [0.5, 0.5] as [Float])
    let words = try #require(try parsed["words"]?.sparseTensor)
    #expect(try words.indices.scalars() == [0, 0, 0, 1] as [Int64])
    #expect(try words.values.byteStrings() == [[97], [98]])
    #expect(try words.denseShape.scalars() == [2, 2] as [Int64])
  }

  @Test func aFeatureThatIsMissingIsNamed() throws {
    let serialized = try Tensor(strings: [example(1, [])], dims: [1])
    let error = #expect(throws: TFError.self) {
      try tf.io.parseExample(serialized, ["age": tf.io.FixedLenFeature([], .int64)])
    }
    #expect(error?.code == .invalidArgument)
    #expect(
      error?.message
        == "Name: <unknown>, Feature: age (data type: int64) is required but could not be found.")
  }

  @Test func featuresThatCannotBeParsedAreRefused() throws {
    #expect(throws: TFError.self) {
      try tf.io.parseExample([""], ["a": tf.io.FixedLenFeature([], .int32)])
    }
    #expect(throws: TFError.self) {
      try tf.io.parseExample([""], ["a": tf.io.FixedLenSequenceFeature([], .int64)])
    }
    #expect(throws: TFError.self) { try tf.io.parseExample([""], [:]) }
  }

  @Test func recordsOfAFileArriveThroughAReaderThatWaits() throws {
    let path = folder.file("records")
    let writer = try tf.io.TFRecordWriter(path)
    for label in 1...3 { try writer.write(example(Int64(label), [])) }
    try writer.close()
    let graph = v1.Graph()
    let (queue, label, enqueue, file) = try graph.asDefault {
      let queue = try CoreOps.apply(
        definition("FIFOQueueV2"), [], ["component_types": .types([.string])])[0]
      let file = try v1.placeholder(.string, shape: [], name: "file")
      _ = try CoreOps.apply(definition("QueueEnqueueV2"), [queue, file], name: "enqueue")
      let record = try v1.TFRecordReader().read(queue)
      let parsed = try v1.parseSingleExample(
        record.value, ["label": v1.FixedLenFeature([], .int64)])
      return (
        queue, try #require(try parsed["label"]?.tensor),
        try graph.getOperationByName("enqueue"), file
      )
    }
    _ = queue
    let session = v1.Session(graph: graph)
    let done = DispatchSemaphore(value: 0)
    let labels = Lock<[Int64]>([])
    DispatchQueue.global().async {
      for _ in 1...3 {
        guard let value = try? session.run(label).scalar(Int64.self) else { break }
        labels.withLock { $0.append(value) }
      }
      done.signal()
    }
    #expect(labels.withLock { $0 }.isEmpty)
    try session.run(enqueue, feedDict: [file: path])
    #expect(done.wait(timeout: .now() + 30) == .success)
    #expect(labels.withLock { $0 } == [1, 2, 3])
  }

  @Test func recordsAreIteratedWithoutAGraph() throws {
    let path = folder.file("records")
    let writer = try v1.pythonIo.TFRecordWriter(
      path, options: v1.pythonIo.TFRecordOptions(compressionType: "GZIP"))
    try writer.write([1, 2])
    try writer.close()
    let records = try v1.pythonIo.tfRecordIterator(
      path, options: v1.pythonIo.TFRecordOptions(compressionType: "GZIP"))
    #expect(try records.next() == [1, 2])
    #expect(try records.next() == nil)
  }

  private func definition(_ name: String) throws -> OpDef {
    try #require(OpRegistry.standard[name])
  }
}
