import CKernels
import Glibc
package import CoreOps

/// Sound files and the features of speech.
package struct AudioOps: OpFamily {
  package static let family: Self = define(Self())

  package let decodeWav = OpDef(
    "DecodeWav",
    """
    contents: string -> audio: float, sample_rate: int32
    desired_channels: int = -1
    desired_samples: int = -1
    """,
    shape: { context in
      let (channels, samples) = (
        try context.int("desired_channels"), try context.int("desired_samples")
      )
      try checkScalar(context.shapes[0], "contents")
      return [[samples < 0 ? nil : samples, channels < 0 ? nil : channels], .scalar]
    },
    kernel: .dynamic { context in
      let (channels, samples) = (
        try context.int("desired_channels"), try context.int("desired_samples")
      )
      return { run in
        try require(
          run.inputs[0].dims.rank == 0, "contents must be scalar, got shape \(run.inputs[0].dims)")
        let file = try WaveFile(Array(run.inputs[0].strings[0]))
        return try file.decoded(channels: channels, samples: samples)
      }
    }, gradient: .none("TensorFlow defines no gradient for DecodeWav"))

  package let encodeWav = OpDef(
    "EncodeWav",
    "audio: float, sample_rate: int32 -> contents: string",
    shape: { context in
      let audio = context.shapes[0]
      try require(audio.rank == nil || audio.rank == 2, "audio must be 2-dimensional\(audio)")
      try checkScalar(context.shapes[1], "sample_rate")
      return [.scalar]
    },
    kernel: .run { run in
      let (audio, rate) = (run.inputs[0], run.inputs[1])
      try require(audio.dims.rank == 2, "audio must be 2-dimensional\(audio.dims)")
      try require(rate.dims.rank == 0, "sample_rate should be a scalar\(rate.dims)")
      let bytes = try WaveFile.encode(
        Array(audio.elements(Float.self)), samples: audio.dims[0], channels: audio.dims[1],
        rate: Int(rate.elements(Int32.self)[0]))
      return [try Tensor(strings: [bytes], dims: Shape())]
    }, gradient: .none("TensorFlow defines no gradient for EncodeWav"))

  package let audioSpectrogram = OpDef(
    "AudioSpectrogram",
    """
    input: float -> spectrogram: float
    window_size: int
    stride: int
    magnitude_squared: bool = false
    """,
    shape: { context in
      let input = context.shapes[0]
      try require(input.rank == nil || input.rank == 2, "input must be 2-dimensional\(input)")
      let (window, stride) = (try context.int("window_size"), try context.int("stride"))
      try checkWindow(window, stride)
      let frames = input[0].map { $0 < window ? 0 : 1 + ($0 - window) / stride }
      return [.of(input[1], frames, 1 + Dimension(fftLength(window)) / 2)]
    },
    kernel: .raw { context in
      let (window, step) = (try context.int("window_size"), try context.int("stride"))
      try checkWindow(window, step)
      let squared = try context.bool("magnitude_squared")
      let length = fftLength(window)
      let hann = (0..<window).map { 0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(window)) }
      let twiddles = (0..<length / 2).flatMap { index -> [Double] in
        let angle = -2 * Double.pi * Double(index) / Double(length)
        return [cos(angle), sin(angle)]
      }
      return { specialise in
        let channels = specialise.inputs[0][1]
        let frames = specialise.outputs[0][1]
        return .run { p in
          let status = jk_spectrogram(
            p[0].assumingMemoryBound(to: Float.self), p[1].assumingMemoryBound(to: Float.self),
            channels, frames,
            window, step, length, hann, twiddles, squared)
          guard status == 0 else {
            throw TFError.resourceExhausted("no memory for a window of \(window) samples")
          }
        }
      }
    }, gradient: .none("TensorFlow defines no gradient for AudioSpectrogram"))

  package let mfcc = OpDef(
    "Mfcc",
    """
    spectrogram: float, sample_rate: int32 -> output: float
    upper_frequency_limit: float = 4000.0
    lower_frequency_limit: float = 20.0
    filterbank_channel_count: int = 40
    dct_coefficient_count: int = 13
    """,
    shape: { context in
      let input = context.shapes[0]
      try require(input.rank == nil || input.rank == 3, "spectrogram must be 3-dimensional\(input)")
      try checkScalar(context.shapes[1], "sample_rate")
      return [.of(input[0], input[1], Dimension(try context.int("dct_coefficient_count")))]
    },
    kernel: .raw { context in
      let upper = Double(try context.float("upper_frequency_limit"))
      let lower = Double(try context.float("lower_frequency_limit"))
      let bands = try context.int("filterbank_channel_count")
      let coefficients = try context.int("dct_coefficient_count")
      try require(
        coefficients >= 0, "dct_coefficient_count must not be negative, got \(coefficients)")
      return { specialise in
        let input = specialise.inputs[0]
        let rate = Int(try specialise.value(1).elements(Int32.self)[0])
        let bins = input[2]
        guard
          let filters = MelFilterbank(
            bins: bins, rate: Double(rate), bands: bands, lower: lower, upper: upper),
          coefficients >= 1, coefficients <= bands
        else {
          throw TFError.invalidArgument(
            """
            Mfcc initialization failed for channel count \(bins), sample rate \(rate), \
            upper_frequency_limit \(upper), lower_frequency_limit \(lower), \
            filterbank_channel_count \(bands), dct_coefficient_count \(coefficients)
            """
          )
        }
        let norm = (2 / Double(bands)).squareRoot()
        let cosines = (0..<coefficients * bands).map { index -> Double in
          let angle = Double(index / bands) * Double.pi / Double(bands)
          return norm * cos(angle * (Double(index % bands) + 0.5))
        }
        let frames = input[0] * input[1]
        return .run { p in
          let status = jk_mfcc(
            p[0].assumingMemoryBound(to: Float.self), p[2].assumingMemoryBound(to: Float.self),
            frames, bins, bands,
            coefficients, filters.start, filters.end, filters.band, filters.weight, cosines)
          guard status == 0 else { throw TFError.resourceExhausted("no memory for \(bands) bands") }
        }
      }
    }, gradient: .none("TensorFlow defines no gradient for Mfcc"))

  private static func checkScalar(_ shape: PartialShape, _ name: String) throws {
    try require(shape.rank == nil || shape.rank == 0, "\(name) should be a scalar\(shape)")
  }

  private static func checkWindow(_ window: Int, _ stride: Int) throws {
    try require(
      window >= 2 && stride >= 1 && window <= 1 << 24,
      "Spectrogram initialization failed for window size \(window) and stride \(stride)")
  }

  /// The smallest power of two that holds the window.
  private static func fftLength(_ window: Int) -> Int {
    var length = 1
    while length < window { length *= 2 }
    return length
  }
}

