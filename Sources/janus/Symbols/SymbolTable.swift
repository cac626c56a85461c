/// What is said of each symbol of TF-1: where it is here, what replaces it, or why it is missing.
enum SymbolTable {
  struct Entry {
    /// What TF-1 calls it: `nn.relu`.
    let symbol: String
    let verdict: Verdict
    /// How often 25 public TF-1 programs use it.
    let uses: Int
  }

  enum Verdict: Equatable {
    case here
    case replaced(String)
    case missing(String)
  }

  static let entries: [Entry] = [here, elsewhere].flatMap(parsed)

  /// The lines of a part: a verdict, and under it its symbols with their uses.
  private static func parsed(_ part: String) -> [Entry] {
    var entries: [Entry] = []
    var verdict = Verdict.here
    for line in part.split(separator: "\n") {
      if line == "+" {
        verdict = .here
      } else if line.hasPrefix("> ") {
        verdict = .replaced(String(line.dropFirst(2)))
      } else if line.hasPrefix("- ") {
        verdict = .missing(String(line.dropFirst(2)))
      } else {
        for word in line.split(separator: " ") {
          let parts = word.split(separator: ":")
          entries.append(
            Entry(
              symbol: String(parts[0]), verdict: verdict,
              uses: parts.count > 1 ? Int(parts[1]) ?? 0 : 0))
        }
      }
    }
    return entries
  }

  static func entry(_ symbol: String) -> Entry? { entries.first { $0.symbol == symbol } }

  /// The share of uses that is here.
  static var coverage: Double {
    let all = entries.reduce(0) { $0 + $1.uses }
    let here = entries.reduce(0) { $0 + ($1.verdict == .here ? $1.uses : 0) }
    return all == 0 ? 0 : Double(here) / Double(all)
  }
}

/// TensorFlow's names in Swift's spelling.
enum SymbolName {
  /// `tf.nn.maxPool` for `nn.max_pool`.
  static func swift(_ symbol: String) -> String {
    "tf." + symbol.split(separator: ".").map { part(String($0)) }.joined(separator: ".")
  }

  /// `maxPool` for `max_pool`, `globalVariables` for `GLOBAL_VARIABLES`; types stay as they are.
  static func part(_ name: String) -> String {
    if name == "__version__" { return "version" }
    var name = name
    if name.hasPrefix("DEFINE_") {
      name = "define_" + name.dropFirst(7)
    } else if name.allSatisfy({ $0.isUppercase || $0.isNumber || $0 == "_" }) {
      name = name.lowercased()
    }
    let words = name.split(separator: "_")
    guard let first = words.first else { return name }
    return words.dropFirst().reduce(String(first)) {
      $0 + $1.prefix(1).uppercased() + $1.dropFirst()
    }
  }
}
