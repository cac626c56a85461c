import CRE2
package import CoreOps

/// Regular expressions, as RE2 has them.
package struct RegexOps: OpFamily {
  package static let family: Self = define(Self())

  package let staticFullMatch = OpDef(
    "StaticRegexFullMatch",
    """
    input: string -> output: bool
    pattern: string
    """, shape: ShapeRules.same,
    kernel: .dynamic { context in
      let regex = try Regex(context.bytes("pattern"))
      return { run in
        [try run.inputs[0].mappingStrings(to: Bool.self) { regex.matchesAll(of: $0) }]
      }
    }, gradient: .zero)
}

/// A compiled pattern, which threads may share.
private final class Regex: @unchecked Sendable {
  private let pattern: OpaquePointer

  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words.
  init(_ text: [UInt8]) throws {
    var error = [CChar](repeating: 0, count: 512)
    let compiled = text.withUnsafeBytes {
      jk_re2_compile(
        $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, &error, error.count)
    }
    guard let compiled else {
      let reason = String(
        decoding: error.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw TFError.invalidArgument(
        "Invalid pattern: \(String(decoding: text, as: UTF8.self)), error: \(reason)")
    }
    pattern = compiled
  }

  deinit { jk_re2_free(pattern) }

  func matchesAll(of text: UnsafeRawBufferPointer) -> Bool {
    jk_re2_full_match(pattern, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count)
  }
}
