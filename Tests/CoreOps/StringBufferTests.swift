import CoreOps
import Testing

@Suite struct StringBufferTests {
  @Test func elementsAreWhatWasAppended() throws {
    let builder = try StringBuilder()
    try builder.append("é")
    try builder.append([UInt8]())
    try builder.append([0, 255])
    let strings = try builder.finish()
    #expect(strings.map { Array($0) } == [[0xc3, 0xa9], [], [0, 255]])
    #expect(strings[0].text == "é")
    #expect(strings.byteCount == 4)
  }

  @Test func anElementMayBeWrittenInParts() throws {
    let words = try Tensor(["ab", "c"], shape: [2]).strings
    let builder = try StringBuilder(count: 2, byteCount: 1)
    for separator in ["-", "/"] {
      try builder.write(words[0])
      try Array(separator.utf8).withUnsafeBytes { try builder.write($0) }
      try builder.write(words[1])
      try builder.endElement()
    }
    #expect(try builder.finish().map(\.text) == ["ab-c", "ab/c"])
  }

  @Test func aWindowShowsTheSameMemory() throws {
    let strings = try Tensor(["a", "bc", "", "def"], shape: [4]).strings
    let window = strings.window(1..<4).window(0..<2)
    #expect(window.map(\.text) == ["bc", ""])
    #expect(window.byteCount == 2)
    #expect(window.bytes(0).baseAddress == strings.bytes(1).baseAddress)
  }

  @Test func equalityOrderAndHashAreThoseOfTheBytes() throws {
    let all = try Tensor(["b", "a", "", "ab", "a", "é", "z"], shape: [7]).strings
    #expect(all.sorted().map(\.text) == ["", "a", "a", "ab", "b", "z", "é"])
    #expect(all[1] == all[4] && all[1] != all[0] && all[1] != all[3])
    #expect(Set(all).count == 6)
    let (some, others) = (all.window(1..<2), all.window(4..<5))
    #expect(some == others && some.hashValue == others.hashValue)
    #expect(all.window(0..<1) != others)
  }

  @Test func anElementKeepsItsBytesAlive() throws {
    func element() throws -> ByteString {
      try Tensor([String(repeating: "x", count: 10_000)], shape: [1]).strings[0]
    }
    let kept = try element()
    #expect(kept.count == 10_000 && kept.allSatisfy { $0 == 120 })
  }

  @Test func emptyElementsNeedNoBytes() throws {
    let zeros = try Tensor.zeros(.string, [3, 2])
    #expect(zeros.strings.count == 6 && zeros.strings.allSatisfy(\.isEmpty))
    #expect(try Tensor.zeros(.string, [0]).strings.isEmpty)
  }

  @Test func whatTakesTooMuchIsRefused() {
    #expect(throws: TFError.self) { try Tensor.zeros(.string, [1 << 31, 1 << 29]) }
    #expect(throws: TFError.self) { _ = try StringBuilder(byteCount: 1 << 60) }
  }

  @Test func elementsInMemoryAreTheElements() throws {
    let strings = try Tensor(strings: ["ab", "", "cde", "f"], dims: [4]).strings.window(1..<4)
    strings.withElements { elements in
      #expect((0..<elements.count).map { Array(elements[$0]) } == strings.map { Array($0) })
    }
  }

  @Test func bytesBeyondTheEndOfAWordAreZero() {
    let bytes = [UInt8](1...11)
    for count in 1...11 {
      bytes[..<count].withUnsafeBytes { bytes in
        for position in 0..<count {
          var expected: UInt64 = 0
          for (index, byte) in bytes[position...].prefix(8).enumerated() {
            expected |= UInt64(byte) << UInt64(8 * index)
          }
          #expect(bytes.word(position) == expected)
        }
      }
    }
  }
}
