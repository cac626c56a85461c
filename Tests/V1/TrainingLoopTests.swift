import CompatV1
import CoreGraph
import CoreOps
import TestSupport
import Testing

/// Threads that fill queues, and sessions that look after themselves.
@Suite struct TrainingLoopTests {
  static func inGraph(_ body: (Graph) throws -> Void) throws {
    try SessionSurfaceTests.inGraph(body)
  }

  /// A global step, and the operation that counts it.
  static func counter() throws -> (step: tf.Variable, train: Tensor) {
    let step = try tf.Variable(
      Tensor(0, dtype: .int64), trainable: false, collections: ["variables", "global_step"],
      name: "global_step")
    return (step, try tf.assignAdd(step, Tensor(1, dtype: .int64)))
  }

  @Test func queuesGiveAllEpochsAndThreadsEnd() throws {
    try Self.inGraph { graph in
      let queue = try tf.train.rangeInputProducer(5, numEpochs: 3, shuffle: false)
      let batch = try tf.train.batch(
        queue.dequeue(), batchSize: 4, allowSmallerFinalBatch: true)
      let session = Session(graph: graph)
      try session.run(tf.localVariablesInitializer())
      let coordinator = tf.train.Coordinator()
      let threads = try tf.train.startQueueRunners(sess: session, coord: coordinator)
      #expect(threads.count == 4)
      var values: [Int] = []
      var code: TFError.Code?
      do {
        while !coordinator.shouldStop() { values += try [Int](session.run(batch[0])) }
      } catch let error as TFError { code = error.code }
      #expect(code == .outOfRange)
      #expect(values.sorted() == (0..<15).map { $0 % 5 }.sorted())
      coordinator.requestStop()
      try coordinator.join(threads, stopGracePeriodSecs: 60)
      #expect(threads.allSatisfy { !$0.isAlive })
      session.close()
    }
  }

  @Test func onlyWhatIsKeptIsBatched() throws {
    try Self.inGraph { graph in
      let queue = try tf.train.rangeInputProducer(6, numEpochs: 1, shuffle: false)
      let number = try queue.dequeue()[0]
      let even = try tf.equal(tf.floormod(number, 2), 0)
      let batch = try tf.train.maybeBatch([number], keepInput: even, batchSize: 3)
      let session = Session(graph: graph)
      try session.run(tf.localVariablesInitializer())
      let coordinator = tf.train.Coordinator()
      try tf.train.startQueueRunners(sess: session, coord: coordinator)
      #expect(try [Int](session.run(batch[0])) == [0, 2, 4])
      coordinator.requestStop()
      try coordinator.join(stopGracePeriodSecs: 60)
      session.close()
    }
  }

  @Test func coordinatorsThrowWhatThreadsReport() throws {
    struct Fault: Error {}
    let coordinator = tf.train.Coordinator()
    let looper = try tf.train.LooperThread.loop(coordinator, 0.001) { throw Fault() }
    #expect(throws: Fault.self) { try coordinator.join(stopGracePeriodSecs: 60) }
    #expect(!looper.thread.isAlive)
    #expect(coordinator.joined)
    coordinator.clearStop()
    #expect(!coordinator.shouldStop())
    coordinator.requestStop(TFError.outOfRange("the end"))
    try coordinator.join()
    #expect(coordinator.shouldStop())
  }

  @Test func trainingGoesOnFromItsLastCheckpoint() throws {
    let folder = try TemporaryFolder()
    for expected in [5, 9] {
      try Self.inGraph { graph in
        let (step, train) = try Self.counter()
        let w = try tf.Variable(1.0, name: "w")
        let doubled = try tf.assign(w, w * 2.0)
        _ = try tf.summary.scalar("w", w)
        let session = try tf.train.MonitoredTrainingSession(
          checkpointDir: folder.path,
          hooks: [tf.train.StopAtStepHook(lastStep: expected)], saveSummariesSteps: 2,
          logStepCountSteps: 2, saveCheckpointSteps: 3)
        try session.use { session in
          while !session.shouldStop() { try session.run((train, doubled)) }
          let values = try session.runStepFn { try $0.run([step.asTensor(), w.asTensor()]) }
          #expect(try Int(values[0]) == expected)
          #expect(try Float(values[1]) == Float(1 << expected))
        }
        #expect(session.shouldStop())
        #expect(graph.isFinalized)
      }
    }
    #expect(try tf.train.latestCheckpoint(folder.path)?.hasSuffix("model.ckpt-9") == true)
    #expect(folder.names.contains { $0.hasPrefix("events.out.tfevents") })
    #expect(folder.names.contains("graph.pbtxt"))
  }

