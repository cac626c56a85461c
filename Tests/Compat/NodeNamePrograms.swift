import Compat
import CoreOps
import Testing

/// The programs of `script/node-names`, written in Swift.
enum NodeNamePrograms {
  struct Program: Sendable, CustomTestStringConvertible {
    let name: String
    let body: @Sendable () throws -> Void
    var testDescription: String { name }
  }

  private typealias v1 = Compat.tf.compat.v1

  private static func matrix(_ name: String = "x") throws -> Tensor {
    try v1.placeholder(.float32, shape: [nil, 3], name: name)
  }
  private static func known(_ name: String = "x") throws -> Tensor {
    try v1.placeholder(.float32, shape: [2, 3], name: name)
  }
  private static func unknown() throws -> Tensor { try v1.placeholder(.float32, name: "u") }
  private static func numbers(_ dtype: DType, _ shape: [Int?], _ name: String) throws -> Tensor {
    try v1.placeholder(dtype, shape: shape, name: name)
  }

  static let all: [Program] = arithmetic + reductions + layers + arrays + others + files + text

  private static let arithmetic: [Program] = [
    Program(name: "operators") {
      let (x, y) = (try matrix("x"), try matrix("y"))
      _ = try [x + y, x - y, x * y, x / y, -x]
    },
    Program(name: "operators_with_numbers") {
      let x = try matrix()
      _ = try [x + 1.0, 2.0 * x, x - 1.0, 1.0 / x]
    },
    Program(name: "repeated_operators") {
      let x = try known()
      _ = try x * 2.0 + 1.0
      _ = try x * 3.0 + 2.0
      _ = try (x + x) * (x - 1.0)
    },
    Program(name: "arithmetic_functions") {
      let (x, y) = (try known("x"), try known("y"))
      _ = try [tf.add(x, y), tf.add(x, 1.0), tf.subtract(x, y), tf.multiply(x, 2.0)]
      _ = try [tf.realdiv(x, y), tf.maximum(x, 0.0), tf.minimum(x, y), tf.pow(x, 2.0)]
      _ = try tf.math.squaredDifference(x, y)
    },
    Program(name: "named_functions") {
      let (x, y) = (try known("x"), try known("y"))
      _ = try [tf.add(x, 1.0, name: "sum"), tf.multiply(x, y, name: "product")]
      _ = try [tf.exp(x, name: "e"), tf.reduceSum(x, axis: 1, name: "total")]
      _ = try tf.identity(x, name: "x")
    },
    Program(name: "elementwise_functions") {
      let x = try matrix()
      _ = try [tf.exp(x), tf.math.log(x), tf.sqrt(x), tf.square(x), tf.abs(x), tf.sigmoid(x)]
      _ = try [tf.tanh(x), tf.negative(x), tf.math.rsqrt(x), tf.floor(x), tf.round(x)]
      _ = try [tf.sign(x), tf.math.erf(x)]
    },
    Program(name: "comparisons") {
      let (x, y) = (try known("x"), try known("y"))
      _ = try [tf.equal(x, y), tf.notEqual(x, y), tf.less(x, y), tf.greaterEqual(x, 0.0)]
      let (a, b) = (try tf.greater(x, y), try tf.lessEqual(x, y))
      _ = try [tf.logicalAnd(a, b), tf.logicalOr(a, b), tf.logicalNot(a)]
    },
    Program(name: "integer_division") {
      let i = try numbers(.int32, [2], "i")
      _ = try [tf.math.floordiv(i, 2), tf.math.floormod(i, 2), tf.truncatediv(i, 3)]
    },
    Program(name: "complex_numbers") {
      let (x, y) = (try known("x"), try known("y"))
      let z = try tf.math.complex(x, y)
      _ = try [tf.math.real(z), tf.math.imag(z), tf.math.conj(z), tf.abs(z)]
    },
    Program(name: "casting") {
      let x = try known()
      _ = try [tf.cast(x, .int32), tf.cast(x, .float32), tf.cast(x, .float64, name: "wide")]
    },
    Program(name: "choosing") {
      let (x, y) = (try known("x"), try known("y"))
      _ = try tf.where(tf.greater(x, y), x, y)
      _ = try tf.clipByValue(x, 0.0, 1.0)
    },
    Program(name: "accumulating") {
      let x = try known()
      _ = try [tf.math.cumsum(x), tf.math.cumsum(x, axis: 1, reverse: true)]
      _ = try [tf.math.cumprod(x, axis: 1), tf.addN([x, x])]
    },
  ]

