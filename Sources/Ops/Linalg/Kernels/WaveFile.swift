package import CoreOps

/// 16-bit PCM in a RIFF file.
package struct WaveFile {
  private let bytes: [UInt8]
  private let rate: Int
  private let channels: Int
  /// Where the samples are.
  private let data: Range<Int>

  /// - Throws: `INVALID_ARGUMENT` when the header is not that of a 16-bit PCM file.
  package init(_ bytes: [UInt8]) throws {
    self.bytes = bytes
    func integer(_ offset: Int, _ size: Int) throws -> Int {
      guard offset >= 0, size <= bytes.count - offset else {
        throw TFError.invalidArgument(
          "Data too short when trying to read \(size) bytes of a WAV file")
      }
      return (0..<size).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
    func expect(_ text: String, _ offset: Int) throws {
      let end = offset + 4
      guard end <= bytes.count, Array(text.utf8) == Array(bytes[offset..<end]) else {
        throw TFError.invalidArgument("Header mismatch: Expected \(text) in a WAV file")
      }
    }
    try expect("RIFF", 0)
    try expect("WAVE", 8)
    try expect("fmt ", 12)
    let formatSize = try integer(16, 4)
    guard formatSize == 16 || formatSize == 18 else {
      throw TFError.invalidArgument(
        "Bad format chunk size for WAV: Expected 16 or 18, but got \(formatSize)")
    }
    let format = try integer(20, 2)
    guard format == 1 else {
      throw TFError.invalidArgument("Bad audio format for WAV: Expected 1 (PCM), but got \(format)")
    }
    channels = try integer(22, 2)
    rate = try integer(24, 4)
    let bytesPerSecond = try integer(28, 4)
    let bytesPerSample = try integer(32, 2)
    let bits = try integer(34, 2)
    guard bits == 16 else {
      throw TFError.invalidArgument("Can only read 16-bit WAV files, but received \(bits)")
    }
    let expectedSize = (bits * channels + 7) / 8
    guard bytesPerSample == expectedSize else {
      throw TFError.invalidArgument(
        "Bad bytes per sample in WAV header: Expected \(expectedSize) but got \(bytesPerSample)")
    }
    guard bytesPerSecond == bytesPerSample * rate else {
      throw TFError.invalidArgument(
        """
        Bad bytes per second in WAV header: Expected \(bytesPerSample * rate) but got \
        \(bytesPerSecond) (sample_rate=\(rate), bytes_per_sample=\(bytesPerSample))
        """
      )
    }
    guard channels > 0 else {
      throw TFError.invalidArgument(
        "Bad number of channels for WAV: Expected at least 1, but got 0")
    }
    var offset = 20 + formatSize
    var found: Range<Int>?
    while offset < bytes.count, found == nil {
      guard offset + 8 <= bytes.count else {
        throw TFError.invalidArgument("Data too short when trying to read a chunk of a WAV file")
      }
      let size = try integer(offset + 4, 4)
      let isData = Array(bytes[offset..<offset + 4]) == Array("data".utf8)
      offset += 8
      guard size <= bytes.count - offset, size < 1 << 31 else {
        throw TFError.invalidArgument(
          """
          WAV data chunk '\(isData ? "data" : "other")' is too large: \(size) bytes, but the limit \
          is \(bytes.count - offset)
          """
        )
      }
      if isData { found = offset..<offset + size }
      offset += size
    }
    guard let found else { throw TFError.invalidArgument("No data chunk found in WAV") }
    data = found
  }

  /// The samples as `[samples, channels]` floats in -1..<1, and the sample rate.
  ///
  /// - Parameters:
  ///   - channels: how many are wanted: fewer are the first ones, more repeat the last; -1 for
  ///     those there are.
  ///   - samples: how many are wanted: what is missing is silence; -1 for those there are.
  package func decoded(channels wanted: Int, samples: Int) throws -> [Tensor] {
    let count = data.count / (2 * channels)
    let outChannels = wanted > 0 ? wanted : channels
    let outSamples = samples >= 0 ? samples : count
    let audio = try Tensor.zeros(.float32, [outSamples, outChannels])
    let values = audio.elements(Float.self)
    var pace = Pace()
    for sample in 0..<min(count, outSamples) {
      try pace.step(outChannels)
      for channel in 0..<outChannels {
        let offset = data.lowerBound + 2 * (sample * channels + min(channel, channels - 1))
        let bits = UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
        values[sample * outChannels + channel] = Float(Int16(bitPattern: bits)) / 32768
      }
    }
    return [audio, try Tensor(scalar: Int32(truncatingIfNeeded: rate))]
  }

  /// A file of `audio`, which has a value per sample and channel in -1...1.
  ///
  /// - Throws: `INVALID_ARGUMENT` when a number does not fit the header.
  package static func encode(_ audio: [Float], samples: Int, channels: Int, rate: Int) throws
    -> [UInt8]
  {
    guard rate > 0, rate <= Int(UInt32.max) else {
      throw TFError.invalidArgument("sample_rate must be in (0, 2^32), got: \(rate)")
    }
    guard channels > 0, channels <= Int(UInt16.max) else {
      throw TFError.invalidArgument("num_channels must be in (0, 2^16), got: \(channels)")
    }
    let size = 2 * samples * channels
    guard size + 36 <= Int(UInt32.max) else {
      throw TFError.invalidArgument("Provided channels and frames cannot be encoded as a WAV.")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(44 + size)
    func append(_ value: Int, _ count: Int) {
      for byte in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }
    bytes += "RIFF".utf8
    append(36 + size, 4)
    bytes += "WAVEfmt ".utf8
    append(16, 4)
    append(1, 2)
    append(channels, 2)
    append(rate, 4)
    append(rate * channels * 2, 4)
    append(channels * 2, 2)
    append(16, 2)
    bytes += "data".utf8
    append(size, 4)
    for value in audio {
      let scaled = min(max((value * 32768).rounded(), -32768), 32767)
      append(scaled.isNaN ? 0 : Int(scaled), 2)
    }
    return bytes
  }
}
