import Compat
import CompatV1
import Foundation
import Testing

/// The programs of the README, which stand here between markers word by word.
@Suite struct ReadmeProgramTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private final class Printed {
    var texts: [String] = []
  }

  @Test func graphAndSessionInV1Style() throws {
    typealias tf = CompatV1.tf
    let printed = Printed()
    func print(_ items: Any...) { printed.texts += items.map { "\($0)" } }
    // README: TF-1
    let graph = tf.Graph()
    let (x, y, slope) = try graph.asDefault {
      let x = try tf.placeholder(.float32, shape: [nil, 2], name: "x")
      let y = try tf.reduceSum(x * x + 1.0, axis: 1)
      return (x, y, try tf.gradients([y], [x])[0]!)
    }
    let session = tf.Session(graph: graph)
    let (sums, slopes) = try session.run((y, slope), feedDict: [x: [[1.0, 2.0]]])
    print(try [Float](sums), try [[Float]](slopes))  // [7.0] [[2.0, 4.0]]
    // README: end
    #expect(printed.texts == ["[7.0]", "[[2.0, 4.0]]"])
  }

  @Test func eagerTensorsTapeAndFunctionInV2Style() throws {
    typealias tf = Compat.tf
    let printed = Printed()
    func print(_ items: Any...) { printed.texts += items.map { "\($0)" } }
    // README: TF-2
    let x: Tensor = [[1.0, 2.0]]
    let tape = tf.GradientTape()
    let y = try tape.record {
      tape.watch(x)
      return try tf.reduceSum(x * x + 1.0, axis: 1)
    }
    let slope = try tape.gradient(y, x)
    let affine = tf.function { (x: Tensor) in try x * 2.0 + 1.0 }
    print(y, try [[Float]](slope!))
    print(try affine(x)[0, 1...], try tf.where(x > 1.5, x, 0.0))
    // README: end
    #expect(
      printed.texts == [
        "tf.Tensor([7.], shape=(1,), dtype=float32)", "[[2.0, 4.0]]",
        "tf.Tensor([5.], shape=(1,), dtype=float32)",
        "tf.Tensor([[0. 2.]], shape=(1, 2), dtype=float32)",
      ])
  }

  @Test func serverOfDigits() throws {
    typealias tf = CompatV1.tf
    let folder = Self.root.appendingPathComponent("Examples/digits").path
    let arrays = try NpzReader(folder + "/test.npz")
    let images = try arrays.read("images")
    let predicted = try [Int](arrays.read("predicted"))
    let lines = try (0..<3).map { index in
      try [Float](tf.reshape(images[index], [-1])).map { "\($0)" }.joined(separator: " ")
    }
    let printed = Printed()
    func print(_ items: Any...) { printed.texts += items.map { "\($0)" } }
    var sent = (lines + ["1 2"])[...]
    func readLine() -> String? { sent.popFirst() }
    do {
      let graph = tf.Graph()
      try graph.asDefault {
        try tf.importGraphDef(tf.GraphDef(contentsOf: folder + "/frozen.pb"), name: "")
      }
      // README: server
      let session = tf.Session(graph: graph)
      while let line = readLine() {
        do {
          let pixels = line.split(separator: " ").compactMap { Float($0) }
          let image = try Tensor(pixels, shape: [1, 8, 8, 1])
          let digits = try session.run("predicted:0", feedDict: ["images:0": image])
          print(try [Int](digits)[0])
        } catch { print("error: \(error)") }
      }
      // README: end
    }
    #expect(printed.texts.prefix(3) == predicted.prefix(3).map { "\($0)" }[...])
    #expect(printed.texts.last?.hasPrefix("error: INVALID_ARGUMENT: 2 values do not fill") == true)
  }

  /// What stands between the markers stands in the README too.
  @Test func standInTheReadme() throws {
    let readme = try String(
      contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
    let source = try String(contentsOf: URL(fileURLWithPath: #filePath), encoding: .utf8)
    var count = 0
    var block: [Substring]?
    for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
      let text = line.trimmingCharacters(in: .whitespaces)
      if let lines = block {
        guard text == "// README: end" else {
          block = lines + [line]
          continue
        }
        let indent = lines.first?.prefix { $0 == " " }.count ?? 0
        let program = lines.map { $0.dropFirst(indent) }.joined(separator: "\n")
        #expect(readme.contains(program), "the README has another program than:\n\(program)")
        count += 1
        block = nil
      } else if text.hasPrefix("// README: ") {
        block = []
      }
    }
    #expect(count == 3)
  }
}
