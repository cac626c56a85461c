import CoreGraph
import CoreOps
import Foundation

/// A graph as the text that Examples/legacy/dump.py writes: a line for each node.
struct GraphText {
  /// The program's own folder, which is written `$DIR`.
  var directory = ""

  func lines(_ graph: GraphDef) -> [String] {
    graph.nodes.map { node in
      directory.isEmpty ? line(node) : line(node).replacing(directory, with: "$DIR")
    }
  }

  private func line(_ node: NodeDef) -> String {
    let scope = node.name.lastIndex(of: "/").map { node.name[...$0] } ?? ""
    func short(_ name: some StringProtocol) -> String {
      !scope.isEmpty && name.hasPrefix(scope) ? "." + name.dropFirst(scope.count) : String(name)
    }
    let data = node.inputs.filter { !$0.hasPrefix("^") }.map { short($0) }
    let controls = node.inputs.filter { $0.hasPrefix("^") }.map { "^" + short($0.dropFirst()) }
    var parts = [
      "\(node.name) \(node.op)(\((data + controls.sorted()).joined(separator: ", ")))"
    ]
    let signature = (try? OpDef.registered(node.op))?.signature
    for entry in node.attrs.sorted(by: { $0.name < $1.name }) where entry.name != "_output_shapes" {
      if signature?.attr(entry.name)?.defaultValue == entry.value { continue }
      parts.append("\(entry.name)=\(text(entry.value))")
    }
    if !node.device.isEmpty { parts.append("@" + node.device) }
    return parts.joined(separator: " ")
  }

  private func text(_ value: AttrValue) -> String {
    switch value {
    case .bytes(let bytes): Self.quoted(String(decoding: bytes, as: UTF8.self))
    case .int(let value): "\(value)"
    case .float(let value): Self.scientific("\(value)")
    case .bool(let value): "\(value)"
    case .type(let dtype): dtype.name
    case .refType(let dtype): dtype.name + "_ref"
    case .shape(let shape):
      shape.dims.map {
        "[" + $0.map { $0.map { "\($0.value)" } ?? "?" }.joined(separator: ",") + "]"
      }
        ?? "?"
    case .tensor(let tensor): text(tensor)
    case .function(let name, _): name
    case .list(let values): "[" + values.map { text($0) }.joined(separator: ",") + "]"
    case .placeholder(let name): "$" + name
    }
  }

  private func text(_ tensor: Tensor) -> String {
    let head =
      tensor.dtype.name + "[" + tensor.dims.dims.map { "\($0)" }.joined(separator: ",") + "]"
    if tensor.dtype == .string {
      let texts = (0..<tensor.dims.elementCount).map {
        Self.quoted(String(decoding: tensor.strings.bytes($0), as: UTF8.self))
      }
      return head + "{" + texts.joined(separator: ",") + "}"
    }
    if tensor.dims.elementCount > 8 {
      let crc = Self.crc(UnsafeRawBufferPointer(tensor.bytes))
      let text = String(crc, radix: 16)
      return head + "#" + String(repeating: "0", count: 8 - text.count) + text
    }
    return head + "{" + elements(tensor).joined(separator: ",") + "}"
  }

  private func elements(_ tensor: Tensor) -> [String] {
    switch tensor.dtype {
    case .float32: ((try? tensor.scalars(Float.self)) ?? []).map { Self.scientific("\($0)") }
    case .float64: ((try? tensor.scalars(Double.self)) ?? []).map { Self.scientific("\($0)") }
    case .bool: ((try? tensor.scalars(Bool.self)) ?? []).map { "\($0)" }
    default: ((try? tensor.integers()) ?? []).map { "\($0)" }
    }
  }

  /// A decimal number as NumPy writes it with one digit before the point: `1.0e-1`.
  static func scientific(_ number: String) -> String {
    guard let value = Double(number), value.isFinite else { return number }
    var text = number
    let sign = text.hasPrefix("-") ? "-" : ""
    text = text.replacing("-", with: "", maxReplacements: sign.isEmpty ? 0 : 1)
    let parts = text.split(separator: "e")
    var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let halves = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    var digits = Array(halves[0] + (halves.count > 1 ? halves[1] : ""))
    exponent += halves[0].count - 1
    while digits.count > 1, digits[0] == "0" {
      digits.removeFirst()
      exponent -= 1
    }
    while digits.count > 1, digits.last == "0" { digits.removeLast() }
    if digits == ["0"] { exponent = 0 }
    let rest = digits.count > 1 ? String(digits.dropFirst()) : "0"
    return "\(sign)\(digits[0]).\(rest)e\(exponent < 0 ? "-" : "+")\(abs(exponent))"
  }

  /// As JSON writes a text in ASCII.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for unit in text.utf16 {
      switch unit {
      case 34: quoted += "\\\""
      case 92: quoted += "\\\\"
      case 10: quoted += "\\n"
      case 9: quoted += "\\t"
      case 32..<127: quoted.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
      default:
        let digits = String(unit, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return quoted + "\""
  }

  /// CRC-32 as zlib computes it.
  static func crc(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }
}
