import Compat
import Testing

@Suite struct FirstUseGradientTests {
  @Test func valueAndGradientWatchesItsSources() throws {
    let w = try tf.constant([2.0, 3.0])
    let b = try tf.constant(1.0)
    let (value, gradients) = try tf.valueAndGradient(at: [w, b]) {
      try tf.reduceSum(w * w + b)
    }
    #expect(try Float(value) == 15)
    #expect(try [Float](gradients[0]) == [4, 6])
    #expect(try Float(gradients[1]) == 2)
  }

  @Test func aForgottenWatchIsAnErrorThatSaysSo() throws {
    let w = try tf.constant([2.0])
    let tape = tf.GradientTape(persistent: true)
    let y = try tape.record { try w * w }
    let error = #expect(throws: TFError.self) { try tape.gradients(y, [w]) }
    #expect(error?.message.contains("tape.watch") == true)
    #expect(throws: TFError.self) {
      try tf.valueAndGradient(at: [tf.constant(1)]) { try tf.constant(1.0) }
    }
  }
}
