import Glibc

/// The value of a node's attribute, as TensorFlow's `AttrValue` protocol buffer.
public indirect enum AttrValue: Sendable, Hashable {
  case bytes([UInt8])
  case int(Int)
  case float(Float)
  case bool(Bool)
  case type(DType)
  /// A reference dtype, such as `DT_FLOAT_REF`.
  case refType(DType)
  case shape(PartialShape)
  case tensor(Tensor)
  /// A function of the graph's library by name, with its attributes.
  case function(String, Attrs)
  case list([AttrValue])
  /// A placeholder for the attribute of that name of the enclosing function.
  case placeholder(String)

  public static func string(_ text: String) -> AttrValue { .bytes(Array(text.utf8)) }
  public static func ints(_ values: [Int]) -> AttrValue { .list(values.map { .int($0) }) }
  public static func types(_ values: [DType]) -> AttrValue { .list(values.map { .type($0) }) }
  public static func shapes(_ values: [PartialShape]) -> AttrValue {
    .list(values.map { .shape($0) })
  }
  public static func strings(_ values: [String]) -> AttrValue { .list(values.map { .string($0) }) }
}

/// By value: tensors by their elements, floating point numbers by their bits.
extension AttrValue {
  public static func == (a: AttrValue, b: AttrValue) -> Bool {
    switch (a, b) {
    case (.bytes(let a), .bytes(let b)): a == b
    case (.int(let a), .int(let b)): a == b
    case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
    case (.bool(let a), .bool(let b)): a == b
    case (.type(let a), .type(let b)), (.refType(let a), .refType(let b)): a == b
    case (.shape(let a), .shape(let b)): a == b
    case (.tensor(let a), .tensor(let b)): a.hasSameElements(as: b)
    case (.function(let a, let own), .function(let b, let other)): a == b && own == other
    case (.list(let a), .list(let b)): a == b
    case (.placeholder(let a), .placeholder(let b)): a == b
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .bytes(let value): hasher.combine(value)
    case .int(let value): hasher.combine(value)
    case .float(let value): hasher.combine(value.bitPattern)
    case .bool(let value): hasher.combine(value)
    case .type(let value), .refType(let value): hasher.combine(value)
    case .shape(let value): hasher.combine(value)
    case .tensor(let value):
      // The elements themselves may be many.
      hasher.combine(value.dtype)
      hasher.combine(value.dims)
    case .function(let name, let attrs):
      hasher.combine(name)
      hasher.combine(attrs)
    case .list(let values): hasher.combine(values)
    case .placeholder(let name): hasher.combine(name)
    }
  }
}

extension Tensor {
  /// Whether both have the same dtype, shape and elements, bit by bit; of resources and variants
  /// the same objects.
  package func hasSameElements(as other: Tensor) -> Bool {
    guard dtype == other.dtype, dims == other.dims else { return false }
    switch (payload, other.payload) {
    case (.buffer(let a), .buffer(let b)):
      if a === b || dims.elementCount == 0 { return true }
      return memcmp(pointer, other.pointer, bytes.count) == 0
    case (.strings(let a), .strings(let b)): return a === b || strings == other.strings
    case (.objects, .objects):
      return zip(objects, other.objects).allSatisfy { $0 === $1 }
    case (.symbolic(let a), .symbolic(let b)): return a === b
    default: return false
    }
  }
}

/// The attributes of a node, in the order given. Few, so a linear search is the fastest look-up.
///
/// Two are equal when they have the same names and values, in whatever order.
public struct Attrs: Sendable, Hashable, ExpressibleByDictionaryLiteral, Sequence {
  public struct Entry: Sendable, Hashable {
    public var name: String
    public var value: AttrValue
  }

  private var entries: [Entry]

  public init() { entries = [] }
  public init(dictionaryLiteral elements: (String, AttrValue)...) {
    entries = elements.map { Entry(name: $0.0, value: $0.1) }
  }

  public static func == (a: Attrs, b: Attrs) -> Bool {
    guard a.entries.count == b.entries.count else { return false }
    for (index, entry) in a.entries.enumerated() {
      // Mostly they stand in one order.
      let other =
        b.entries[index].name == entry.name ? b.entries[index].value : b[entry.name]
      guard entry.value == other else { return false }
    }
    return true
  }

  public func hash(into hasher: inout Hasher) {
    var sum = 0
    for entry in entries { sum ^= entry.hashValue }
    hasher.combine(entries.count)
    hasher.combine(sum)
  }

