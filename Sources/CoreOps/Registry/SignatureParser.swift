/// Reads the notation of `Signature`. The text is part of the program, so mistakes in it are traps.
struct SignatureParser {
  let name: String
  let text: String

  func parse() -> Signature {
    let lines = text.split(separator: "\n").map { trim($0) }
    let sides = split(lines[0], by: "->")
    precondition(sides.count == 2, "\(name): the first line is `inputs -> outputs`")
    let attributes = lines.dropFirst().map(attribute)
    return Signature(
      name: name, inputs: arguments(sides[0], attributes), outputs: arguments(sides[1], attributes),
      attributes: attributes)
  }

  private func trim(_ text: Substring) -> Substring {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return text
  }

  /// Splits at `separator` where no bracket, brace or quote is open.
  private func split(_ text: Substring, by separator: String) -> [Substring] {
    var parts: [Substring] = []
    var depth = 0
    var quoted = false
    var start = text.startIndex
    var index = text.startIndex
    while index < text.endIndex {
      let character = text[index]
      if character == "'" { quoted.toggle() }
      if !quoted {
        if "[{(".contains(character) { depth += 1 }
        if "]})".contains(character) { depth -= 1 }
        if depth == 0, text[index...].hasPrefix(separator) {
          parts.append(trim(text[start..<index]))
          index = text.index(index, offsetBy: separator.count)
          start = index
          continue
        }
      }
      index = text.index(after: index)
    }
    parts.append(trim(text[start...]))
    return parts
  }

  private func arguments(_ side: Substring, _ attributes: [Signature.Attribute])
    -> [Signature.Argument]
  {
    if side.isEmpty { return [] }
    return split(side, by: ",").map { text in
      let parts = split(text, by: ":")
      var type = parts[1]
      var number: String?
      if let star = type.firstIndex(of: "*") {
        number = String(trim(type[..<star]))
        type = trim(type[type.index(after: star)...])
      }
      let isRef = type.hasPrefix("Ref(")
      if isRef { type = type.dropFirst(4).dropLast() }
      let kind: Signature.Argument.Kind
      if let attribute = attributes.first(where: { $0.name == type }) {
        kind = attribute.type == "list(type)" ? .typeList(String(type)) : .attr(String(type))
      } else {
        guard let dtype = DType(name: String(type)) else {
          preconditionFailure("\(name): unknown type \(type)")
        }
        kind = .fixed(dtype)
      }
      return Signature.Argument(name: String(parts[0]), kind: kind, number: number, isRef: isRef)
    }
  }

  private func attribute(_ line: Substring) -> Signature.Attribute {
    let equals = split(line, by: " = ")
    let colon = split(equals[0], by: ":")
    let bounds = split(colon[1], by: ">=")
    var type = String(bounds[0])
    var result = Signature.Attribute(name: String(colon[0]), type: type)
    if bounds.count > 1 { result.minimum = Int(bounds[1]) }
    let isList = type.hasPrefix("list({")
    if isList { type = String(type.dropFirst(5).dropLast()) }
    if type.hasPrefix("{") {
      let values = split(Substring(type.dropFirst().dropLast()), by: ",")
      if values.first?.hasPrefix("'") == true {
        result.allowedStrings = values.map { String($0.dropFirst().dropLast()) }
        type = "string"
      } else {
        // TensorFlow's list may name dtypes, such as float8, that Janus does not have.
        result.allowedTypes = values.reduce(into: DTypeSet()) {
          if let dtype = DType(name: String($1)) { $0.insert(DTypeSet(dtype)) }
        }
        type = "type"
      }
      result.type = isList ? "list(\(type))" : type
    }
    if equals.count > 1 { result.defaultValue = value(equals[1], result.type) }
    return result
  }

  private func value(_ text: Substring, _ type: String) -> AttrValue {
    if type.hasPrefix("list(") {
      let element = String(type.dropFirst(5).dropLast())
      let inner = trim(text.dropFirst().dropLast())
      return .list(inner.isEmpty ? [] : split(inner, by: ",").map { value($0, element) })
    }
    switch type {
    case "int": return .int(Int(text)!)
    case "float":
      switch text {
      case "-inf": return .float(-.infinity)
      case "inf": return .float(.infinity)
      default: return .float(Float(text)!)
      }
    case "bool": return .bool(text == "true")
    case "type": return .type(DType(name: String(text))!)
    case "string":
      return .string(String(text.dropFirst().dropLast()).unescapingNewlines)
    case "shape":
      if text.contains("unknown_rank") { return .shape(.unknown) }
      let inner = trim(text.dropFirst().dropLast())
      return .shape(
        PartialShape(
          inner.isEmpty ? [] : split(inner, by: ",").map { Int($0).flatMap { $0 < 0 ? nil : $0 } }))
    case "tensor":
      // A vector of bytes: no op has a default of another kind.
      precondition(text.hasPrefix("uint8["), "\(name): a default tensor is `uint8[…]`")
      let values = split(text.dropFirst(6).dropLast(), by: ",").map { UInt8($0)! }
      return .tensor(try! Tensor(values, dims: [values.count]))
    default: preconditionFailure("\(name): no default of type \(type) can be written")
    }
  }
}

extension String {
  fileprivate var unescapingNewlines: String {
    guard contains("\\n") else { return self }
    var result = ""
    var escaped = false
    for character in self {
      if escaped {
        result.append(character == "n" ? "\n" : character)
        escaped = false
      } else if character == "\\" {
        escaped = true
      } else {
        result.append(character)
      }
    }
    return result
  }
}
