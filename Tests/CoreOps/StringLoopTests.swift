import CKernels
import CoreOps
import Ops
import TestSupport
import Testing

/// Loops over many strings give what one string after the other gives.
@Suite struct StringLoopTests {
  /// The same numbers for the same seed (SplitMix64).
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  /// Random bytes of random lengths, some of them equal in all but one byte.
  private static func words(_ count: Int, seed: UInt64) -> [[UInt8]] {
    var numbers = Numbers(state: seed)
    return (0..<count).map { _ in
      (0..<Int.random(in: 0...20, using: &numbers)).map { _ in
        UInt8.random(in: 97...98, using: &numbers)
      }
    }
  }

  @Test func hashesAreThoseOfSingleStrings() throws {
    let words = Self.words(3000, seed: 1)
    let input = try Tensor(strings: words, dims: [words.count])
    for buckets in [1, 2, 3, 7, 1 << 20, (1 << 20) + 7, 1 << 62, Int.max] {
      let hashes = try applyOp(
        "StringToHashBucketFast", [input], ["num_buckets": .int(buckets)])[0].integers()
      for (word, hash) in zip(words, hashes) {
        let fingerprint = word.withUnsafeBytes { jk_fingerprint64($0.baseAddress, $0.count) }
        #expect(UInt64(hash) == fingerprint % UInt64(buckets), "\(word) by \(buckets)")
      }
    }
  }

  @Test func lookUpsFindWhatIsThere() throws {
    let keys = Array(Set(Self.words(3000, seed: 2)))
    let table = try applyOp(
      "AnonymousHashTable", [], ["key_dtype": .type(.string), "value_dtype": .type(.int64)])[0]
    let asked = try Tensor(strings: keys + Self.words(3000, seed: 3), dims: [keys.count + 3000])
    let fallback = t(.int64, -1)
    _ = try applyOp(
      "LookupTableImportV2",
      [
        table, Tensor(strings: keys, dims: [keys.count]),
        Tensor(keys.indices.map { Int64($0) }, dims: [keys.count]),
      ])
    let found = try applyOp("LookupTableFindV2", [table, asked, fallback])[0].integers()
    let places = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) })
    #expect(found == asked.strings.map { places[Array($0)] ?? -1 })
  }

  @Test func splittingInPartsIsSplittingOneByOne() throws {
    let lines = Self.words(5000, seed: 4).map { $0.map { $0 == 97 ? 32 : $0 } }
    let input = try Tensor(strings: lines, dims: [lines.count])
    for separator in [" ", "b", "  ", ""] {
      let parts = try applyOp(
        "StringSplitV2", [input, Tensor(strings: [separator], dims: Shape())])
      var rows: [[[UInt8]]] = []
      for line in lines {
        let one = try applyOp(
          "StringSplitV2",
          [Tensor(strings: [line], dims: [1]), Tensor(strings: [separator], dims: Shape())])
        rows.append(one[1].strings.map { Array($0) })
      }
      #expect(parts[1].strings.map { Array($0) } == rows.flatMap { $0 })
      #expect(try parts[2].integers() == [lines.count, rows.map(\.count).max() ?? 0])
      #expect(
        try parts[0].integers()
          == rows.enumerated().flatMap { row, pieces in pieces.indices.flatMap { [row, $0] } })
    }
  }
}
