/// The name that was meant by one that does not exist.
struct NameSuggestion {
  private let wanted: [UInt8]
  private let folded: String
  private let leaf: Substring
  /// The most letters that may be wrong.
  private let most: Int
  private var best: (name: String, distance: Int)?

  init(for name: String) {
    wanted = Array(name.utf8)
    folded = name.lowercased()
    leaf = Self.leaf(of: name)
    most = min(3, max(1, wanted.count / 4))
  }

  private static func leaf(of name: String) -> Substring {
    name.lastIndex(of: "/").map { name[name.index(after: $0)...] } ?? name[...]
  }

  /// Looks at a name that does exist.
  mutating func consider(_ name: String) {
    let distance: Int
    let count = name.utf8.count
    if count == wanted.count, name.lowercased() == folded {
      distance = 0
    } else if abs(count - wanted.count) <= most {
      distance = changes(to: Array(name.utf8))
    } else if !leaf.isEmpty, count > leaf.utf8.count, name.hasSuffix(leaf),
      Self.leaf(of: name) == leaf
    {
      // The same in some scope.
      distance = most
    } else {
      return
    }
    if distance <= most, distance < best?.distance ?? .max { best = (name, distance) }
  }

  /// What an error adds; empty where no name is near.
  var text: String { best.map { " Did you mean '\($0.name)'?" } ?? "" }

  /// How many letters have to be put in, left out or changed.
  private func changes(to name: [UInt8]) -> Int {
    var row = Array(0...name.count)
    for (i, x) in wanted.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in name.enumerated() {
        let best = min(diagonal + (x == y ? 0 : 1), row[j] + 1, row[j + 1] + 1)
        diagonal = row[j + 1]
        row[j + 1] = best
      }
      if row.allSatisfy({ $0 > most }) { return .max }
    }
    return row[name.count]
  }
}
