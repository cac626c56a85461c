import CKernels
package import CoreOps
import Glibc

/// Classes drawn to stand for all that are not true, where there are too many to compute with.
package struct CandidateSamplerOps: OpFamily {
  package static let family: Self = define(Self())

  package let uniform: OpDef = sampling("UniformCandidateSampler") { context in
    .fixed(UniformSampler(range: try context.int("range_max")))
  }

  package let logUniform: OpDef = sampling("LogUniformCandidateSampler") { context in
    .fixed(LogUniformSampler(range: try context.int("range_max")))
  }

  package let learnedUnigram: OpDef = sampling("LearnedUnigramCandidateSampler") { context in
    .learned(range: try context.int("range_max"))
  }

  package let threadUnsafeUnigram: OpDef = sampling("ThreadUnsafeUnigramCandidateSampler") {
    .learned(range: try $0.int("range_max"))
  }

  package let fixedUnigram: OpDef = sampling(
    "FixedUnigramCandidateSampler",
    """
    range_max: int >= 1
    vocab_file: string = ''
    distortion: float = 1
    num_reserved_ids: int = 0
    num_shards: int >= 1 = 1
    shard: int >= 0 = 0
    unigrams: list(float) = []
    """
  ) { context in
    let (file, unigrams) = (try context.string("vocab_file"), try context.floats("unigrams"))
    try require(
      !file.isEmpty || !unigrams.isEmpty, "Must provide either vocab_file or unigrams.")
    try require(
      file.isEmpty || unigrams.isEmpty, "Must only provide one of vocab_file and unigrams.")
    let given = file.isEmpty ? unigrams : try Vocabulary.weights(file)
    return .fixed(try sampler(context, given))
  }

  package let all: OpDef = sampling("AllCandidateSampler", "") { context in
    .all(range: try context.int("num_sampled"))
  }

  /// - Parameters:
  ///   - attributes: lines of the signature.
  ///   - source: where numbers come from, by the attributes.
  private static func sampling(
    _ name: String, _ attributes: String = "range_max: int >= 1",
    _ source: @escaping @Sendable (KernelContext) throws -> CandidateSource
  ) -> OpDef {
    OpDef(
      name,
      """
      true_classes: int64 -> sampled_candidates: int64, true_expected_count: float, \
        sampled_expected_count: float
      num_true: int >= 1
      num_sampled: int >= 1
      unique: bool
      \(attributes.isEmpty ? "" : attributes + "\n")seed: int = 0
      seed2: int = 0
      """, stateful: true,
      shape: { context in
        let trueClasses = try context.shape(0, rank: 2, "true_classes")
        let sampled = try context.int("num_sampled")
        return [[sampled], .of(trueClasses[0], Dimension(try context.int("num_true"))), [sampled]]
      },
      kernel: .dynamic { context in
        let generator = try NodeGenerator(context)
        let source = try source(context)
        let (trueCount, count) = (try context.int("num_true"), try context.int("num_sampled"))
        let unique = try context.bool("unique")
        let identity = "\(name)/\(context.attrs)"
        return { run in
          let trueClasses = run.inputs[0]
          try require(trueClasses.dims.rank == 2, "true_classes must be a matrix")
          try require(
            trueClasses.dims[1] == trueCount,
            """
            true_classes must have num_true columns, expected: \(trueClasses.dims[1]) was: \
            \(trueCount)
            """
          )
          try require(!unique || count <= source.range, "Sampler's range is too small.")
          let values = try trueClasses.integers()
          for value in values where value < 0 || value >= source.range {
            throw TFError.invalidArgument(
              "`true_candidate` out of range [0, \(source.range)), received \(value)")
          }
          let steps = (Dimension(512) * Dimension(count)).saturated
          try MemoryLimit.room(for: (Dimension(64) * Dimension(count)).saturated)
          var stream = PhiloxStream(generator.reserve(run, steps: steps))
          let drawn = try source.draw(count, unique, values, &stream) {
            try run.execution.resources.findOrCreate("", "\(identity)/\(run.node)", $0)
          }
          return [
            try Tensor(drawn.sampled, dims: [count]),
            try Tensor(drawn.trueExpected, dims: trueClasses.dims),
            try Tensor(drawn.sampledExpected, dims: [count]),
          ]
        }
      }, gradient: .zero)
  }

  /// The sampler of a shard of the weights, those of reserved numbers before them.
  private static func sampler(
    _ context: KernelContext, _ given: [Float]
  ) throws -> FixedUnigramSampler {
    let range = try context.int("range_max")
    let reserved = try context.int("num_reserved_ids")
    let (shards, shard) = (try context.int("num_shards"), try context.int("shard"))
    let distortion = try context.float("distortion")
    var weights: [Float] = []
    var total: Float = 0
    // The reserved numbers of this shard.
    if shard < shards, shard < reserved {
      let count = (reserved - shard - 1) / shards + 1
      try require(
        count <= range, "range is \(range) must be equal to weights size  \(count) or more")
      try MemoryLimit.room(for: (Dimension(count) * 4).saturated)
      weights = [Float](repeating: 0, count: count)
    }
    var number = weights.count
    for weight in given {
      if number % shards == shard {
        let weight = powf(weight, distortion)
        total += weight
        weights.append(weight)
      }
      number += 1
    }
    try require(
      range == weights.count, "range is \(range) must be equal to weights size  \(weights.count)")
    try require(
      weights.allSatisfy { $0 >= 0 } && total > 0 && total.isFinite,
      "the weights of the unigrams must not be negative, and not all 0")
    return FixedUnigramSampler(weights: weights, total: total)
  }
}