  private static let reductions: [Program] = [
    Program(name: "reductions_of_known_rank") {
      let x = try matrix()
      _ = try [tf.reduceSum(x), tf.reduceMean(x), tf.reduceMax(x), tf.reduceMin(x)]
      _ = try tf.reduceProd(x)
    },
    Program(name: "reductions_over_axes") {
      let x = try matrix()
      _ = try [tf.reduceSum(x, axis: 1), tf.reduceMean(x, axis: [0, 1], keepdims: true)]
      _ = try tf.reduceMax(x, axis: -1, keepdims: true)
    },
    Program(name: "reductions_of_unknown_rank") {
      let u = try unknown()
      _ = try [tf.reduceSum(u), tf.reduceMean(u)]
    },
    Program(name: "logsumexp") {
      let x = try matrix()
      _ = try tf.reduceLogsumexp(x, axis: 1)
      _ = try tf.reduceLogsumexp(x, axis: 1, keepdims: true)
      _ = try tf.reduceLogsumexp(x)
    },
    Program(name: "variance") {
      let x = try known()
      _ = try [tf.math.reduceVariance(x, axis: 0), tf.math.reduceStd(x, axis: 1)]
    },
    Program(name: "arguments_of_greatest") {
      let x = try matrix()
      _ = try [tf.argmax(x, axis: 1), tf.argmin(x, axis: 0)]
    },
    Program(name: "greatest") {
      let x = try known()
      _ = try tf.nn.topK(x, k: 2)
      _ = try tf.math.topK(x)
    },
    Program(name: "losses") {
      let (x, y) = (try matrix(), try matrix("y"))
      _ = try tf.reduceMean(tf.square(x - y))
      _ = try tf.reduceMean(tf.reduceSum(tf.abs(x - y), axis: 1))
      _ = try tf.nn.l2Loss(x)
    },
    Program(name: "accuracy") {
      let logits = try matrix("logits")
      let labels = try numbers(.int64, [nil], "labels")
      let right = try tf.equal(tf.argmax(logits, axis: 1), labels)
      _ = try tf.reduceMean(tf.cast(right, .float32), name: "accuracy")
    },
    Program(name: "normalising") {
      let x = try known()
      let mean = try tf.reduceMean(x, axis: 0, keepdims: true)
      let variance = try tf.reduceMean(
        tf.math.squaredDifference(x, mean), axis: 0, keepdims: true)
      _ = try (x - mean) * tf.math.rsqrt(variance + 1e-3)
    },
    Program(name: "segments") {
      let x = try known()
      let i = try numbers(.int32, [2], "i")
      _ = try tf.math.segmentSum(x, i)
      _ = try tf.math.unsortedSegmentSum(x, i, numSegments: 2)
    },
  ]

