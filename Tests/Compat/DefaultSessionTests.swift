import CompatV1
import CoreOps
import Testing

/// The session that `eval` uses.
@Suite struct DefaultSessionTests {
  private func message(_ body: () throws -> Tensor) -> String {
    do { return "gave \(try body())" } catch { return "\(error)" }
  }

  @Test func evalUsesTheDefaultSession() throws { try withBehavior(.v1, evaluate) }

  private func evaluate() throws {
    let x = try tf.placeholder(.float32, shape: [], name: "x")
    let y = try x * 2.0
    #expect(message { try y.eval() }.contains("No default session is registered"))
    let session = tf.Session()
    let value = try session.asDefault { try y.eval(feedDict: [x: 4.0]) }
    #expect(try value.scalar() == Float(8))
    #expect(session.asDefault { tf.getDefaultSession() === session })
    #expect(tf.getDefaultSession() == nil)
    let other = try y.eval(feedDict: [x: 5.0], session: session)
    #expect(try other.scalar() == Float(10))
  }

  @Test func tensorsOfOtherGraphsAreRefused() throws {
    let graph = tf.Graph()
    let x = try graph.asDefault { try tf.constant(1.0) }
    let other = tf.Session(graph: tf.Graph())
    let text = other.asDefault { message { try x.eval() } }
    #expect(text.contains("the tensor's graph is different from the session's graph"))
  }
}
