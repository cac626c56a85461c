import Glibc

/// Numbers as C prints them.
enum CFormat {
  /// `value` by a `printf` format that takes a precision and a number, such as `%.*g`.
  static func text(_ format: String, precision: Int, _ value: Double) -> String {
    // The longest double in positional form has 309 digits before the point.
    var buffer = [CChar](repeating: 0, count: 340 + precision)
    _ = withVaList([Int32(precision), value]) { vsnprintf(&buffer, buffer.count, format, $0) }
    return String(
      decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
