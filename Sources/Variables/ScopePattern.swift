import CRE2
import CoreOps

/// What names of a scope begin with, as a regular expression. Follows Python's `re.match`.
package struct ScopePattern: ~Copyable {
  /// nil where the pattern is plain text.
  private let regex: OpaquePointer?
  private let text: String

  /// - Throws: `INVALID_ARGUMENT` for what is no regular expression.
  package init(_ pattern: String) throws {
    text = pattern
    guard pattern.utf8.contains(where: { Self.special.contains($0) }) else {
      regex = nil
      return
    }
    var whole = "(?s)(?:\(pattern)).*"
    var message = [CChar](repeating: 0, count: 256)
    regex = whole.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        jk_re2_compile($0.baseAddress, $0.count, &message, message.count)
      }
    }
    if regex == nil {
      let reason = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
      throw TFError.invalidArgument("scope '\(pattern)' is no regular expression: \(reason)")
    }
  }

  deinit {
    if let regex { jk_re2_free(regex) }
  }

  private static let special = Set("\\.^$*+?{}[]()|".utf8)

  package func matches(_ name: String) -> Bool {
    guard let regex else { return name.hasPrefix(text) }
    var name = name
    return name.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        jk_re2_full_match(regex, $0.baseAddress, $0.count)
      }
    }
  }
}
