import CoreOps

/// Sizes or strides of a window: one number for all spatial dimensions, one per spatial dimension,
/// or one per dimension of the input.
public struct WindowSize: Sendable, Hashable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral
{
  public let values: [Int]
  public init(_ values: [Int]) { self.values = values }
  public init(integerLiteral value: Int) { values = [value] }
  public init(arrayLiteral elements: Int...) { values = elements }

  /// One number per dimension of an input of rank `spatial + 2`.
  func full(spatial: Int, channelsFirst: Bool, _ name: String) throws -> [Int] {
    let inner: [Int]
    switch values.count {
    case 1: inner = [Int](repeating: values[0], count: spatial)
    case spatial: inner = values
    case spatial + 2: return values
    default:
      throw TFError.invalidArgument(
        "\(name) should be of length 1, \(spatial) or \(spatial + 2) but was \(values.count)")
    }
    return channelsFirst ? [1, 1] + inner : [1] + inner + [1]
  }
}

/// How a window op pads: `.same`, `.valid`, their names in any case, or a pair of numbers per
/// dimension of the input.
public struct WindowPadding: Sendable, Hashable, ExpressibleByStringLiteral,
  ExpressibleByArrayLiteral
{
  let kind: String
  let explicit: [Int]
  /// The output is as large as the input, divided by the strides.
  public static let same = WindowPadding("SAME")
  /// Windows lie inside the input.
  public static let valid = WindowPadding("VALID")

  public init(stringLiteral value: String) { self.init(value) }
  public init(arrayLiteral elements: [Int]...) {
    (kind, explicit) = ("EXPLICIT", elements.flatMap { $0 })
  }
  public init(_ value: String) { (kind, explicit) = (value.asciiUppercased, []) }

  func adding(to attrs: Attrs) -> Attrs {
    attrs.with("padding", .string(kind)).with(
      "explicit_paddings", .ints(explicit), unless: explicit.isEmpty)
  }
}

/// The attributes of a window op.
func windowAttrs(
  strides: WindowSize, padding: WindowPadding, dataFormat: String, dilations: WindowSize? = nil,
  ksize: WindowSize? = nil, spatial: Int = 2
) throws -> Attrs {
  let first = dataFormat.hasPrefix("NC")
  let standard = spatial == 2 ? "NHWC" : "NDHWC"
  var attrs: Attrs = [
    "strides": .ints(try strides.full(spatial: spatial, channelsFirst: first, "strides"))
  ]
  if let ksize {
    attrs["ksize"] = .ints(try ksize.full(spatial: spatial, channelsFirst: first, "ksize"))
  }
  if let dilations {
    let values = try dilations.full(spatial: spatial, channelsFirst: first, "dilations")
    attrs = attrs.with("dilations", .ints(values), unless: values.allSatisfy { $0 == 1 })
  }
  return padding.adding(to: attrs).with(
    "data_format", .string(dataFormat), unless: dataFormat == standard)
}

extension String {
  fileprivate var asciiUppercased: String {
    String(decoding: utf8.map { $0 >= 97 && $0 <= 122 ? $0 - 32 : $0 }, as: UTF8.self)
  }
}
