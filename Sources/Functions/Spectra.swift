public import CoreOps
public import OpsLinalg

extension SignalAPI {
  /// A Hann window. Follows `tf.signal.hann_window`.
  ///
  /// - Parameters:
  ///   - windowLength: how many numbers it has.
  ///   - periodic: whether it is for spectra; otherwise it is symmetric, for filters.
  ///   - dtype: floating point.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for another dtype or a negative length.
  public static func hannWindow(
    _ windowLength: Int, periodic: Bool = true, dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try raisedCosine(windowLength, periodic, dtype, 0.5, 0.5, name, "hann_window")
  }

  /// A Hamming window. Follows `tf.signal.hamming_window`.
  ///
  /// - Parameters and errors: as `hannWindow`.
  public static func hammingWindow(
    _ windowLength: Int, periodic: Bool = true, dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try raisedCosine(windowLength, periodic, dtype, 0.54, 0.46, name, "hamming_window")
  }

  private static func raisedCosine(
    _ length: Int, _ periodic: Bool, _ dtype: DType, _ a: Double, _ b: Double, _ name: String?,
    _ standard: String
  ) throws -> Tensor {
    guard dtype.isFloating else {
      throw TFError.invalidArgument("dtype must be a floating point type. Found \(dtype)")
    }
    try require(
      length >= 0 && length < Int32.max, "window_length must be in int32, got \(length)")
    return try inScope(name, standard) { _ in
      if length == 1 { return try MathAPI.ones([1], dtype: dtype) }
      let isEven = length % 2 == 0
      let period = try (length + (periodic && isEven ? 1 : 0) - 1).asTensor(preferring: dtype)
      let count = try CastOps.cast(MathAPI.range(length), dtype)
      let angle = try (2 * Double.pi).asTensor(preferring: dtype) * count / period
      return try a - b * MathAPI.cos(angle)
    }
  }

  /// Parts of a signal that overlap. Follows `tf.signal.frame`.
  ///
  /// - Parameters:
  ///   - signal: of at least one dimension; time runs along the last.
  ///   - frameLength: how many samples a part has.
  ///   - frameStep: how far apart they begin.
  ///   - padEnd: whether the last parts are filled up, so that every sample begins in one.
  ///   - padValue: with what they are filled.
  ///   - name: of the scope.
  /// - Returns: the parts along the last dimension but one.
  /// - Throws: `INVALID_ARGUMENT` for lengths below 1 and for a scalar.
  public static func frame(
    _ signal: some TensorConvertible, frameLength: Int, frameStep: Int, padEnd: Bool = false,
    padValue: some TensorConvertible = 0, name: String? = nil
  ) throws -> Tensor {
    try require(frameLength > 0, "frame_length must be positive, got \(frameLength)")
    try require(frameStep > 0, "frame_step must be positive, got \(frameStep)")
    return try inScope(name, "frame") { _ in
      var signal = try signal.converted("signal")
      guard let rank = signal.shape.rank, rank > 0 else {
        throw TFError.invalidArgument("a signal needs a known rank of at least 1")
      }
      var length = try MathAPI.shape(signal)[-1]
      let count: Tensor
      if padEnd {
        count = try -BinaryOps.family.floordiv(-length, frameStep)
        let end = try frameLength + frameStep * (count - 1)
        let missing = try BinaryOps.family.maximum(end - length, 0)
        let zeros = [[Int]](repeating: [0, 0], count: rank - 1)
        let last = try MathAPI.expandDims(MathAPI.stack([0, missing]), 0)
        let paddings =
          try zeros.isEmpty
          ? last : MathAPI.concat([zeros.asTensor(preferring: .int32), last], axis: 0)
        signal = try MathAPI.pad(
          signal, paddings, constantValues: padValue.asTensor(preferring: signal.dtype))
        length = try MathAPI.shape(signal)[-1]
      } else {
        count = try BinaryOps.family.maximum(
          1 + BinaryOps.family.floordiv(length - frameLength, frameStep), 0)
      }
      let starts = try MathAPI.expandDims(MathAPI.range(count) * frameStep, 1)
      let samples = try starts + MathAPI.expandDims(MathAPI.range(frameLength), 0)
      return try MathAPI.gather(signal, samples, axis: -1)
    }
  }

  /// The same with its arguments by position.
  public static func frame(
    _ signal: some TensorConvertible, _ frameLength: Int, _ frameStep: Int, padEnd: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try frame(
      signal, frameLength: frameLength, frameStep: frameStep, padEnd: padEnd, name: name)
  }

