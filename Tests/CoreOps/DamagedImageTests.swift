import CoreOps
import Glibc
import Ops
import TestSupport
import Testing

/// Files of images with bytes changed, missing or doubled: they are decoded or refused, and nothing
/// else happens. `JANUS_FUZZ_ROUNDS` says how often each file is damaged.
@Suite struct DamagedImageTests {
  private static let files = [
    ImageFiles.png, ImageFiles.widePNG, ImageFiles.alphaPNG, ImageFiles.jpeg, ImageFiles.grayJPEG,
    ImageFiles.gif, ImageFiles.interlacedGIF, ImageFiles.bmp, ImageFiles.flatBMP, ImageFiles.webP,
    ImageFiles.animatedWebP,
  ]

  private static let rounds =
    getenv("JANUS_FUZZ_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 150

  /// xorshift64.
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15

    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }

  private func damaged(_ file: [UInt8], _ numbers: inout Numbers) -> [UInt8] {
    var file = file
    for _ in 0..<Int.random(in: 1...3, using: &numbers) where !file.isEmpty {
      let position = Int.random(in: 0..<file.count, using: &numbers)
      switch Int.random(in: 0..<6, using: &numbers) {
      case 0: file.removeSubrange(position...)
      case 1: file.remove(at: position)
      case 2: file.insert(contentsOf: file[position...].prefix(8), at: position)
      // Sizes are small numbers, and their damage shows with large ones.
      case 3: file[position] = [0, 1, 127, 128, 255].randomElement(using: &numbers) ?? 0
      default: file[position] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
      }
    }
    return file
  }

  @Test(arguments: files.indices) func areDecodedOrRefused(index: Int) throws {
    let whole = Array(Self.files[index].strings[0])
    var numbers = Numbers()
    for _ in 0..<index { _ = numbers.next() }
    var refused = 0
    for _ in 0..<Self.rounds {
      let contents = try Tensor(strings: [damaged(whole, &numbers)], dims: [])
      for (op, attrs) in [
        ("DecodeImage", Attrs()), ("DecodeImage", ["dtype": .type(.float32)]),
        ("DecodeGif", Attrs()),
        ("DecodeBmp", ["channels": .int(4)]), ("ExtractJpegShape", Attrs()),
        ("DecodeJpeg", ["try_recover_truncated": .bool(true), "ratio": .int(2)]),
      ] as [(String, Attrs)] {
        do {
          _ = try applyOp(op, [contents], attrs)
        } catch let error as TFError {
          #expect([.invalidArgument, .resourceExhausted].contains(error.code), "\(error)")
          refused += 1
        }
      }
    }
    #expect(refused > 0)
  }
}
