public import CompatV1
import Foundation

/// The first images of Examples/digits, [count, 8, 8, 1], and the digits that they show.
public func digits(_ count: Int) throws -> (images: Tensor, labels: Tensor) {
  let folder = URL(filePath: #filePath).deletingLastPathComponent()
  let archive = try NpzReader(folder.appending(path: "../digits/train.npz").path)
  return try withBehavior(.v2) {
    (
      try archive.read("images")[..<count],
      try tf.cast(archive.read("labels")[..<count], .int32)
    )
  }
}

/// A linear congruential generator, which gives the same numbers in Python and in Swift.
struct Numbers {
  private var state: UInt32
  init(_ seed: UInt32) { state = seed }

  mutating func next() -> Int {
    state = state &* 1_664_525 &+ 1_013_904_223
    return Int(state >> 8)
  }

  /// Numbers of [0, 1).
  mutating func uniform(_ shape: Int...) throws -> Tensor {
    let values = (0..<shape.reduce(1, *)).map { _ in Float(Double(next()) / Double(1 << 24)) }
    return try withBehavior(.v2) { try tf.reshape(Tensor(values), shape) }
  }

  /// Integers of [0, bound).
  mutating func integers(_ bound: Int, _ shape: Int...) throws -> Tensor {
    let values = (0..<shape.reduce(1, *)).map { _ in Int32(next() % bound) }
    return try withBehavior(.v2) { try tf.reshape(Tensor(values), shape) }
  }
}