  private static let layers: [Program] = [
    Program(name: "products") {
      let (x, w) = (try matrix(), try numbers(.float32, [3, 4], "w"))
      _ = try tf.matmul(x, w)
      _ = try tf.matmul(w, x, transposeA: true, transposeB: true, name: "m")
    },
    Program(name: "batched_products") {
      let a = try numbers(.float32, [5, 2, 3], "a")
      _ = try tf.matmul(a, numbers(.float32, [5, 3, 4], "b"))
    },
    Program(name: "dense_layer") {
      let x = try matrix()
      let w = try tf.constant([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]], name: "w")
      let b = try tf.constant([0.5, 0.5], name: "b")
      _ = try tf.nn.relu(tf.matmul(x, w) + b)
    },
    Program(name: "dense_layers_in_scopes") {
      var x = try matrix()
      for _ in 0..<2 {
        x = try tf.nameScope("layer") {
          let w = try tf.constant(
            [[1.0, 0.0, 2.0], [1.0, 0.0, 2.0], [1.0, 0.0, 2.0]], name: "w")
          return try tf.nn.relu(tf.matmul(x, w) + 1.0)
        }
      }
    },
    Program(name: "activations") {
      let x = try matrix()
      _ = try [tf.nn.relu(x), tf.nn.relu6(x), tf.nn.elu(x), tf.nn.selu(x), tf.nn.softplus(x)]
      _ = try [tf.nn.softsign(x), tf.nn.softmax(x), tf.nn.logSoftmax(x), tf.nn.leakyRelu(x)]
      _ = try [tf.nn.sigmoid(x), tf.nn.tanh(x)]
    },
    Program(name: "cross_entropy") {
      let (x, y) = (try matrix(), try matrix("labels"))
      _ = try tf.nn.softmaxCrossEntropyWithLogits(labels: y, logits: x)
    },
    Program(name: "cross_entropy_of_known_shape") {
      let (x, y) = (try known(), try known("labels"))
      _ = try tf.reduceMean(tf.nn.softmaxCrossEntropyWithLogits(labels: y, logits: x))
    },
    Program(name: "sparse_cross_entropy") {
      let (x, y) = (try matrix(), try numbers(.int64, [nil], "labels"))
      _ = try tf.nn.sparseSoftmaxCrossEntropyWithLogits(labels: y, logits: x)
    },
    Program(name: "convolution") {
      let x = try numbers(.float32, [nil, 8, 8, 3], "x")
      let f = try tf.ones([3, 3, 3, 4])
      var y = try tf.nn.conv2d(x, f, strides: [1, 1, 1, 1], padding: "SAME")
      y = try tf.nn.biasAdd(y, tf.zeros([4]))
      y = try tf.nn.maxPool2d(tf.nn.relu(y), ksize: 2, strides: 2, padding: "VALID")
      _ = try tf.nn.avgPool2d(y, ksize: 2, strides: 2, padding: "SAME")
    },
    Program(name: "einsum") {
      let (x, w) = (try known(), try numbers(.float32, [3, 4], "w"))
      _ = try tf.einsum("ij,jk->ik", x, w)
    },
    Program(name: "linear_algebra") {
      let a = try numbers(.float32, [3, 3], "a")
      _ = try [tf.linalg.inv(a), tf.linalg.det(a), tf.linalg.cholesky(a)]
      _ = try [tf.linalg.diag(known("d")), tf.linalg.diagPart(a)]
    },
  ]

  private static let arrays: [Program] = [
    Program(name: "shapes") {
      let x = try matrix()
      _ = try [tf.shape(x), tf.size(x), tf.rank(x), tf.shape(x, outType: .int64)]
    },
    Program(name: "shapes_that_are_known") {
      let x = try known()
      _ = try [tf.shape(x), tf.size(x), tf.rank(x)]
    },
    Program(name: "reshaping") {
      let x = try matrix()
      _ = try [tf.reshape(x, [-1]), tf.reshape(x, [3, -1], name: "r")]
      _ = try [tf.expandDims(x, axis: 1), tf.expandDims(x, axis: -1)]
      _ = try tf.squeeze(tf.expandDims(x, axis: 0), axis: [0])
    },
    Program(name: "transposing") {
      let x = try matrix()
      _ = try [tf.transpose(x), tf.transpose(x, perm: [1, 0])]
      _ = try tf.transpose(x, perm: [1, 0], name: "t")
    },
    Program(name: "transposing_unknown_rank") { _ = try tf.transpose(unknown()) },
    Program(name: "joining") {
      let (x, y) = (try known("x"), try known("y"))
      _ = try [tf.concat([x, y], axis: 0), tf.concat([x, y], axis: -1), tf.stack([x, y])]
      _ = try [tf.stack([x, y], axis: 1), tf.concat([x, [[1.0, 2.0, 3.0]]], axis: 0)]
    },
    Program(name: "splitting") {
      let x = try known()
      _ = try [tf.split(x, 3, axis: 1), tf.split(x, [1, 2], axis: 1)]
      _ = try [tf.unstack(x), tf.unstack(x, axis: 1)]
    },
    Program(name: "gathering") {
      let x = try known()
      let i = try numbers(.int32, [nil], "i")
      _ = try [tf.gather(x, i), tf.gather(x, [0, 1], axis: 1), tf.gatherNd(x, [[0, 1]])]
    },
    Program(name: "one_hots") {
      let i = try numbers(.int32, [nil], "i")
      _ = try tf.oneHot(i, depth: 4)
      _ = try tf.oneHot(i, depth: 3, onValue: 2.0, offValue: -1.0)
    },
    Program(name: "slicing") {
      let x = try known()
      _ = try [
        tf.slice(x, [0, 1], [2, 1]), tf.stridedSlice(x, [0, 0], [2, 2], strides: [1, 1]),
      ]
    },
    Program(name: "filling") {
      _ = try [tf.zeros([2, 3]), tf.ones([2]), tf.fill([2, 2], 7.0)]
      _ = try [tf.range(5), tf.range(1, 7, delta: 2)]
    },
    Program(name: "filling_like") {
      let x = try matrix()
      _ = try [tf.zerosLike(x), tf.onesLike(x), tf.zerosLike(known("k")), tf.onesLike(known("l"))]
    },
    Program(name: "padding") {
      let x = try known()
      _ = try [tf.pad(x, [[1, 1], [0, 2]]), tf.tile(x, [2, 1]), tf.reverse(x, axis: [0])]
      _ = try tf.pad(x, [[1, 1], [0, 2]], constantValues: 1.0)
      _ = try tf.pad(x, [[1, 1], [0, 2]], mode: "REFLECT")
    },
    Program(name: "scattering") {
      let i = try numbers(.int32, [2, 1], "i")
      _ = try tf.scatterNd(i, [1.0, 2.0], [5])
      _ = try tf.tensorScatterNdUpdate(tf.zeros([5]), i, [1.0, 2.0])
    },
    Program(name: "broadcasting") {
      let x = try matrix()
      _ = try tf.broadcastTo(numbers(.float32, [3], "b"), [2, 3])
      _ = try tf.stopGradient(x)
    },
  ]

  private static let others: [Program] = [
    Program(name: "random_numbers") {
      _ = try [tf.random.uniform([2, 3], seed: 1), tf.random.normal([2], seed: 2)]
      _ = try tf.random.truncatedNormal([2], stddev: 0.1, seed: 3)
      _ = try tf.random.uniform([2], minval: -1.0, maxval: 1.0, seed: 4)
    },
    Program(name: "scopes") {
      let x = try known()
      let scope = try tf.nameScope("a") { (scope: String) in
        _ = try tf.exp(x)
        _ = try tf.nameScope("b") { try x + 1.0 }
        _ = try tf.nameScope("b") { try tf.reduceMean(x, name: "m") }
        return scope
      }
      _ = try tf.nameScope(scope) { try tf.exp(x) }
      _ = try tf.nameScope("A") { try tf.identity(x) }
    },
    Program(name: "constants") {
      _ = try [tf.constant(1.0), tf.constant([1, 2, 3]), tf.constant("text", name: "t")]
      _ = try tf.constant(0.0, shape: [2, 2])
    },
    Program(name: "queues") {
      let q = try tf.queue.FIFOQueue(10, [.float32], shapes: [.scalar])
      try q.enqueue(1.0)
      try q.enqueueMany([[1.0, 2.0]])
      _ = try q.dequeue() + q.dequeueMany(2) + q.dequeueUpTo(3)
      _ = try [q.size(), q.isClosed()]
      try q.close()
      try q.close(cancelPendingEnqueues: true)
      _ = try tf.queue.RandomShuffleQueue(10, 2, [.int32], shapes: [.scalar], seed: 5).dequeue()
      _ = try tf.queue.PriorityQueue(10, [.int32], [.scalar]).dequeue()
      _ = try tf.queue.PaddingFIFOQueue(10, [.int32], [[nil]]).dequeueMany(2)
    },
    Program(name: "tables") {
      let (keys, values) = (try numbers(.string, [nil], "k"), ["a", "b"])
      let t = try tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(values, [1, 2]), -1)
      _ = try (t.lookup(keys), t.size(), t.export())
      let n = try numbers(.int64, [nil], "n")
      let m = try tf.lookup.experimental.MutableHashTable(.string, .int64, -1)
      try m.insert(keys, n)
      _ = try (m.lookup(keys), m.size(), m.export())
      try m.remove(keys)
      try m.insert(["b"], [2])
      let d = try tf.lookup.experimental.DenseHashTable(.int64, .int64, -1, -1, -2)
      try d.insert(n, n)
      _ = try (d.lookup(n), d.size(), d.export())
      try d.erase(n)
    },
    Program(name: "waiting") {
      let x = try known()
      let first = try tf.exp(x)
      try tf.controlDependencies([first]) { _ = try tf.identity(x * 2.0) }
    },
  ]

  private static let files: [Program] = [
    Program(name: "whole_files") {
      let path = try numbers(.string, [], "p")
      _ = try [tf.io.readFile("a"), tf.io.readFile(path)]
      try tf.io.writeFile("a", "b")
      _ = try tf.io.matchingFiles("a*")
    },
    Program(name: "messages") {
      let s = try numbers(.string, [nil], "s")
      _ = try [tf.io.decodeRaw(s, .int32), tf.io.decodeRaw(s, .int16, fixedLength: 4)]
      _ = try tf.io.decodeCsv(s, [[1], ["a"]])
      _ = try [tf.io.decodeBase64(s), tf.io.encodeBase64(s), tf.io.decodeCompressed(s)]
      _ = try tf.io.decodeJsonExample(s)
      _ = try tf.io.serializeTensor(numbers(.float32, [2], "x"))
      _ = try tf.io.parseTensor("a", .int32)
    },
    Program(name: "examples") {
      _ = try tf.io.parseExample(
        numbers(.string, [nil], "s"),
        [
          "a": tf.io.FixedLenFeature([2], .int64, defaultValue: [0, 1]),
          "b": tf.io.VarLenFeature(.string), "c": tf.io.RaggedFeature(.float32),
          "d": tf.io.FixedLenFeature([], .string),
          "e": tf.io.FixedLenSequenceFeature([], .float32, allowMissing: true),
          "h e": tf.io.FixedLenFeature([], .int64, defaultValue: 3),
        ])
    },
    Program(name: "single_example") {
      _ = try tf.io.parseSingleExample(
        numbers(.string, [], "s"),
        ["a": tf.io.FixedLenFeature([2], .int64), "b": tf.io.VarLenFeature(.string)])
    },
    Program(name: "sequence_examples") {
      _ = try tf.io.parseSequenceExample(
        numbers(.string, [nil], "s"),
        contextFeatures: [
          "a": tf.io.FixedLenFeature([2], .int64), "b": tf.io.VarLenFeature(.string),
        ],
        sequenceFeatures: [
          "x": tf.io.FixedLenSequenceFeature([], .int64), "y": tf.io.VarLenFeature(.float32),
          "r": tf.io.RaggedFeature(.int64),
        ])
    },
  ]
}