/// A file with one word a line, its weight behind the last comma.
private enum Vocabulary {
  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

  static func weights(_ path: String) throws -> [Float] {
    guard let file = fopen(path, "r") else {
      throw TFError.notFound("\(path); \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var weights: [Float] = []
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    var pace = Pace()
    while true {
      var length = getline(&line, &capacity, file)
      guard length >= 0, let text = line else { return weights }
      try pace.step(length)
      while length > 0, text[length - 1] == 10 || text[length - 1] == 13 { length -= 1 }
      if length == 0 { continue }
      let bytes = UnsafeRawBufferPointer(start: text, count: length)
      let last = bytes.lastIndex(of: UInt8(ascii: ",")).map { $0 + 1 } ?? 0
      var word = bytes[last...]
      while word.last.map(isBlank) == true { word.removeLast() }
      word = word.drop(while: isBlank)
      guard let weight = Float(String(decoding: word, as: UTF8.self)) else {
        throw TFError.invalidArgument(
          "Wrong vocabulary format at line: \(String(decoding: bytes, as: UTF8.self))")
      }
      weights.append(weight)
    }
  }
}

/// Where candidates come from.
private enum CandidateSource: Sendable {
  case fixed(any RangeSampler)
  case learned(range: Int)
  /// Every number once.
  case all(range: Int)

  var range: Int {
    switch self {
    case .fixed(let sampler): sampler.range
    case .learned(let range), .all(let range): range
    }
  }

  /// - Parameters:
  ///   - values: the true classes.
  ///   - state: finds what the op has learned, or makes it.
  func draw(
    _ count: Int, _ unique: Bool, _ values: [Int], _ stream: inout PhiloxStream,
    _ state: (() throws -> LearnedUnigrams) throws -> LearnedUnigrams
  ) throws -> Candidates {
    switch self {
    case .fixed(let sampler): return try Candidates(sampler, count, unique, values, &stream)
    case .learned(let range):
      let learned = try state { LearnedUnigrams(try UnigramSampler(range: range)) }
      return try learned.sampler.withLock { sampler in
        let candidates = try Candidates(sampler, count, unique, values, &stream)
        sampler.update(values)
        return candidates
      }
    case .all: return Candidates(all: count, values.count)
    }
  }
}

/// What an op has learned of its true classes.
private final class LearnedUnigrams: TensorObject {
  let sampler: Lock<UnigramSampler>
  init(_ sampler: UnigramSampler) { self.sampler = Lock(sampler) }
}

/// What was drawn, and how often it and the true classes are expected.
private struct Candidates {
  let sampled: [Int]
  let trueExpected: [Float]
  let sampledExpected: [Float]

  init(
    _ sampler: some RangeSampler, _ count: Int, _ unique: Bool, _ values: [Int],
    _ stream: inout PhiloxStream
  ) throws {
    let (drawn, tries) = try sampler.draw(count, unique: unique, &stream)
    sampled = drawn
    sampledExpected = drawn.map { sampler.expectedCount($0, count, tries) }
    trueExpected = values.map { sampler.expectedCount($0, count, tries) }
  }

  init(all count: Int, _ trueCount: Int) {
    sampled = Array(0..<count)
    sampledExpected = [Float](repeating: 1, count: count)
    trueExpected = [Float](repeating: 1, count: trueCount)
  }
}
