import CKernels
package import CoreOps
import Glibc
import Serialization

/// The first word2vec: pairs of a word and one near it, read from a text, and a step of training
/// with words drawn in place of the wrong ones.
package struct Word2VecOps: OpFamily {
  package static let family: Self = define(Self())

  package let skipgram: OpDef = OpDef(
    "Skipgram",
    """
    -> vocab_word: string, vocab_freq: int32, words_per_epoch: int64, current_epoch: int32, \
      total_words_processed: int64, examples: int32, labels: int32
    filename: string
    batch_size: int
    window_size: int = 5
    min_count: int = 5
    subsample: float = 0.001
    """, stateful: true,
    shape: { context in
      let count: PartialShape = .of(Dimension(max(try context.int("batch_size"), 0)))
      return [[nil], [nil], .scalar, .scalar, .scalar, count, count]
    },
    kernel: .dynamic { context in
      let path = try context.string("filename")
      let batch = try context.int("batch_size")
      let (window, least) = (try context.int("window_size"), try context.int("min_count"))
      let share = try context.float("subsample")
      try require(batch >= 0, "batch_size must not be negative, got \(batch)")
      try require(window > 0, "window_size must be positive, got \(window)")
      let identity = "Skipgram/\(context.attrs)"
      return { run in
        let corpus = try run.execution.resources.findOrCreate("", "\(identity)/\(run.node)") {
          Skipgrams(try Corpus(path, window: window, least: least), window: window, share: share)
        }
        return try corpus.next(batch)
      }
    }, gradient: .none("TensorFlow has no gradient for it"))

  package let negTrain: OpDef = OpDef(
    "NegTrain",
    """
    w_in: Ref(float), w_out: Ref(float), examples: int32, labels: int32, lr: float ->
    vocab_count: list(int)
    num_negative_samples: int
    """, stateful: true, shape: { _ in [] },
    kernel: .dynamic { context in
      let counts = try context.ints("vocab_count")
      let samples = try context.int("num_negative_samples")
      let weights = counts.map { powf(Float($0), 0.75) }
      try require(
        !weights.isEmpty && weights.allSatisfy { $0 >= 0 } && weights.contains { $0 > 0 },
        "vocab_count must have counts that are not negative, and not all 0")
      let sampler = WeightedSampler(weights: weights)
      // Seeds that nobody knows, as TensorFlow's.
      let generator = PhiloxState(seed: 0, seed2: 0)
      return { run in
        try NegativeSampling(run, sampler, max(samples, 0), generator).train()
        return []
      }
    }, gradient: .none("it has no outputs"))
}

/// A text as the numbers of its words, the most frequent first; 0 stands for the rare ones.
private struct Corpus: Sendable {
  let words: Tensor
  let counts: [Int32]
  let text: [Int32]

  init(_ path: String, window: Int, least: Int) throws {
    let bytes = try readFile(path)
    let buffer = try Self.split(bytes)
    try require(
      buffer.count >= window * 10,
      "The text file \(path) contains too little data: \(buffer.count) words")
    try require(buffer.count < Int(Int32.max), "The text file \(path) has too many words")
    var found: [ByteString: Int] = [:]
    var seen: [(word: ByteString, count: Int)] = []
    for word in buffer {
      if let place = found[word] {
        seen[place].count += 1
      } else {
        found[word] = seen.count
        seen.append((word, 1))
      }
    }
    // Words that come as often as each other are in the order of the text.
    let kept = seen.enumerated().filter { $0.element.count >= least }.sorted { a, b in
      a.element.count == b.element.count ? a.offset < b.offset : a.element.count > b.element.count
    }
    var numbers: [ByteString: Int32] = [:]
    let builder = try StringBuilder(count: kept.count + 1)
    try builder.append("UNK")
    var counts: [Int32] = [0]
    for (number, (_, entry)) in kept.enumerated() {
      numbers[entry.word] = Int32(number + 1)
      try builder.append(entry.word)
      counts.append(Int32(entry.count))
    }
    counts[0] = Int32(buffer.count) - counts.reduce(0, +)
    words = Tensor(strings: try builder.finish(), dims: [counts.count])
    self.counts = counts
    text = buffer.map { numbers[$0] ?? 0 }
  }

  /// The words between blanks.
  private static func split(_ bytes: [UInt8]) throws -> StringBuffer {
    func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (byte >= 9 && byte <= 13) }
    let builder = try StringBuilder(byteCount: bytes.count)
    var pace = Pace()
    try bytes.withUnsafeBytes { bytes in
      var start = 0
      while true {
        while start < bytes.count, isBlank(bytes[start]) { start += 1 }
        if start == bytes.count { return }
        var end = start
        while end < bytes.count, !isBlank(bytes[end]) { end += 1 }
        try pace.step(end - start)
        try builder.append(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        start = end
      }
    }
    return try builder.finish()
  }
}

/// The pairs of an op, which goes on from run to run.
private final class Skipgrams: TensorObject {
  private struct State {
    var stream = PhiloxStream(jk_philox())
    var epoch: Int32 = -1
    var processed = 0
    var position: Int
    var sentence = [Int32](repeating: 0, count: Skipgrams.sentenceSize)
    var place = Skipgrams.sentenceSize
    var label: Int
    var limit: Int
    /// Pairs that were made ahead, and the next of them.
    var ready: [(Int32, Int32)] = []
    var next = 0
  }

  private static let sentenceSize = 1000
  private static let ahead = 3000

  private let corpus: Corpus
  private let window: Int
  private let share: Float
  private let state: Lock<State>

