/// The decimal digits of a floating point number, and the texts that NumPy makes of them.
struct DecimalDigits {
  let isNegative: Bool
  /// The fewest digits that tell the number from its neighbours, without zeros at either end; empty
  /// for zero.
  private let digits: [UInt8]
  /// The power of ten of the first digit.
  private let exponent: Int
  /// The number itself, by which digits are rounded.
  private let value: Double

  /// - Parameter shortest: the number as Swift prints it, `-1.25e-07`.
  init(_ value: Double, shortest: String) {
    self.value = abs(value)
    isNegative = value.sign == .minus
    var digits: [UInt8] = []
    var point: Int?
    var exponent = 0
    var text = Substring(shortest)
    if text.hasPrefix("-") { text.removeFirst() }
    if let mark = text.firstIndex(of: "e") {
      exponent = Int(text[text.index(after: mark)...]) ?? 0
      text = text[..<mark]
    }
    for byte in text.utf8 {
      if byte == UInt8(ascii: ".") { point = digits.count } else { digits.append(byte) }
    }
    exponent += (point ?? digits.count) - 1
    let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
    digits.removeFirst(leading)
    exponent -= leading
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    self.digits = digits
    self.exponent = digits.isEmpty ? 0 : exponent
  }

  init(_ value: Float16) {
    // Swift prints whole numbers of 16 bits with more digits than tell them apart.
    let texts = (0...4).lazy.map { CFormat.text("%.*e", precision: $0, Double(value)) }
    let shortest = texts.first { text in Double(text).map { Float16($0) } == value }
    self.init(Double(value), shortest: shortest ?? value.description)
  }
  init(_ value: Float) { self.init(Double(value), shortest: value.description) }
  init(_ value: Double) { self.init(value, shortest: value.description) }

  /// The parts of a text before and behind the point, without zeros at the end.
  struct Parts {
    var whole: String
    var fraction: String
    /// The power of ten with its sign, in the scientific form.
    var exponent = ""
  }

  /// `123.45`, with at most `precision` digits behind the point.
  func positional(precision: Int) -> Parts {
    if digits.count - 1 - exponent > precision { return rounded("%.*f", precision) }
    let zero = UInt8(ascii: "0")
    let whole =
      exponent < 0
      ? [zero]
      : digits.prefix(exponent + 1)
        + [UInt8](repeating: zero, count: max(0, exponent + 1 - digits.count))
    let fraction =
      [UInt8](repeating: zero, count: max(0, -exponent - 1))
      + digits.dropFirst(max(0, exponent + 1))
    return Parts(
      whole: digits.isEmpty ? "0" : String(decoding: whole, as: UTF8.self),
      fraction: digits.isEmpty ? "" : String(decoding: fraction, as: UTF8.self))
  }

  /// `1.2345e+02`, with at most `precision` digits behind the point.
  func scientific(precision: Int) -> Parts {
    if digits.count - 1 > precision { return rounded("%.*e", precision) }
    let size = abs(exponent)
    return Parts(
      whole: digits.isEmpty ? "0" : String(decoding: digits.prefix(1), as: UTF8.self),
      fraction: String(decoding: digits.dropFirst(), as: UTF8.self),
      exponent: (exponent < 0 ? "-" : "+") + (size < 10 ? "0" : "") + String(size))
  }

  /// `1.2345e+02`, rounded to `precision` digits behind the point, also where fewer tell the number
  /// apart.
  func rounded(precision: Int) -> Parts { rounded("%.*e", precision) }

  /// The parts of what C prints: rounded by the exact value, halves to the even digit.
  private func rounded(_ format: String, _ precision: Int) -> Parts {
    let text = CFormat.text(format, precision: precision, value)
    let mantissa = text.prefix { $0 != "e" }
    let whole = mantissa.prefix { $0 != "." }
    var fraction = mantissa.dropFirst(whole.count + 1)
    while fraction.last == "0" { fraction.removeLast() }
    return Parts(
      whole: String(whole), fraction: String(fraction),
      exponent: String(text.dropFirst(mantissa.count + 1)))
  }

  /// The number as `str` of a Python or NumPy scalar: all its digits.
  ///
  /// - Parameters:
  ///   - limit: from where on the scientific form is taken.
  ///   - point: whether a whole number gets `.0`.
  func scalarText(scientificFrom limit: Double, point: Bool = true) -> String {
    let sign = isNegative ? "-" : ""
    if value != 0, value >= limit || value < 1e-4 {
      let parts = scientific(precision: .max)
      let fraction = parts.fraction.isEmpty ? "" : "." + parts.fraction
      return "\(sign)\(parts.whole)\(fraction)e\(parts.exponent)"
    }
    let parts = positional(precision: .max)
    if parts.fraction.isEmpty { return sign + parts.whole + (point ? ".0" : "") }
    return "\(sign)\(parts.whole).\(parts.fraction)"
  }
}

