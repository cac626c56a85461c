import Compat
import CoreOps
import Foundation
import Testing

/// Functions on text, with what TensorFlow 2.21 gives.
@Suite struct TextFunctionTests {
  private func texts(_ tensor: Tensor) -> [String] { tensor.strings.map(\.text) }

  @Test func stringsAreTakenApart() throws {
    #expect(try texts(tf.strings.split("a b  c")) == ["a", "b", "c"])
    #expect(try texts(tf.strings.split("a,b,,c", ",", maxsplit: 2)) == ["a", "b", ",c"])
    #expect(
      try tf.strings.bytesSplit("h\u{e9}").strings.map { Array($0) } == [[104], [195], [169]])
    #expect(try texts(tf.strings.unicodeSplit("h\u{e9}", "UTF-8")) == ["h", "\u{e9}"])
    #expect(try tf.strings.unicodeDecode("h\u{e9}", "UTF-8").integers() == [104, 233])
    #expect(
      try tf.strings.unicodeEncode([104, 233], "UTF-16-BE").strings.map { Array($0) }
        == [[0, 104, 0, 233]])
    let error = #expect(throws: TFError.self) { try tf.strings.split(["a b", "c"]) }
    #expect(error?.message.contains("input must be a scalar") == true)
  }

  @Test func stringsAreJoined() throws {
    #expect(try texts(tf.strings.join(["a", ["b", "c"]], separator: "-")) == ["a-b", "a-c"])
    #expect(try texts(tf.strings.reduceJoin([["a", "b"], ["c", "d"]])) == ["abcd"])
    let rows = try tf.strings.reduceJoin(
      [["a", "b"], ["c", "d"]], axis: -1, keepdims: true, separator: ".")
    #expect(texts(rows) == ["a.b", "c.d"] && rows.dims == [2, 1])
    #expect(try texts(tf.strings.format("a {} b", [[1, 2]])) == ["a [1 2] b"])
    let pairs = try tf.strings.ngrams([["a", "b", "c"], ["d", "e", "f"]], 2)
    #expect(texts(pairs) == ["a b", "b c", "d e", "e f"] && pairs.dims == [2, 2])
    #expect(
      try texts(
        tf.strings.ngrams(
          ["a", "b", "c"], ngramWidth: [1, 2], separator: "-", padValues: ("<", ">")))
        == ["a", "b", "c", "<-a", "a-b", "b-c", "c->"])
    #expect(try texts(tf.strings.ngrams(["a"], 3, preserveShortSequences: true)) == ["a"])
    #expect(
      try texts(tf.strings.ngrams([["a", "b"]], 3, padValues: ("<", ">"), paddingWidth: 1))
        == ["< a b", "a b >"])
  }

  @Test func patternsAndNumbersOfStrings() throws {
    #expect(try texts(tf.strings.regexReplace(["abcabc"], "(b)(c)", #"\2\1"#)) == ["acbacb"])
    #expect(try tf.strings.regexFullMatch(["ab", "b"], "a.*").elements(Bool.self)[0])
    #expect(try tf.strings.toNumber(["1.5"], .float64).doubles() == [1.5])
    #expect(try texts(tf.asString(7)) == ["7"])
    #expect(try tf.strings.length("\u{e9}", unit: .utf8Char).integers() == [1])
    let parts = try tf.compat.v1.stringSplit(["a b", "c"])
    #expect(texts(parts.values) == ["a", "b", "c"])
    #expect(try parts.indices.integers() == [0, 0, 0, 1, 1, 0])
  }

  @Test func summariesOfAGraphAreMergedAndWritten() throws {
    let folder = NSTemporaryDirectory() + "janus-summaries-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let graph = Graph()
    try graph.asDefault {
      typealias v1 = Compat.tf.compat.v1
      #expect(try v1.summary.mergeAll() == nil)
      let x = try v1.placeholder(.float32, shape: [2], name: "x")
      _ = try v1.summary.scalar("all", tf.reduceSum(x))
      _ = try v1.summary.histogram("values", x, collections: ["others"])
      let all = try #require(try v1.summary.mergeAll())
      let writer = try v1.summary.FileWriter(folder, graph)
      let session = v1.Session()
      for step in 0..<3 {
        let summary = try session.run(all, feedDict: [x: [Float(step), 1]])
        #expect(Array(summary.strings[0]).starts(with: [10, 10, 10, 3, 97, 108, 108, 21]))
        try writer.addSummary(summary, globalStep: step)
      }
      try writer.close()
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + (files.first ?? "")))
    #expect(files.count == 1)
    // The graph is there too.
    #expect(bytes.range(of: Data("Placeholder".utf8)) != nil)
  }
}