  /// Fails its session as a lost machine does.
  private final class Loss: SessionRunHook {
    let state = Lock((sessions: 0, runs: 0, ends: 0))
    func afterCreateSession(_: Session, _: Coordinator) { state.withLock { $0.sessions += 1 } }
    func afterRun(_: SessionRunContext, _: SessionRunValues) throws {
      let count = state.withLock { state in
        state.runs += 1
        return state.runs
      }
      if count == 3 { throw TFError(.aborted, "the worker is gone") }
    }
    func end(_: Session) { state.withLock { $0.ends += 1 } }
  }

  @Test func lostSessionsAreMadeAnew() throws {
    let folder = try TemporaryFolder()
    try Self.inGraph { graph in
      let (step, train) = try Self.counter()
      let loss = Loss()
      let session = try tf.train.MonitoredTrainingSession(
        checkpointDir: folder.path,
        hooks: [tf.train.StopAtStepHook(lastStep: 4), loss], saveCheckpointSteps: 1)
      try session.use { session in
        while !session.shouldStop() { try session.run(train) }
        #expect(try Int(session.runStepFn { try $0.run(step) }) >= 4)
      }
      let counts = loss.state.withLock { $0 }
      #expect(counts.sessions == 2)
      #expect(counts.ends == 1)
    }
  }

  @Test func theEndOfInputIsNoError() throws {
    try Self.inGraph { graph in
      let queue = try tf.train.rangeInputProducer(3, numEpochs: 1, shuffle: false)
      let number = try queue.dequeue()[0]
      let ends = tf.train.FinalOpsHook([try tf.constant(7.0)])
      var count = 0
      let session = try tf.train.SingularMonitoredSession(hooks: [ends])
      try session.use { session in
        while !session.shouldStop() {
          try session.run(number)
          count += 1
        }
      }
      #expect(count == 3)
      #expect(try Float(#require(ends.finalOpsValues)[0]) == 7)
    }
  }

  @Test func hooksFeedLogAndStop() throws {
    try Self.inGraph { graph in
      let x = try tf.placeholder(.float32, [], name: "x")
      let y = try tf.multiply(x, 2.0, name: "y")
      let lines = Lock<[String]>([])
      try tf.logging.$sink.withValue({ line in lines.withLock { $0.append(line) } }) {
        let values = Lock<[Float]>([1, .nan])
        let session = try tf.train.MonitoredSession(hooks: [
          tf.train.FeedFnHook { ["x:0": values.withLock { $0.removeFirst() }] },
          tf.train.LoggingTensorHook(["y": y], everyNIter: 1),
          tf.train.NanTensorHook(y, failOnNanLoss: false),
        ])
        try session.use { session in
          while !session.shouldStop() { try session.run(y) }
        }
      }
      let found = lines.withLock { $0 }
      #expect(found.contains { $0.hasPrefix("INFO:tensorflow:y = 2") })
      #expect(found.contains("WARNING:tensorflow:Model diverged with loss = NaN."))
    }
  }

  @Test func supervisorsSaveWhatTheyLookAfter() throws {
    let folder = try TemporaryFolder()
    for expected in [3, 6] {
      try Self.inGraph { graph in
        let (step, train) = try Self.counter()
        let supervisor = try tf.train.Supervisor(logdir: folder.path)
        try supervisor.managedSession { session in
          for _ in 0..<3 { try session.run(train) }
          #expect(try Int(session.run(step)) == expected)
          supervisor.requestStop()
        }
      }
    }
  }

  @Test func clustersOfSeveralProcessesAreRefused() throws {
    let cluster = tf.train.ClusterSpec(["worker": ["a:1", "b:2"]])
    #expect(try cluster.numTasks("worker") == 2)
    #expect(
      SessionSurfaceTests.message { _ = try tf.train.Server(cluster) }.contains("cluster has 2"))
    #expect(try tf.train.Server.createLocalServer().target.isEmpty)
    #expect(
      SessionSurfaceTests.message { _ = try cluster.taskAddress("worker", 5) }
        == "No task with index 5 in job 'worker'")
  }
}
