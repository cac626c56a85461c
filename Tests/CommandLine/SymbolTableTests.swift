import Foundation
import Testing

@testable import janus

/// The table of symbols says what the code has. `script/symbols` brings it up to date.
@Suite struct SymbolTableTests {
  static let code = SourceMembers(
    under: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources"))

  @Test func whatIsHereIsDeclared() {
    let absent = SymbolTable.entries.filter {
      $0.verdict == .here && !Self.code.has($0.symbol)
    }
    #expect(absent.map(\.symbol) == [])
    #expect(SymbolTable.entries.count > 2000)
  }

  @Test func whatIsDeclaredIsHere() {
    let present = SymbolTable.entries.filter {
      $0.verdict != .here && Self.code.has($0.symbol)
    }
    #expect(present.map(\.symbol) == [])
  }

  @Test func eachSymbolHasOneVerdictWithAReason() {
    let symbols = SymbolTable.entries.map(\.symbol)
    #expect(Set(symbols).count == symbols.count)
    for entry in SymbolTable.entries {
      switch entry.verdict {
      case .here: break
      case .replaced(let text), .missing(let text): #expect(text.count > 5)
      }
    }
  }

  @Test(arguments: [
    ("tf.nn.softmax_cross_entropy_with_logits", "is tf.nn.softmaxCrossEntropyWithLogits"),
    ("tf.GraphKeys.GLOBAL_VARIABLES", "is tf.GraphKeys.globalVariables"),
    ("tensorflow.compat.v1.Session", "is tf.Session"), ("scalar_summary", "tf.summary.scalar"),
    ("tf.tpu", "is missing: there are no TPUs"),
  ]) func saysWhatASymbolIsCalled(name: String, text: String) throws {
    let entry = try #require(SymbolTable.entry(SymbolsCommand.plain(name)))
    #expect(SymbolsCommand.text(entry).contains(text))
  }

  @Test func countsUses() {
    #expect(SymbolTable.coverage > 0.5 && SymbolTable.coverage <= 1)
    #expect(SymbolTable.entry("Session")?.uses == 473)
  }
}

/// The public members of each type, read from the source text.
struct SourceMembers {
  /// Type → member → what it stands for: itself, or the type that it is.
  private var members: [String: [String: String]] = [:]
  private var parents: [String: Set<String>] = ["v1": ["V1API"]]

  init(under folder: URL) {
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift",
        let text = try? String(contentsOf: file, encoding: .utf8)
      else { continue }
      read(text)
    }
  }

  private mutating func read(_ text: String) {
    let block =
      #/
      (?:public\ |package\ |final\ |indirect\ )*
      (extension|enum|struct|class|protocol)\  ([\w.]+) ([^{]*)
      /#
    var (depth, owner, isText) = (0, "", false)
    for line in text.split(separator: "\n") {
      let words = Substring(line.utf8.drop { $0 == 32 })
      if words.hasPrefix("//") { continue }
      let quotes = line.utf8.contains(34) ? line.ranges(of: "\"\"\"").count : 0
      if quotes == 1 { isText.toggle() }
      if quotes > 0 || isText { continue }
      if depth == 0, line.utf8.contains(123), let match = line.prefixMatch(of: block) {
        owner = String(match.2.split(separator: ".").last ?? "")
        let rest = match.3.split(separator: " where ").first ?? ""
        parents[owner, default: []].formUnion(rest.matches(of: /\w+/).map { String($0.0) })
        note(line[match.range.upperBound...].drop { $0 == "{" || $0 == " " }, in: owner)
      } else if depth == 1 {
        note(words, in: owner)
      }
      guard line.utf8.contains(where: { $0 == 123 || $0 == 125 }) else { continue }
      let code =
        line.utf8.contains(34) ? line.replacing(/"(?:[^"\\]|\\.)*"/, with: "")[...] : line
      depth += code.utf8.count { $0 == 123 } - code.utf8.count { $0 == 125 }
    }
  }

  private mutating func note(_ declaration: Substring, in owner: String) {
    guard declaration.hasPrefix("public ") || declaration.hasPrefix("@") else { return }
    let pattern =
      #/
      (?:@\w+(?:\([^)]*\))?\ )* public\  (?:static\ |final\ |nonisolated\ )*
      (?:func|var|let|typealias|enum|struct|class|protocol|case)\  `?(\w+)`?
      (?:\ ?(?:<[^=]*>)?\ ?[:=]\ ?([\w.]+))?
      /#
    guard let match = declaration.prefixMatch(of: pattern) else { return }
    let name = String(match.1)
    let stands = match.2.map { String($0.split(separator: ".").last ?? "") }
    members[owner, default: [:]][name] = stands ?? name
  }

  private func member(_ name: String, of owner: String, _ seen: Set<String> = []) -> String? {
    if let stands = members[owner]?[name] { return stands }
    for parent in (parents[owner] ?? []).sorted() where !seen.contains(parent) {
      if let stands = member(name, of: parent, seen.union([owner])) { return stands }
    }
    return nil
  }

  /// Whether `tf` in TF-1 style has the symbol.
  func has(_ symbol: String) -> Bool {
    var owner: String? = "v1"
    for part in symbol.split(separator: ".") {
      owner = owner.flatMap { member(SymbolName.part(String(part)), of: $0) }
    }
    return owner != nil
  }
}