/// Triangular filters, evenly spaced in mel, over the bins of a spectrogram.
private struct MelFilterbank: Sendable {
  let start: Int
  let end: Int
  /// Per bin, the band whose falling side it lies on; -1 before the first.
  let band: [Int32]
  /// Per bin, the share that goes to that band; the rest goes to the next.
  let weight: [Double]

  /// Nil when the parameters make no filterbank.
  init?(bins: Int, rate: Double, bands: Int, lower: Double, upper: Double) {
    guard bands >= 1, bands <= 1 << 20, rate > 0, bins >= 2, lower >= 0, upper > lower else {
      return nil
    }
    func mel(_ frequency: Double) -> Double { 1127 * log1p(frequency / 700) }
    let low = mel(lower)
    let spacing = (mel(upper) - low) / Double(bands + 1)
    let centers = (0...bands).map { low + spacing * Double($0 + 1) }
    let hertz = 0.5 * rate / Double(bins - 1)
    let (first, last) = (1.5 + lower / hertz, upper / hertz)
    guard first.isFinite, last.isFinite, last < Double(bins) else { return nil }
    (start, end) = (Int(min(first, Double(bins))), Int(last))
    var band = [Int32](repeating: 0, count: bins)
    var weight = [Double](repeating: 0, count: bins)
    var channel = 0
    for bin in 0..<bins where bin >= start && bin <= end {
      let position = mel(Double(bin) * hertz)
      while channel < bands, centers[channel] < position { channel += 1 }
      let own = channel - 1
      band[bin] = Int32(own)
      weight[bin] =
        own >= 0
        ? (centers[own + 1] - position) / (centers[own + 1] - centers[own])
        : (centers[0] - position) / (centers[0] - low)
    }
    (self.band, self.weight) = (band, weight)
  }
}
