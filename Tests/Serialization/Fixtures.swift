import CoreOps
import Glibc
import Serialization

/// How many damaged files tests try, and from which seed: `script/fuzz` asks for more.
enum Fuzz {
  static let rounds = number("JANUS_FUZZ_ROUNDS") ?? 10_000
  static let seed = UInt64(number("JANUS_FUZZ_SEED") ?? 1)

  private static func number(_ name: String) -> Int? {
    getenv(name).flatMap { Int(String(cString: $0)) }
  }
}

enum Fixtures {
  static func path(_ name: String, file: String = #filePath) -> String {
    file.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/Fixtures/" + name
  }

  static func bytes(_ name: String) throws -> [UInt8] { try readFile(path(name)) }
}

/// A small generator of random numbers, the same at every run.
struct Numbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Damages bytes in one of the ways files get damaged.
func damaged(_ bytes: [UInt8], _ numbers: inout Numbers) -> [UInt8] {
  var bytes = bytes
  switch Int.random(in: 0..<5, using: &numbers) {
  case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &numbers))
  case 1:
    bytes.removeSubrange(..<Int.random(in: 1...bytes.count, using: &numbers))
  case 2:
    for _ in 0..<Int.random(in: 1...4, using: &numbers) {
      bytes[Int.random(in: 0..<bytes.count, using: &numbers)] ^=
        1 << UInt8.random(in: 0..<8, using: &numbers)
    }
  case 3:
    for _ in 0..<Int.random(in: 1...8, using: &numbers) {
      bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = [0, 0xff, 0x7f, 0x80].randomElement(
        using: &numbers)!
    }
  default:
    let start = Int.random(in: 0..<bytes.count, using: &numbers)
    let end = min(bytes.count, start + Int.random(in: 1...64, using: &numbers))
    bytes.insert(
      contentsOf: bytes[start..<end], at: Int.random(in: 0...bytes.count, using: &numbers))
  }
  return bytes
}

/// Runs `body`, which may throw a `TFError` and nothing else; whether it threw.
func throwsOnlyTFError(_ body: () throws -> Void) throws -> Bool {
  do {
    try body()
    return false
  } catch is TFError {
    return true
  }
}
