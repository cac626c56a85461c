package import CoreOps

/// Lower and upper case, blanks at the ends, lengths.
package struct CaseOps: OpFamily {
  package static let family: Self = define(Self())

  package let lower = changingCase("StringLower", 65...90) { $0.lowercased() }
  package let upper = changingCase("StringUpper", 97...122) { $0.uppercased() }

  /// - Parameters:
  ///   - letters: the letters of ASCII that have another case.
  ///   - unicode: the same for any text.
  private static func changingCase(
    _ name: String, _ letters: ClosedRange<UInt8>, _ unicode: @escaping @Sendable (String) -> String
  ) -> OpDef {
    OpDef(
      name,
      """
      input: string -> output: string
      encoding: string = ''
      """, shape: ShapeRules.same,
      kernel: .dynamic { context in
        let encoding = try context.string("encoding")
        try require(
          encoding.isEmpty || encoding == "utf-8",
          "only utf-8 or '' (no encoding) is supported, received \(encoding)")
        return { run in
          [
            try run.inputs[0].mappingStrings { text, builder in
              if encoding.isEmpty {
                try builder.write(text.map { letters.contains($0) ? $0 ^ 32 : $0 })
              } else {
                try builder.write(unicode(String(decoding: text, as: UTF8.self)))
              }
            }
          ]
        }
      }, gradient: .zero)
  }

  package let strip = OpDef(
    "StringStrip", "input: string -> output: string", shape: ShapeRules.same,
    kernel: .run { run in
      [try run.inputs[0].mappingStrings { try $1.write(ASCII.trimmed($0)) }]
    }, gradient: .zero)

  package let length = OpDef(
    "StringLength",
    """
    input: string -> output: int32
    unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'
    """, shape: ShapeRules.same,
    kernel: .dynamic { context in
      let inBytes = try context.string("unit") == "BYTE"
      return { run in
        [
          try run.inputs[0].mappingStringsInParts(to: Int32.self) {
            Int32(truncatingIfNeeded: inBytes ? $0.count : UTF8Characters.count($0))
          }
        ]
      }
    }, gradient: .zero)
}

extension StringBuilder {
  /// Adds bytes to the element that is being written.
  func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// Adds text, as UTF-8, to the element that is being written.
  func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }
}
