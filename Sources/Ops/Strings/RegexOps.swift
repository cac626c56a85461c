import CRE2
package import CoreOps

/// Regular expressions, as RE2 has them.
package struct RegexOps: OpFamily {
  package static let family: Self = define(Self())

  package let fullMatch = OpDef(
    "RegexFullMatch", "input: string, pattern: string -> output: bool",
    shape: RegexOps.sameBesideScalars("pattern"),
    kernel: .dynamic { _ in
      let last = LastRegex()
      return { run in
        let regex = try last.regex(run.scalar(1, "Pattern"))
        return [try run.inputs[0].mappingStrings(to: Bool.self) { regex.matchesAll(of: $0) }]
      }
    }, gradient: .zero)

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

  package let replace = OpDef(
    "RegexReplace",
    """
    input: string, pattern: string, rewrite: string -> output: string
    replace_global: bool = true
    """, shape: RegexOps.sameBesideScalars("pattern", "rewrite"),
    kernel: .dynamic { context in
      let replacesAll = try context.bool("replace_global")
      let last = LastRegex()
      return { run in
        let regex = try last.regex(run.scalar(1, "Pattern"))
        let rewrite = try run.scalar(2, "Rewrite")
        return [try run.inputs[0].replacing(regex, rewrite, all: replacesAll)]
      }
    }, gradient: .zero)

  package let staticReplace = OpDef(
    "StaticRegexReplace",
    """
    input: string -> output: string
    pattern: string
    rewrite: string
    replace_global: bool = true
    """, shape: ShapeRules.same,
    kernel: .dynamic { context in
      let replacesAll = try context.bool("replace_global")
      let regex = try Regex(context.bytes("pattern"))
      let rewrite = try context.bytes("rewrite")
      return { run in [try run.inputs[0].replacing(regex, rewrite, all: replacesAll)] }
    }, gradient: .zero)

  /// The output has the first input's shape, and the others are scalars of those names.
  private static func sameBesideScalars(_ names: String...) -> ShapeRule {
    { context in
      for (index, name) in names.enumerated() { _ = try context.shape(index + 1, rank: 0, name) }
      return [context.shapes[0]]
    }
  }
}

extension DynamicContext {
  fileprivate func scalar(_ index: Int, _ name: String) throws -> [UInt8] {
    let dims = inputs[index].dims
    try require(dims.rank == 0, "\(name) must be scalar, but received \(dims)")
    return Array(inputs[index].strings[0])
  }
}

extension Tensor {
  /// The strings with what matches replaced.
  fileprivate func replacing(_ regex: Regex, _ rewrite: [UInt8], all: Bool) throws -> Tensor {
    try mappingStrings { text, builder in
      try regex.replace(in: text, by: rewrite, all: all, into: builder)
    }
  }
}

/// The pattern that a kernel had last: most have the same in every run.
private final class LastRegex: Sendable {
  private let last = Lock<(pattern: [UInt8], regex: Regex)?>(nil)

  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words.
  func regex(_ pattern: [UInt8]) throws -> Regex {
    if let last = last.withLock({ $0 }), last.pattern == pattern { return last.regex }
    let regex = try Regex(pattern)
    last.withLock { $0 = (pattern, regex) }
    return regex
  }
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

  /// Writes the text with the first match, or all, replaced.
  ///
  /// - Throws: `RESOURCE_EXHAUSTED` when the result would pass the memory limit; when the run is to
  ///   end.
  func replace(
    in text: UnsafeRawBufferPointer, by rewrite: [UInt8], all: Bool, into builder: StringBuilder
  ) throws {
    var result = ReplacedText(builder: builder)
    let isWhole = withUnsafeMutablePointer(to: &result) { result in
      rewrite.withUnsafeBytes { rewrite in
        jk_re2_replace(
          pattern, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count,
          rewrite.baseAddress?.assumingMemoryBound(to: CChar.self), rewrite.count, all,
          { context, piece, size in
            context.assumingMemoryBound(to: ReplacedText.self).pointee.add(piece, size)
          }, result)
      }
    }
    if let error = result.error { throw error }
    guard isWhole else { throw TFError.internal("a replacement ended without an error") }
  }
}

/// Where a replacement writes to.
private struct ReplacedText {
  let builder: StringBuilder
  var pace = Pace()
  var error: (any Error)?

  /// - Returns: false when an error says that no more is wanted.
  mutating func add(_ piece: UnsafePointer<CChar>, _ size: Int) -> Bool {
    do {
      try pace.step(size + 1)
      try builder.write(UnsafeRawBufferPointer(start: piece, count: size))
      return true
    } catch {
      self.error = error
      return false
    }
  }
}
