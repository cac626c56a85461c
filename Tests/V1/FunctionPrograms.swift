import CompatV1
import CoreOps

/// The programs of Tests/TensorFlow/functions.py, written in Swift: each gives its outputs.
enum FunctionPrograms {
  struct Program: Sendable {
    let name: String
    let body: @Sendable () throws -> [Tensor]
  }

  private static func place(
    _ shape: [Int?] = [2, 3], _ name: String = "x", _ dtype: DType = .float32
  ) throws -> Tensor { try tf.placeholder(dtype, shape, name: name) }

  static let all: [Program] = neural + embedding + others + images

  private static let neural: [Program] = [
    Program(name: "dropouts") {
      tf.setRandomSeed(1)
      let (x, k) = try (place([nil, 3]), place([], "k"))
      let a = try tf.nn.dropout(x, 0.75)
      _ = try tf.nn.dropout(x, keepProb: k, seed: 3)
      let c = try tf.nn.dropout(x, name: "d", rate: 0.25)
      let d = try tf.nn.dropout(x, 1.0)
      return [a, c, d, try tf.nn.dropout(place(), 0.5, noiseShape: [2, 1], seed: 2)]
    },
    Program(name: "moments") {
      let (x, u) = try (place(), place([nil, nil, 3], "u"))
      let a = try tf.nn.moments(x, [0])
      let b = try tf.nn.moments(u, [0, 1], keepdims: true)
      let c = try tf.nn.moments(x, [0, 1], name: "m")
      let s = try tf.nn.sufficientStatistics(x, [0])
      let t = try tf.nn.sufficientStatistics(x, [1], shift: 1.0)
      let n = try tf.nn.normalizeMoments(t.counts, t.meanSs, t.varianceSs, t.shift)
      let w = try tf.nn.weightedMoments(x, axes: [0], frequencyWeights: [[1.0], [3.0]])
      let pairs = [a, b, c].flatMap { [$0.mean, $0.variance] }
      return pairs + [s.counts, s.meanSs, s.varianceSs, t.counts, t.meanSs, t.varianceSs]
        + [t.shift].compactMap { $0 } + [n.mean, n.variance, w.mean, w.variance]
    },
    Program(name: "normalizations") {
      let (x, m, v) = try (place(), place([3], "m"), place([3], "v"))
      let (offset, scale) = try (place([3], "o"), place([3], "s"))
      let variance = try tf.abs(v)
      let a = try [
        tf.nn.batchNormalization(x, m, variance, offset, scale, 1e-3),
        tf.nn.batchNormalization(x, m, variance, nil, nil, 1e-3), tf.nn.l2Normalize(x, axis: 1),
        tf.nn.l2Normalize(x), tf.nn.l2Normalize(x, axis: [0, 1], epsilon: 1e-3, name: "l"),
      ]
      let w = try place([3, 2], "w")
      return try a + [
        tf.nn.xwPlusB(x, w, [1.0, 2.0]), tf.nn.reluLayer(x, w, [1.0, 2.0], name: "r"),
      ]
    },
    Program(name: "cross_entropies") {
      let (x, y) = try (place(), place([2, 3], "y"))
      let truth: [[Float]] = [[1, 0, 1], [1, 0, 1]]
      return try [
        tf.nn.sigmoidCrossEntropyWithLogits(labels: y, logits: x),
        tf.nn.sigmoidCrossEntropyWithLogits(labels: truth, logits: x, name: "s"),
        tf.nn.weightedCrossEntropyWithLogits(labels: y, logits: x, posWeight: 2.0),
        tf.nn.softmaxCrossEntropyWithLogits(labels: y, logits: x),
        tf.nn.softmaxCrossEntropyWithLogitsV2(labels: y, logits: x, name: "c"),
        tf.nn.logPoissonLoss(tf.abs(y), x),
        tf.nn.logPoissonLoss(tf.abs(y), x, computeFullLoss: true),
      ]
    },
  ]

