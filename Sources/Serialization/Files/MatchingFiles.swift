import CoreOps
import Glibc

/// The files that a pattern of a path matches, in no order: `*`, `?` and `[…]` stand for parts of
/// one name.
package func matchingFiles(_ pattern: String) throws -> [String] {
  var parts = pattern.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
  var found = [""]
  if pattern.hasPrefix("/") {
    found = ["/"]
    parts.removeFirst()
  }
  var isPattern = false
  for (index, part) in parts.enumerated() {
    try Cancellation.checkCurrent()
    let isLast = index == parts.count - 1
    guard part.utf8.contains(where: { "*?[\\".utf8.contains($0) }) else {
      // A name that must be there is looked for once all is put together.
      found = found.map { $0 + part + (isLast ? "" : "/") }
      continue
    }
    isPattern = true
    found = try found.flatMap { folder in
      try names(in: folder).filter { fnmatch(part, $0, 0) == 0 }.map {
        folder + $0 + (isLast ? "" : "/")
      }
    }
  }
  if isPattern, let last = parts.last, last.utf8.contains(where: { "*?[\\".utf8.contains($0) }) {
    return found
  }
  return found.filter { !$0.isEmpty && fileExists($0) }
}

/// The names in a folder; empty where there is no such folder.
private func names(in folder: String) throws -> [String] {
  guard let stream = opendir(folder.isEmpty ? "." : folder) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  var pace = Pace()
  while let entry = readdir(stream) {
    try pace.step(100)
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names
}