  init(_ corpus: Corpus, window: Int, share: Float) {
    self.corpus = corpus
    self.window = window
    self.share = share
    let end = corpus.text.count
    state = Lock(State(position: end, label: end, limit: end))
  }

  func next(_ batch: Int) throws -> [Tensor] {
    let (examples, labels) = (
      try Tensor.uninitialized(.int32, [batch]), try Tensor.uninitialized(.int32, [batch])
    )
    let (a, b) = (examples.elements(Int32.self), labels.elements(Int32.self))
    let (epoch, processed) = try state.withLock { state in
      var pace = Pace()
      if state.ready.isEmpty { try refill(&state, &pace) }
      for index in 0..<batch {
        (a[index], b[index]) = state.ready[state.next]
        state.next += 1
        if state.next == state.ready.count { try refill(&state, &pace) }
      }
      return (state.epoch, state.processed)
    }
    return [
      corpus.words, try Tensor(corpus.counts, dims: [corpus.counts.count]),
      try Tensor(scalar: corpus.text.count), try Tensor(scalar: epoch),
      try Tensor(scalar: processed), examples, labels,
    ]
  }

  private func refill(_ state: inout State, _ pace: inout Pace) throws {
    state.ready = try (0..<Self.ahead).map { _ in try pair(&state, &pace) }
    state.next = 0
  }

  private func pair(_ state: inout State, _ pace: inout Pace) throws -> (Int32, Int32) {
    while true {
      try pace.step()
      if state.label >= state.limit {
        state.processed += 1
        state.place += 1
        if state.place >= Self.sentenceSize {
          state.place = 0
          try readSentence(&state, &pace)
        }
        let skip = 1 + Int(state.stream.next(below: UInt32(clamping: window)))
        state.label = max(0, state.place - skip)
        state.limit = min(Self.sentenceSize, state.place + skip + 1)
      }
      if state.place != state.label { break }
      state.label += 1
    }
    defer { state.label += 1 }
    return (state.sentence[state.place], state.sentence[state.label])
  }

  /// The next words of the text; frequent ones are left out now and then (equation 5 of Mikolov et
  /// al., 2013).
  private func readSentence(_ state: inout State, _ pace: inout Pace) throws {
    var filled = 0
    while filled < Self.sentenceSize {
      try pace.step()
      if state.position >= corpus.text.count {
        state.epoch &+= 1
        state.position = 0
      }
      let word = corpus.text[state.position]
      state.position += 1
      if share > 0 {
        let count = Float(corpus.counts[Int(word)])
        let expected = share * Float(corpus.text.count)
        let keep = ((count / expected).squareRoot() + 1) * expected / count
        if state.stream.nextFloat() > keep { continue }
      }
      state.sentence[filled] = word
      filled += 1
    }
  }
}

/// A step of training on pairs.
private struct NegativeSampling {
  private let inputs: VariableObject
  private let outputs: VariableObject
  private let examples: Tensor
  private let labels: Tensor
  private let rate: Float
  private let sampler: WeightedSampler
  private let samples: Int
  private let generator: PhiloxState

  init(
    _ run: DynamicContext, _ sampler: WeightedSampler, _ samples: Int, _ generator: PhiloxState
  ) throws {
    inputs = try run.inputs[0].variable()
    outputs = try run.inputs[1].variable()
    (examples, labels) = (run.inputs[2], run.inputs[3])
    try require(examples.dims.rank == 1, "Must be a vector")
    try require(examples.dims == labels.dims, "examples.shape == labels.shape")
    try require(run.inputs[4].dims.rank == 0, "Must be a scalar")
    rate = run.inputs[4].elements(Float.self)[0]
    self.sampler = sampler
    self.samples = samples
    self.generator = generator
  }

  func train() throws {
    try VariableObject.modify([inputs, outputs], uninitialized: VariableObject.uninitialized) {
      values in
      let (a, b) = (values[0], values[1])
      try require(a.dims.rank == 2, "Must be a matrix")
      try require(a.dims == b.dims, "w_in.shape == w_out.shape")
      let (words, width) = (a.dims[0], a.dims[1])
      try require(
        words == sampler.count, "vocab_size mismatches: \(words) vs. \(sampler.count)")
      let (from, to) = (examples.elements(Int32.self), labels.elements(Int32.self))
      for word in [from, to].joined() {
        try require(
          word >= 0 && word < words, "word \(word) is out of range [0, \(words))")
      }
      let steps = Dimension(from.count) * Dimension(samples) * 2
      var stream = PhiloxStream(generator.reserve(steps: steps.saturated))
      let (x, y) = (a.elements(Float.self), b.elements(Float.self))
      var change = [Float](repeating: 0, count: width)
      var pace = Pace()
      /// Moves the row of `word` towards that of the example, or away from it.
      func move(_ word: Int, _ example: Int, isTrue: Bool) {
        let (row, own) = (word &* width, example &* width)
        var product: Float = 0
        for axis in 0..<width { product += x[own &+ axis] * y[row &+ axis] }
        let slope = isTrue ? 1 / (expf(product) + 1) : -1 / (expf(-product) + 1)
        let step = slope * rate
        for axis in 0..<width {
          change[axis] += y[row &+ axis] * step
          y[row &+ axis] += x[own &+ axis] * step
        }
      }
      for (example, label) in zip(from, to) {
        try pace.step(width * (samples + 1))
        for axis in 0..<width { change[axis] = 0 }
        move(Int(label), Int(example), isTrue: true)
        for _ in 0..<samples {
          let word = sampler.sample(&stream)
          if word != Int(label) { move(word, Int(example), isTrue: false) }
        }
        for axis in 0..<width { x[Int(example) &* width &+ axis] += change[axis] }
      }
    }
  }
}
