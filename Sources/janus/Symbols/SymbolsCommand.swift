import ArgumentParser
import CoreOps

struct SymbolsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "symbols",
    abstract: "Says what a symbol of TF-1 is called here, what replaces it, or why it is missing.")

  @Argument(help: "The symbol as Python programs write it, such as tf.layers.dense; none for all.")
  var name: String?

  @Flag(help: "Say which share of the uses in surveyed TF-1 programs is here, and what is not.")
  var coverage = false

  func run() throws {
    if coverage { return try printCoverage() }
    guard let name else {
      for entry in SymbolTable.entries.sorted(by: { $0.symbol < $1.symbol }) {
        try printLine(Self.text(entry))
      }
      return
    }
    let symbol = Self.plain(name)
    guard let entry = SymbolTable.entry(symbol) else {
      throw TFError.notFound("TF-1 has no public symbol tf.\(symbol)\(Self.suggestion(symbol))")
    }
    try printLine(Self.text(entry))
  }

  /// The symbol without what programs write before it.
  static func plain(_ name: String) -> String {
    for prefix in ["tensorflow.compat.v1.", "tf.compat.v1.", "tensorflow.", "tf."]
    where name.hasPrefix(prefix) {
      return String(name.dropFirst(prefix.count))
    }
    return name
  }

  static func text(_ entry: SymbolTable.Entry) -> String {
    let symbol = "tf.\(entry.symbol)"
    return switch entry.verdict {
    case .here: "\(symbol)  is \(SymbolName.swift(entry.symbol))"
    case .replaced(let by): "\(symbol)  is replaced: \(by)"
    case .missing(let why): "\(symbol)  is missing: \(why)"
    }
  }

  /// Symbols that end alike, in another module.
  private static func suggestion(_ symbol: String) -> String {
    let last = symbol.split(separator: ".").last.map(String.init) ?? symbol
    let near = SymbolTable.entries.map(\.symbol).filter {
      $0.split(separator: ".").last?.lowercased() == last.lowercased()
    }
    return near.isEmpty
      ? "" : "; there are " + near.sorted().map { "tf.\($0)" }.joined(separator: ", ")
  }

  private func printCoverage() throws {
    let used = SymbolTable.entries.filter { $0.uses > 0 }
    let here = used.filter { $0.verdict == .here }
    let share = (SymbolTable.coverage * 1000).rounded() / 10
    try printLine(
      """
      \(here.count) of \(used.count) symbols that 25 public TF-1 programs use are here: \
      \(share) % of \(used.reduce(0) { $0 + $1.uses }) uses
      """)
    for entry in used.filter({ $0.verdict != .here }).sorted(by: { $0.uses > $1.uses }) {
      try printLine("\(entry.uses)  \(Self.text(entry))")
    }
  }
}
