package import CoreOps
import Serialization

/// Shuffled records of files, without a queue.
package struct RecordInputOps: OpFamily {
  package static let family: Self = define(Self())

  package let recordInput = OpDef(
    "RecordInput",
    """
    -> records: string
    file_pattern: string
    file_random_seed: int = 301
    file_shuffle_shift_ratio: float = 0.0
    file_buffer_size: int = 10000
    file_parallelism: int = 16
    batch_size: int = 32
    compression_type: string = ''
    """, stateful: true, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      let options = ShuffledRecords.Options(
        patterns: try context.string("file_pattern"),
        seed: try context.int("file_random_seed"),
        shift: try context.float("file_shuffle_shift_ratio"),
        bufferSize: max(1, try context.int("file_buffer_size")),
        compression: Compression(rawValue: try context.string("compression_type")) ?? .none)
      let count = try context.int("batch_size")
      try require(count >= 0, "batch_size must be at least 0, got \(count)")
      return { run in
        // Calls that run at once have no node: those of the same options go on with each other.
        let name = "\(run.node)/\(options)"
        let records = try run.execution.resources.findOrCreate("", name) {
          ShuffledRecords(options)
        }
        let batch = try records.next(count)
        return [try Tensor(strings: batch, dims: [count])]
      }
    }, gradient: .none("strings have no gradient"))
}

/// The records of files in an order that a seed gives, file after file and over and over.
///
/// For one file, the order is TensorFlow's as long as its buffer holds all records; TensorFlow
/// reads several files on threads of their own, whose order no seed gives.
private final class ShuffledRecords: TensorObject {
  struct Options: Sendable {
    /// Paths or patterns with commas between them.
    let patterns: String
    let seed: Int
    /// By which part of their number the files are turned.
    let shift: Float
    let bufferSize: Int
    let compression: Compression
  }

  private struct State {
    var random: MersenneTwister
    var epoch = 0
    /// The files of the epoch that are still to be read, the next one last.
    var files: [String] = []
    var reader: RecordReader?
    var buffer: [[UInt8]] = []
    /// Whether the epoch has had records.
    var hasRecords = true
  }

  private let options: Options
  private let state: Lock<State>

  init(_ options: Options) {
    self.options = options
    state = Lock(
      State(random: MersenneTwister(seed: UInt64(bitPattern: Int64(options.seed)))))
  }

  /// - Throws: `NOT_FOUND` where there are no files; as reading them.
  func next(_ count: Int) throws -> [[UInt8]] {
    try state.withLock { state in
      var batch: [[UInt8]] = []
      var pace = Pace()
      while batch.count < count {
        try fill(&state)
        guard let record = state.buffer.popLast() else {
          try startEpoch(&state)
          continue
        }
        try pace.step(record.count + 64)
        batch.append(record)
      }
      return batch
    }
  }

  private func startEpoch(_ state: inout State) throws {
    guard state.hasRecords else {
      throw TFError.outOfRange("the files at \(options.patterns) have no records")
    }
    var files = try options.patterns.split(separator: ",").flatMap {
      try matchingFiles(String($0)).sorted()
    }
    guard !files.isEmpty else {
      throw TFError.notFound("Found no files at \(options.patterns)")
    }
    state.epoch += 1
    state.hasRecords = false
    let seed = UInt64(bitPattern: Int64(options.seed)) &* 31 &+ UInt64(state.epoch)
    var random = MersenneTwister(seed: seed)
    for index in files.indices.dropFirst() {
      files.swapAt(index, Int(random.next() % UInt64(index + 1)))
    }
    if options.shift >= 0, options.shift < 1 {
      let shift = Int(options.shift * Float(files.count))
      files = Array(files[shift...] + files[..<shift])
    }
    state.files = files.reversed()
  }

  /// Reads until the buffer is full or the epoch has no more.
  private func fill(_ state: inout State) throws {
    while state.buffer.count < options.bufferSize {
      guard let reader = state.reader else {
        guard let path = state.files.popLast() else { return }
        state.reader = try RecordReader(path, options.compression)
        continue
      }
      // As many as TensorFlow reads before it shuffles them in, from the last to the first.
      var records: [[UInt8]] = []
      while records.count < 16, let record = try reader.nextBytes() { records.append(record) }
      if records.count < 16 { state.reader = nil }
      for record in records.reversed() {
        state.hasRecords = true
        let place = Int(state.random.next() % UInt64(state.buffer.count + 1))
        if place == state.buffer.count {
          state.buffer.append(record)
        } else {
          state.buffer.append(state.buffer[place])
          state.buffer[place] = record
        }
      }
    }
  }
}

/// The 64-bit Mersenne Twister (Matsumoto and Nishimura, 2000), as C++'s `mt19937_64`.
private struct MersenneTwister: Sendable {
  private static let size = 312
  private var state: [UInt64]
  private var place = size

  init(seed: UInt64) {
    state = [seed]
    state.reserveCapacity(Self.size)
    for index in 1..<Self.size {
      let last = state[index - 1]
      state.append(6_364_136_223_846_793_005 &* (last ^ last >> 62) &+ UInt64(index))
    }
  }

  mutating func next() -> UInt64 {
    if place == Self.size { twist() }
    var value = state[place]
    place += 1
    value ^= value >> 29 & 0x5555_5555_5555_5555
    value ^= value << 17 & 0x71d6_7fff_eda6_0000
    value ^= value << 37 & 0xfff7_eee0_0000_0000
    return value ^ value >> 43
  }

  private mutating func twist() {
    for index in 0..<Self.size {
      let upper = state[index] & 0xffff_ffff_8000_0000
      let lower = state[(index + 1) % Self.size] & 0x7fff_ffff
      let mixed = upper | lower
      let magic: UInt64 = mixed & 1 == 1 ? 0xb502_6f5a_a966_19e9 : 0
      state[index] = state[(index + 156) % Self.size] ^ mixed >> 1 ^ magic
    }
    place = 0
  }
}
