import Compat
import Testing

/// Arguments stand by position or by label where TensorFlow's programs write both.
@Suite struct ArgumentTests {
  private let x: Tensor = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]

  @Test func axesAndOtherFirstOptionsStandByPosition() throws {
    #expect(try [Float](tf.reduceSum(x, 1)) == [6, 15])
    #expect(try [Float](tf.reduceSum(x, axis: 1)) == [6, 15])
    #expect(try tf.reduceMean(x, [0], keepdims: true).dims == [1, 3])
    #expect(try [Int](tf.argmax(x, 1)) == [2, 2])
    #expect(try tf.transpose(x, [1, 0]).dims == [3, 2])
    #expect(try tf.transpose(x, perm: [1, 0]).dims == [3, 2])
    #expect(try tf.expandDims(x, 0).dims == [1, 2, 3])
    #expect(try tf.expandDims(x, axis: -1).dims == [2, 3, 1])
    #expect(try tf.squeeze(tf.expandDims(x, 0), 0).dims == [2, 3])
    #expect(try tf.squeeze(tf.expandDims(x, 0), axis: [0]).dims == [2, 3])
    #expect(try tf.oneHot([0, 1], 3).dims == [2, 3])
    #expect(try tf.oneHot([0, 1], depth: 3).dims == [2, 3])
    #expect(try tf.concat([x, x], 1).dims == [2, 6])
    #expect(try tf.concat([x, x], axis: 0).dims == [4, 3])
    #expect(try tf.stack([x, x], 1).dims == [2, 2, 3])
    #expect(try tf.math.topK(x, 2).values.dims == [2, 2])
    #expect(try tf.math.topK(x, k: 2).values.dims == [2, 2])
    #expect(try tf.zeros([2], .int32).dtype == .int32)
    #expect(try tf.reverse(x, 0).dims == [2, 3])
  }

  @Test func requiredArgumentsStandByLabel() throws {
    #expect(try tf.cast(x, dtype: .int32).dtype == .int32)
    #expect(try tf.cast(x, .int32).dtype == .int32)
    #expect(try tf.reshape(x, shape: [3, 2]).dims == [3, 2])
    #expect(try tf.random.normal(shape: [2, 2]).dims == [2, 2])
    #expect(try tf.random.normal([2, 2], 1.0, 0.5).dims == [2, 2])
    #expect(try tf.random.uniform(shape: [2], minval: 0.0, maxval: 1.0).dims == [2])
    #expect(try tf.tile(x, multiples: [2, 1]).dims == [4, 3])
    #expect(try tf.fill(dims: [2], value: 0.5).dtype == .float32)
    #expect(try tf.gather(x, indices: [0]).dims == [1, 3])
    #expect(try tf.nn.softmax(logits: x).dims == [2, 3])
    #expect(try tf.clipByValue(x, clipValueMin: 2.0, clipValueMax: 3.0).dims == [2, 3])
    #expect(try tf.matmul(x, x, transposeB: true).dims == [2, 2])
    let labels = try tf.oneHot([0, 1], 3)
    #expect(try tf.nn.softmaxCrossEntropyWithLogits(labels: labels, logits: x).dims == [2])
    #expect(try tf.nn.softmaxCrossEntropyWithLogits(labels, x).dims == [2])
  }

  @Test func convolutionsTakeAllForms() throws {
    let image = try tf.ones([1, 4, 4, 1])
    let kernel = try tf.ones([2, 2, 1, 3])
    #expect(try tf.nn.conv2d(image, kernel, 1, "SAME").dims == [1, 4, 4, 3])
    #expect(try tf.nn.conv2d(image, kernel, strides: 1, padding: .same).dims == [1, 4, 4, 3])
    #expect(
      try tf.nn.conv2d(image, filters: kernel, strides: [1, 1], padding: "same").dims[1] == 4)
    #expect(
      try tf.nn.conv2d(input: image, filters: kernel, strides: 1, padding: .valid).dims[1] == 3)
    #expect(try tf.nn.maxPool2d(image, 2, 2, "VALID").dims == [1, 2, 2, 1])
    #expect(try tf.nn.maxPool2d(image, ksize: 2, strides: 2, padding: .valid).dims == [1, 2, 2, 1])
  }

  @Test func literalsInOpsAreFloat32() throws {
    #expect(try tf.reduceSum([[1.0, 2.0], [3.0, 4.0]]).dtype == .float32)
    #expect(try tf.reduceSum([[1.0, 2.0]], 1).dtype == .float32)
    #expect(try tf.reshape([1.0, 2.0], [2, 1]).dtype == .float32)
    #expect(try tf.nn.softmax([1.0, 2.0]).dtype == .float32)
    let doubles = [1.0, 2.0]
    #expect(try tf.reduceSum(doubles).dtype == .float64)
  }

  @Test func imagesAreResizedAsInTensorFlow2() throws {
    let image = try tf.reshape(tf.range(4.0), [2, 2, 1])
    // Pixel centres at halves: TensorFlow 2.21 gives these.
    let wide = try tf.image.resize(image, [2, 4])
    #expect(try [Float](tf.reshape(wide, [-1])) == [0, 0.25, 0.75, 1, 2, 2.25, 2.75, 3])
    #expect(try tf.image.resize(image, size: [4, 4], method: .nearestNeighbor).dims == [4, 4, 1])
    #expect(try tf.image.resize(image, [6, 4], preserveAspectRatio: true).dims == [4, 4, 1])
    #expect(throws: TFError.self) { try tf.image.resize(tf.ones([2, 2]), [1, 1]) }
  }
}
