public import CoreOps

extension SharedAPI { public typealias audio = AudioAPI }

/// `tf.audio`.
public enum AudioAPI {
  /// The samples of a 16-bit WAV file as `[samples, channels]` in -1..<1, and the sample rate.
  /// Follows
  /// `tf.audio.decode_wav`.
  ///
  /// - Parameters:
  ///   - contents: the file's bytes, a string scalar.
  ///   - desiredChannels, desiredSamples: how many are wanted; -1 for those there are.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the bytes are no such file.
  public static func decodeWav(
    _ contents: some TensorConvertible, desiredChannels: Int = -1, desiredSamples: Int = -1,
    name: String? = nil
  ) throws -> (audio: Tensor, sampleRate: Tensor) {
    let outputs = try apply(
      AudioOps.family.decodeWav, [contents.asTensor()],
      Attrs().with("desired_channels", .int(desiredChannels), unless: desiredChannels == -1)
        .with("desired_samples", .int(desiredSamples), unless: desiredSamples == -1), name: name)
    return (outputs[0], outputs[1])
  }

  /// A 16-bit WAV file. Follows `tf.audio.encode_wav`.
  ///
  /// - Parameters:
  ///   - audio: `[samples, channels]` in -1...1.
  ///   - sampleRate: in hertz, a scalar.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when a number does not fit the file's header.
  public static func encodeWav(
    _ audio: some TensorConvertible, sampleRate: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try AudioOps.family.encodeWav(
      [audio.asTensor(), sampleRate.asTensor(preferring: .int32)], name: name)
  }

  /// The same with its arguments by position.
  public static func encodeWav(
    _ audio: some TensorConvertible, _ sampleRate: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try encodeWav(audio, sampleRate: sampleRate, name: name)
  }
}