  /// The spectra of parts of a signal that overlap. Follows `tf.signal.stft`.
  ///
  /// - Parameters:
  ///   - signals: floating point; time runs along the last dimension.
  ///   - frameLength, frameStep: of the parts.
  ///   - fftLength: to which length parts are filled; nil for the next power of two.
  ///   - windowFn: gives the window of a length; nil for none.
  ///   - padEnd: whether the last parts are filled up.
  ///   - name: of the scope.
  /// - Returns: complex numbers `[…, parts, fftLength / 2 + 1]`.
  /// - Throws: `INVALID_ARGUMENT` for lengths below 1 and for a scalar.
  public static func stft(
    _ signals: some TensorConvertible, frameLength: Int, frameStep: Int, fftLength: Int? = nil,
    windowFn: ((_ length: Int, _ dtype: DType) throws -> Tensor)? = { length, dtype in
      try SignalAPI.hannWindow(length, dtype: dtype)
    }, padEnd: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "stft") { _ in
      let signals = try signals.converted("signals")
      var frames = try frame(
        signals, frameLength: frameLength, frameStep: frameStep, padEnd: padEnd)
      if let windowFn { frames = try frames * windowFn(frameLength, frames.dtype) }
      var power = 1
      while power < frameLength, power < 1 << 62 { power *= 2 }
      return try rfft(frames, fftLength: [fftLength ?? power])
    }
  }

  /// The same with its arguments by position.
  public static func stft(
    _ signals: some TensorConvertible, _ frameLength: Int, _ frameStep: Int, fftLength: Int? = nil,
    padEnd: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try stft(
      signals, frameLength: frameLength, frameStep: frameStep, fftLength: fftLength,
      padEnd: padEnd, name: name)
  }

  /// The matrix that turns the bins of a spectrum into those of the mel scale. Follows
  /// `tf.signal.linear_to_mel_weight_matrix`.
  ///
  /// - Parameters:
  ///   - numMelBins: how many bins of the mel scale.
  ///   - numSpectrogramBins: how many bins of the spectrum.
  ///   - sampleRate: samples per second.
  ///   - lowerEdgeHertz, upperEdgeHertz: the lowest and highest frequency.
  ///   - dtype: floating point.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for frequencies that are not 0 ≤ lower < upper ≤ rate / 2.
  public static func linearToMelWeightMatrix(
    numMelBins: Int = 20, numSpectrogramBins: Int = 129, sampleRate: Double = 8000,
    lowerEdgeHertz: Double = 125.0, upperEdgeHertz: Double = 3800.0, dtype: DType = .float32,
    name: String? = nil
  ) throws -> Tensor {
    try require(
      numMelBins > 0 && numMelBins < Int32.max - 2,
      "num_mel_bins must be positive. Got: \(numMelBins)")
    try require(
      lowerEdgeHertz >= 0, "lower_edge_hertz must be non-negative. Got: \(lowerEdgeHertz)")
    try require(
      lowerEdgeHertz < upperEdgeHertz,
      "lower_edge_hertz \(lowerEdgeHertz) >= upper_edge_hertz \(upperEdgeHertz)")
    try require(sampleRate > 0, "sample_rate must be positive. Got: \(sampleRate)")
    try require(
      upperEdgeHertz <= sampleRate / 2,
      """
      upper_edge_hertz must not be larger than the Nyquist frequency (sample_rate / 2). Got \
      \(upperEdgeHertz) for sample_rate: \(sampleRate)
      """)
    guard dtype.isFloating else {
      throw TFError.invalidArgument("dtype must be a floating point type. Got: \(dtype)")
    }
    func number(_ value: Double) throws -> Tensor { try value.asTensor(preferring: dtype) }
    /// Hertz in the mel scale.
    func mel(_ hertz: Tensor) throws -> Tensor {
      try 1127.0 * MathAPI.log(1.0 + hertz / 700.0)
    }
    return try inScope(name, "linear_to_mel_weight_matrix") { scope in
      let frequencies = try MathAPI.linspace(
        number(0), number(sampleRate) / 2.0, numSpectrogramBins)[1...]
      let bins = try MathAPI.expandDims(mel(frequencies), 1)
      let edges = try frame(
        MathAPI.linspace(
          mel(number(lowerEdgeHertz)), mel(number(upperEdgeHertz)), numMelBins + 2),
        frameLength: 3, frameStep: 1)
      let (lower, centre, upper) = try (
        MathAPI.reshape(edges[.all, 0], [1, numMelBins]),
        MathAPI.reshape(edges[.all, 1], [1, numMelBins]),
        MathAPI.reshape(edges[.all, 2], [1, numMelBins])
      )
      let rising = try (bins - lower) / (centre - lower)
      let falling = try (upper - bins) / (upper - centre)
      let weights = try BinaryOps.family.maximum(
        number(0), BinaryOps.family.minimum(rising, falling))
      // The bin of frequency 0 counts nowhere.
      return try MathAPI.pad(weights, [[1, 0], [0, 0]], name: scope)
    }
  }
}