  public var isEmpty: Bool { entries.isEmpty }
  public var count: Int { entries.count }
  public func makeIterator() -> IndexingIterator<[Entry]> { entries.makeIterator() }

  public subscript(name: String) -> AttrValue? {
    get { entries.first { $0.name == name }?.value }
    set {
      let index = entries.firstIndex { $0.name == name }
      switch (index, newValue) {
      case (let index?, let value?): entries[index].value = value
      case (let index?, nil): entries.remove(at: index)
      case (nil, let value?): entries.append(Entry(name: name, value: value))
      case (nil, nil): break
      }
    }
  }

  /// Whether one of the values is a function, or a list of functions.
  package var callsFunctions: Bool {
    entries.contains { entry in
      switch entry.value {
      case .function: true
      case .list(let list): list.contains { if case .function = $0 { true } else { false } }
      default: false
      }
    }
  }

  /// Adds the attribute unless the value is the signature's default, so that most calls carry none.
  package func with(_ name: String, _ value: AttrValue, unless isDefault: Bool = false) -> Attrs {
    if isDefault { return self }
    var attrs = self
    attrs[name] = value
    return attrs
  }
}

/// Typed access to attributes, with errors in TensorFlow's words.
package protocol AttrAccess {
  var attrs: Attrs { get }
  var signature: Signature { get }
  /// The attribute's value, or its default.
  func attr(_ name: String) throws -> AttrValue
}

extension AttrAccess {
  package func attr(_ name: String) throws -> AttrValue {
    if let value = attrs[name] ?? signature.attr(name)?.defaultValue { return value }
    throw TFError.invalidArgument(
      "NodeDef missing attr '\(name)' from Op<name=\(signature.name)>")
  }

  private func mismatch(_ name: String, _ expected: String) -> TFError {
    .invalidArgument("attr '\(name)' of \(signature.name) is not \(expected)")
  }

  package func int(_ name: String) throws -> Int {
    guard case .int(let value) = try attr(name) else { throw mismatch(name, "an int") }
    return value
  }
  package func float(_ name: String) throws -> Float {
    guard case .float(let value) = try attr(name) else { throw mismatch(name, "a float") }
    return value
  }
  package func bool(_ name: String) throws -> Bool {
    guard case .bool(let value) = try attr(name) else { throw mismatch(name, "a bool") }
    return value
  }
  package func bytes(_ name: String) throws -> [UInt8] {
    guard case .bytes(let value) = try attr(name) else { throw mismatch(name, "a string") }
    return value
  }
  package func string(_ name: String) throws -> String {
    String(decoding: try bytes(name), as: UTF8.self)
  }
  package func type(_ name: String) throws -> DType {
    switch try attr(name) {
    case .type(let value), .refType(let value): return value
    default: throw mismatch(name, "a type")
    }
  }
  package func shape(_ name: String) throws -> PartialShape {
    guard case .shape(let value) = try attr(name) else { throw mismatch(name, "a shape") }
    return value
  }
  package func tensor(_ name: String) throws -> Tensor {
    guard case .tensor(let value) = try attr(name) else { throw mismatch(name, "a tensor") }
    return value
  }
  package func function(_ name: String) throws -> (name: String, attrs: Attrs) {
    guard case .function(let function, let attrs) = try attr(name) else {
      throw mismatch(name, "a function")
    }
    return (function, attrs)
  }
  package func list(_ name: String) throws -> [AttrValue] {
    guard case .list(let value) = try attr(name) else { throw mismatch(name, "a list") }
    return value
  }
  package func ints(_ name: String) throws -> [Int] {
    try list(name).map {
      guard case .int(let value) = $0 else { throw mismatch(name, "a list of ints") }
      return value
    }
  }
  package func floats(_ name: String) throws -> [Float] {
    try list(name).map {
      guard case .float(let value) = $0 else { throw mismatch(name, "a list of floats") }
      return value
    }
  }
  package func types(_ name: String) throws -> [DType] {
    try list(name).map {
      switch $0 {
      case .type(let value), .refType(let value): return value
      default: throw mismatch(name, "a list of types")
      }
    }
  }
  package func shapes(_ name: String) throws -> [PartialShape] {
    try list(name).map {
      guard case .shape(let value) = $0 else { throw mismatch(name, "a list of shapes") }
      return value
    }
  }
  package func strings(_ name: String) throws -> [String] {
    try list(name).map {
      guard case .bytes(let value) = $0 else { throw mismatch(name, "a list of strings") }
      return String(decoding: value, as: UTF8.self)
    }
  }
}