  private static let embedding: [Program] = [
    Program(name: "embeddings") {
      let (x, ids) = try (place([4, 2]), place([2, 2], "i", .int32))
      let parts = try [place([2, 2], "p0"), place([2, 2], "p1"), place([1, 2], "p2")]
      return try [
        tf.nn.embeddingLookup(x, ids), tf.nn.embeddingLookup(x, [0, 3], name: "e", maxNorm: 1.0),
        tf.nn.embeddingLookup(parts, ids),
        tf.nn.embeddingLookup(parts, [0, 3], partitionStrategy: .div),
      ]
    },
    Program(name: "sampled_losses") {
      tf.setRandomSeed(4)
      let (w, b) = try (place([7, 3], "w"), place([7], "b"))
      let (x, y) = try (place(), place([2, 1], "y", .int32))
      return try [
        tf.nn.nceLoss(w, b, y, x, 4, 7),
        tf.nn.sampledSoftmaxLoss(w, b, y, x, 3, 7, seed: 2),
        tf.nn.nceLoss(
          weights: w, biases: b, labels: y, inputs: x, numSampled: 5, numClasses: 7,
          removeAccidentalHits: true, name: "n"),
      ]
    },
    Program(name: "clipping") {
      let (x, y, n) = try (place(), place([4], "y"), place([], "n"))
      let (a, norm) = try tf.clipByGlobalNorm([x, nil, y], 1.5)
      let (b, _) = try tf.clipByGlobalNorm([y], tf.abs(n), name: "g")
      return try [a[0], a[2], norm, b[0]].compactMap { $0 } + [
        tf.clipByNorm(x, 1.5), tf.clipByNorm(x, tf.abs(n), axes: [1]),
        tf.globalNorm([x, y], name: "t"),
      ]
    },
  ]

  private static let others: [Program] = [
    Program(name: "arrays") {
      let (x, y) = try (place(), place([2], "y", .int32))
      let a = try [
        tf.eye(2), tf.eye(2, numColumns: 3, batchShape: [2]), tf.sequenceMask(y, 3),
        tf.sequenceMask(y, dtype: .int32), tf.norm(x), tf.norm(x, axis: 1),
        tf.norm(x, ord: 1, axis: 0), tf.norm(x, ord: .inf, keepdims: true),
        tf.norm(x, ord: "fro", axis: [0, 1]), tf.norm(x, ord: 3, axis: 1), tf.countNonzero(y),
        tf.countNonzero(x, axis: 1, dtype: .int32),
      ]
      let b = try [
        tf.div(x, 2.0), tf.div(y, 2), tf.where([true, false], x, -x),
        tf.diag([1.0, 2.0] as [Float]),
        tf.diagPart([[1.0, 2.0], [3.0, 4.0]] as [[Float]]), tf.matrixBandPart(x, 0, -1),
        tf.matrixInverse(tf.eye(2) * 2.0), tf.placeholderWithDefault(1.0, []),
      ]
      return try a + b + [tf.mod(y, 2), tf.checkNumerics(x, "m"), tf.toFloat(y)]
    },
    Program(name: "random_numbers") {
      tf.setRandomSeed(5)
      return try [
        tf.randomUniform([2]), tf.randomUniform([2], -1.0, 1.0),
        tf.randomUniform([2], 0, 5, .int32, seed: 1), tf.randomNormal([2], 1.0, 2.0),
        tf.truncatedNormal([2], stddev: 0.1), tf.randomShuffle([1, 2, 3], seed: 3),
        tf.multinomial([[0.5, 0.5]] as [[Float]], 2), tf.randomUniform([2], maxval: 3.0, name: "u"),
        tf.multinomial(place(), 2, seed: 1, name: "m", outputDtype: .int32),
        tf.randomCrop(place([4, 5], "y"), [2, 2], seed: 6),
      ]
    },
    Program(name: "assertions") {
      let (x, y) = try (place([nil]), place([2], "y", .int32))
      try tf.assertEqual(x, 1.0)
      try tf.assertPositive(x, message: "m")
      try tf.assertEqual(y, [1, 2], data: ["a", y])
      try tf.assertLess(y, 3)
      try tf.assertGreaterEqual(x, x + 1.0, name: "ge")
      try tf.assertEqual(x, x)
      try tf.Assert(tf.reduceAll(x > 0.0), [x])
      try tf.assertNonNegative(y)
      try tf.assertRank(y, 1)
      return []
    },
  ]

