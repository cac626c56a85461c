import Compat
import CompatV1
import Testing

/// TensorFlow's switches, by its names.
@Suite struct SwitchTests {
  @Test func v1ProgramsNeedNoGraph() async throws {
    await #expect(processExitsWith: .success) {
      typealias tf = CompatV1.tf
      try #require(tf.executingEagerly())
      tf.disableEagerExecution()
      let x = try tf.placeholder(.float32, shape: [nil], name: "x")
      let y = try tf.reduceSum(x * x)
      let session = tf.Session(graph: tf.getDefaultGraph())
      let value = try session.run(y, feedDict: [x: [1.0, 2.0]])
      try #require(try value.scalar() == Float(5))
      // Threads begin with what the process has, too.
      try #require(await Task.detached { tf.executingEagerly() }.value == false)
      var message = ""
      do { try tf.enableEagerExecution() } catch { message = "\(error)" }
      try #require(message.contains("tf.enable_eager_execution must be called at program startup."))
      try tf.resetDefaultGraph()
      try tf.enableV2Behavior()
      try #require(tf.executingEagerly())
    }
  }

  @Test func behaviorHoldsForAClosureAndWhatItStarts() async throws {
    typealias tf = CompatV1.tf
    #expect(tf.executingEagerly())
    try await withBehavior(.v1) {
      #expect(!tf.executingEagerly())
      #expect(!tf.controlFlowV2Enabled())
      #expect(!tf.resourceVariablesEnabled())
      let graph = tf.getDefaultGraph()
      let child = Task { (tf.executingEagerly(), tf.getDefaultGraph() === graph) }
      #expect(await child.value == (false, true))
      try withBehavior(.v2) {
        let sum = try tf.add(1, 2)
        #expect(try sum.scalar() == Int32(3))
      }
      tf.enableControlFlowV2()
      #expect(tf.controlFlowV2Enabled())
    }
    #expect(tf.executingEagerly())
  }

  @Test func aGraphThatIsOpenStaysOpen() throws {
    typealias tf = CompatV1.tf
    let graph = tf.Graph()
    try graph.asDefault {
      try withBehavior(.v2) {
        #expect(!tf.executingEagerly())
        let one = try tf.constant(1)
        #expect(one.isSymbolic)
      }
    }
  }
}
