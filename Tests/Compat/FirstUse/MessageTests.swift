import Compat
import Testing

/// Errors say which argument is wrong and what to do.
@Suite struct MessageTests {
  private func expectMessage(
    _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> some Any
  ) {
    let error = #expect(throws: TFError.self, sourceLocation: sourceLocation) { _ = try body() }
    for part in parts {
      #expect(
        error?.message.contains(part) == true,
        "\(error.map(String.init(describing:)) ?? "no error")", sourceLocation: sourceLocation)
    }
  }

  @Test func valuesOfAnotherKindNameTheValueAndTheDType() throws {
    expectMessage("Cannot convert 1 to EagerTensor of dtype bool", "tf.cast") {
      try tf.constant(true) + 1
    }
    expectMessage("Cannot convert 2.5 to EagerTensor of dtype int32", "tf.cast") {
      try tf.constant(1) * 2.5
    }
    expectMessage("Cannot convert \"a\" to EagerTensor of dtype float32") {
      try tf.constant(1.0) + "a"
    }
  }

  @Test func dtypesThatDoNotFitNameTheArgument() throws {
    expectMessage("'logits'", "tf.cast") { try tf.nn.softmax(tf.constant([1, 2])) }
    expectMessage("'y'", "expected type float32 but got float64", "tf.cast(y, .float32)") {
      try tf.constant([1.0]) + tf.constant([1.0], dtype: .float64)
    }
    expectMessage("use tf.cast") { try Tensor(tf.constant([1.0]), dtype: .int32) }
    expectMessage("use tf.cast") { try [Int](tf.constant([1.0])) }
  }

  @Test func shapesThatDoNotFitNameTheFunctionOrLabel() throws {
    expectMessage("tf.concat") { try tf.concat([], axis: 0) }
    expectMessage("tf.stack") { try tf.stack([]) }
    expectMessage("scalar") { try tf.unstack(tf.constant(1.0)) }
    expectMessage("[2,2]", "[batch, height, width, channels]") {
      try tf.image.resizeBilinear(tf.ones([2, 2]), size: [1, 1])
    }
    expectMessage("label 'j'") { try tf.einsum("ij,jk->ik", tf.ones([2, 3]), tf.ones([4, 5])) }
    expectMessage("method 'linear' is not implemented", "bicubic") {
      try tf.image.resize(tf.ones([1, 2, 2, 1]), [1, 1], method: "linear")
    }
  }

  @Test func symbolicTensorsSayWhatToDo() throws {
    let graph = tf.compat.v1.Graph()
    try graph.asDefault {
      let p = try tf.compat.v1.placeholder(.bool, shape: [-1, 2])
      #expect("\(p)" == "Tensor(\"Placeholder:0\", shape=(None, 2), dtype=bool)")
      expectMessage("tf.where") { try Bool(p) }
      expectMessage("Dimension -2 must be >= 0") {
        try tf.compat.v1.placeholder(.float32, shape: [-2])
      }
      expectMessage("k k!") { try tf.compat.v1.placeholder(.float32, name: "k k!") }
      expectMessage("tf.shape") { try tf.zeros(p.shape) }
    }
  }
}