/// A floating point type as it is printed.
protocol PrintedFloat: BinaryFloatingPoint where Magnitude == Self {
  /// From where on NumPy prints an array of it in the scientific form.
  static var arrayLimit: Double { get }
  /// The same of a scalar.
  static var scalarLimit: Double { get }
  var decimal: DecimalDigits { get }
}

extension Float16: PrintedFloat {
  static var arrayLimit: Double { 1e3 }
  static var scalarLimit: Double { 1e3 }
  var decimal: DecimalDigits { DecimalDigits(self) }
}

extension Float: PrintedFloat {
  static var arrayLimit: Double { 1e6 }
  static var scalarLimit: Double { 1e6 }
  var decimal: DecimalDigits { DecimalDigits(self) }
}

extension Double: PrintedFloat {
  static var arrayLimit: Double { 1e8 }
  static var scalarLimit: Double { 1e16 }
  var decimal: DecimalDigits { DecimalDigits(self) }
}

/// How the floating point numbers of one array are printed so that they align: NumPy's
/// `FloatingFormat` with a precision of 8.
struct FloatColumn<Value: PrintedFloat> {
  private var isScientific = false
  private var leftWidth = 0
  private var rightWidth = 0
  private var precision = 8
  private var exponentDigits = 0
  private let showsPlus: Bool

  /// - Parameters:
  ///   - values: the numbers that are shown.
  ///   - showsPlus: whether a number that is not negative has a `+`.
  init(_ values: [Value], showsPlus: Bool = false) {
    self.showsPlus = showsPlus
    let finite = values.filter(\.isFinite)
    let sizes = finite.filter { $0 != 0 }.map(\.magnitude)
    if let greatest = sizes.max(), let least = sizes.min() {
      isScientific =
        greatest >= Value(Value.arrayLimit) || least < Value(0.0001) || greatest / least > 1000
    }
    let parts = finite.map(parts)
    leftWidth = parts.map { $0.whole.utf8.count }.max() ?? 0
    let fraction = parts.map { $0.fraction.utf8.count }.max() ?? 0
    if isScientific {
      precision = fraction
      exponentDigits = (parts.map { $0.exponent.utf8.count }.max() ?? 1) - 1
      rightWidth = exponentDigits + 2 + precision
    } else {
      rightWidth = fraction
    }
    if finite.count < values.count {
      let hasMinus = showsPlus || values.contains { $0 == -.infinity }
      leftWidth = max(leftWidth, 3 + (hasMinus ? 1 : 0) - rightWidth - 1)
    }
  }

  private func parts(_ value: Value) -> DecimalDigits.Parts {
    let decimal = value.decimal
    return signed(
      isScientific
        ? decimal.scientific(precision: precision) : decimal.positional(precision: precision),
      value)
  }

  private func signed(_ parts: DecimalDigits.Parts, _ value: Value) -> DecimalDigits.Parts {
    var parts = parts
    parts.whole = (value.sign == .minus ? "-" : showsPlus ? "+" : "") + parts.whole
    return parts
  }

  func text(_ value: Value) -> String {
    guard value.isFinite else {
      let name =
        value.isNaN ? (showsPlus ? "+nan" : "nan") : value < 0 ? "-inf" : showsPlus ? "+inf" : "inf"
      return name.padded(to: leftWidth + rightWidth + 1)
    }
    if isScientific {
      // Digits behind those that tell a number apart are those of its exact value.
      let parts = signed(value.decimal.rounded(precision: precision), value)
      let whole = parts.whole.padded(to: leftWidth)
      let zeros = String(repeating: "0", count: precision - parts.fraction.utf8.count)
      let exponent = parts.exponent.dropFirst()
      let filling = String(repeating: "0", count: max(0, exponentDigits - exponent.utf8.count))
      return "\(whole).\(parts.fraction)\(zeros)e\(parts.exponent.prefix(1))\(filling)\(exponent)"
    }
    let parts = parts(value)
    let blanks = String(repeating: " ", count: max(0, rightWidth - parts.fraction.utf8.count))
    return "\(parts.whole.padded(to: leftWidth)).\(parts.fraction)\(blanks)"
  }
}

extension String {
  /// The text with spaces before it, `width` characters wide.
  func padded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - utf8.count)) + self
  }
}
