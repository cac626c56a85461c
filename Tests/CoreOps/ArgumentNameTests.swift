import Foundation
import Testing

/// The public functions take TensorFlow's arguments in TensorFlow's order and by its names.
///
/// `argument_names.json` has what Python's `inspect.signature` says of each function of TensorFlow
/// 2.21, `name` left out and in Swift's spelling; the functions here are read from the sources.
@Suite struct ArgumentNameTests {
  private struct PublicFunction {
    let symbol: String
    let name: String
    /// Label (nil for none) and name of each parameter.
    let parameters: [(label: String?, name: String)]
  }

  /// Parameters that are called otherwise here, by function: a list of sizes and a number are two
  /// functions in Swift.
  private static let renamed = [
    "split": ["count": "numOrSizeSplits", "sizes": "numOrSizeSplits"],
    "quantize": ["dtype": "T"],
  ]

  @Test func followTensorFlow() throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "argument_names", withExtension: "json", subdirectory: "Fixtures"))
    let names = try JSONDecoder().decode([String: [String]].self, from: Data(contentsOf: url))
    var seen: Set<String> = []
    for function in try Self.functions() {
      guard let expected = names[function.symbol] else { continue }
      seen.insert(function.symbol)
      var rest = expected[...]
      for parameter in function.parameters where parameter.name != "name" {
        let own = Self.renamed[function.name]?[parameter.name] ?? parameter.name
        // TensorFlow calls the first argument of some functions `input_tensor`.
        let isInput = own == "input" && rest.first == "inputTensor"
        guard let position = rest.firstIndex(where: { $0 == own || isInput }) else {
          Issue.record("\(function.symbol): '\(own)' is not among \(rest)")
          break
        }
        rest = rest[(position + 1)...]
        if let label = parameter.label, label != parameter.name {
          #expect(label == expected[position], "\(function.symbol)")
        }
      }
    }
    #expect(Set(names.keys).subtracting(seen).isEmpty)
  }

  /// The functions that say which symbol they follow.
  private static func functions() throws -> [PublicFunction] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources")
    let files = try #require(
      FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    var functions: [PublicFunction] = []
    for case let file as URL in files where file.pathExtension == "swift" {
      var comment = ""
      var declaration: String?
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let text = line.trimmingCharacters(in: .whitespaces)
        if text.hasPrefix("///") {
          comment += text.dropFirst(3)
          continue
        }
        if declaration == nil, text.hasPrefix("public static func ") { declaration = "" }
        if let begun = declaration {
          declaration = begun + " " + text
          guard text.hasSuffix("{") || text.hasSuffix("}") else { continue }
          if let function = parsed(begun + " " + text, comment) { functions.append(function) }
          declaration = nil
        }
        if !text.hasPrefix("@") { comment = "" }
      }
    }
    return functions
  }

  private static func parsed(_ declaration: String, _ comment: String) -> PublicFunction? {
    guard let follows = comment.range(of: "Follows"),
      let begin = comment.range(of: "`", range: follows.upperBound..<comment.endIndex),
      let end = comment.range(of: "`", range: begin.upperBound..<comment.endIndex),
      let open = declaration.firstIndex(of: "(")
    else { return nil }
    let head = declaration[..<open].replacingOccurrences(of: "public static func", with: "")
    let name = head.prefix { $0 != "<" }.trimmingCharacters(in: [" ", "`"])
    // Only what stands outside of inner brackets and texts separates parameters and their names.
    var depth = 0
    var isText = false
    var parts = [""]
    for character in declaration[declaration.index(after: open)...] {
      if character == "\"" { isText.toggle() }
      if !isText, "([{<".contains(character) { depth += 1 }
      if !isText, ")]}>".contains(character) { depth -= 1 }
      if depth < 0 { break }
      if character == ",", depth == 0, !isText {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    let parameters = parts.compactMap { part -> (label: String?, name: String)? in
      let words = part.prefix { $0 != ":" }.split(separator: " ").map(String.init)
      guard let first = words.first, let last = words.last else { return nil }
      return (first == "_" ? nil : first, last)
    }
    return PublicFunction(
      symbol: String(comment[begin.upperBound..<end.lowerBound]), name: name,
      parameters: parameters)
  }
}