  private static let images: [Program] = [
    Program(name: "convolutions") {
      let (x, f) = try (place([2, 5, 3]), place([2, 3, 4], "f"))
      let a = try [
        tf.nn.conv1d(x, f, 1, "SAME"), tf.nn.conv1d(x, f, stride: 2, padding: "VALID", name: "c"),
      ]
      let (i, g) = try (place([1, 4, 4, 2], "i"), place([3, 3, 2, 3], "g"))
      let b = try tf.nn.conv2d(i, g, [1, 1, 1, 1], "SAME")
      let line = try a[0][.all, .newAxis]
      let c = try tf.nn.conv2dTranspose(line, place([1, 2, 3, 4], "h"), [2, 1, 10, 3], 2)
      let labels = try tf.SparseTensor(
        indices: tf.constant([[0, 0], [1, 0]], dtype: .int64), values: tf.constant([1, 0]),
        denseShape: tf.constant([2, 2], dtype: .int64))
      let d = try tf.nn.ctcLoss(labels, place([4, 2, 3], "t"), [4, 3])
      return try a + [
        b, c, d, tf.nn.zeroFraction(tf.nn.relu(x)), tf.convertToTensor([1, 2]),
        tf.convertToTensor(3, .float32, name: "k"),
      ]
    },
    Program(name: "image_types") {
      let (x, u) = try (place([2, 3, 4, 3]), place([nil, nil, 3], "u", .uint8))
      let a = try [
        tf.image.convertImageDtype(u, .float32),
        tf.image.convertImageDtype(x, .uint8, saturate: true),
        tf.image.convertImageDtype(u, .int32), tf.image.rgbToGrayscale(x),
        tf.image.rgbToGrayscale(u, name: "g"), tf.image.grayscaleToRgb(x[.ellipsis, ..<1]),
        tf.image.grayscaleToRgb(u[.ellipsis, ..<1]),
      ]
      let b = try [
        tf.image.totalVariation(x), tf.image.totalVariation(x[0]), tf.image.psnr(x, x + 0.5, 2.0),
        tf.image.perImageStandardization(x), tf.image.perImageStandardization(u),
      ]
      return try a + b + [
        tf.saturateCast(x * 300.0, .uint8), tf.saturateCast(u, .int8),
        tf.saturateCast(x * 1e10, .int32),
      ]
    },
    Program(name: "image_sizes") {
      let (x, u) = try (place([1, 4, 5, 2]), place([nil, nil, 3], "u"))
      return try [
        tf.image.cropToBoundingBox(x, 1, 2, 2, 3), tf.image.padToBoundingBox(x, 1, 1, 6, 7),
        tf.image.resizeImageWithCropOrPad(x, 6, 3), tf.image.cropToBoundingBox(u, 0, 1, 2, 1),
        tf.image.padToBoundingBox(u, 1, 0, 5, 4), tf.image.resizeImageWithCropOrPad(u, 3, 1),
        tf.image.resizeImages(x, [2, 3]),
        tf.image.resizeImages(x[0], [8, 5], method: .nearestNeighbor),
        tf.image.resizeImages(u, [3, 3], method: .bicubic, alignCorners: true),
        tf.image.resizeImages(x, [4, 5]), tf.image.centralCrop(x, 0.5),
        tf.image.centralCrop(u, 0.5),
        tf.image.resizeImages(x, [2, 2], method: .area, preserveAspectRatio: true),
      ]
    },
    Program(name: "image_chances") {
      tf.setRandomSeed(6)
      let (x, b) = try (place([3, 4, 3]), place([2, 3, 4, 3], "b"))
      return try [
        tf.image.flipLeftRight(x), tf.image.flipUpDown(b), tf.image.randomFlipLeftRight(x),
        tf.image.randomFlipUpDown(b, seed: 3), tf.image.randomBrightness(x, 0.3),
        tf.image.randomContrast(x, 0.5, 1.5, seed: 1), tf.image.randomSaturation(x, 0.5, 1.5),
        tf.image.randomHue(x, 0.2, seed: 2), tf.image.adjustBrightness(x, 0.1),
        tf.image.transposeImage(x),
      ]
    },
    Program(name: "spectra") {
      let x = try place([2, 20])
      return try [
        tf.signal.hannWindow(6), tf.signal.hannWindow(5, periodic: false),
        tf.signal.hammingWindow(4), tf.signal.frame(x, 6, 3),
        tf.signal.frame(x, 6, 4, padEnd: true), tf.abs(tf.signal.stft(x, 6, 3)),
        tf.abs(tf.signal.stft(x, 8, 4, fftLength: 16, padEnd: true)),
        tf.signal.linearToMelWeightMatrix(
          numMelBins: 4, numSpectrogramBins: 9, sampleRate: 8000, lowerEdgeHertz: 100.0,
          upperEdgeHertz: 3000.0),
        tf.reduceSum(x, 1, keepDims: true), tf.reduceMax(x, reductionIndices: [0]),
      ]
    },
  ]
}
