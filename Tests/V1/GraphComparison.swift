import CoreGraph
import CoreOps

/// Two graphs side by side: nodes by name, with ops, inputs, devices and attributes, and the
/// functions that they call, whose numbers do not count.
struct GraphComparison {
  private let expected: GraphDef
  private let made: GraphDef
  private(set) var differences: [String] = []

  init(expected: GraphDef, made: GraphDef) {
    self.expected = expected
    self.made = made
    compare(expected.nodes, made.nodes, in: "")
  }

  private mutating func compare(_ expected: [NodeDef], _ made: [NodeDef], in place: String) {
    let others = Dictionary(made.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    let names = Set(expected.map(\.name))
    for node in expected {
      guard let other = others[node.name] else {
        differences.append("\(place)missing: \(text(node))")
        continue
      }
      compare(node, other, in: place)
    }
    for node in made where !names.contains(node.name) {
      differences.append("\(place)extra: \(text(node))")
    }
  }

  private func text(_ node: NodeDef) -> String {
    "\(node.name) = \(node.op)(\(node.inputs.joined(separator: ", ")))"
  }

  /// Inputs in order, then the nodes waited for in any order.
  private func edges(_ inputs: [String]) -> [String] {
    inputs.filter { !$0.hasPrefix("^") } + inputs.filter { $0.hasPrefix("^") }.sorted()
  }

  private mutating func compare(_ a: NodeDef, _ b: NodeDef, in place: String) {
    if a.op != b.op || edges(a.inputs) != edges(b.inputs) || a.device != b.device {
      differences.append("\(place)expected \(text(a)), made \(text(b))")
    }
    for name in Set(a.attrs.map(\.name) + b.attrs.map(\.name)).sorted() {
      // What an attribute is by itself need not be written.
      if b.attrs[name] == nil, let value = a.attrs[name], isDefault(value, name, a.op) { continue }
      compare(a.attrs[name], b.attrs[name], "\(place)\(a.name).\(name)")
    }
  }

  private func isDefault(_ value: AttrValue, _ name: String, _ op: String) -> Bool {
    let attribute = OpRegistry.standard[op]?.signature.attributes.first { $0.name == name }
    return attribute?.defaultValue == value
  }

  private mutating func compare(_ a: AttrValue?, _ b: AttrValue?, _ place: String) {
    switch (a, b) {
    case (.function(let x, _)?, .function(let y, _)?): compareFunctions(x, y, place)
    case (.list(let x)?, .list(let y)?) where x.count == y.count:
      for (a, b) in zip(x, y) { compare(a, b, place) }
    default:
      if a != b {
        differences.append("\(place): expected \(short(a)), made \(short(b))")
      }
    }
  }

  private func short(_ value: AttrValue?) -> String {
    value.map { String(String(describing: $0).prefix(200)) } ?? "nothing"
  }

  private mutating func compareFunctions(_ a: String, _ b: String, _ place: String) {
    guard let x = expected.library.first(where: { $0.name == a }),
      let y = made.library.first(where: { $0.name == b })
    else {
      differences.append("\(place): function \(a) or \(b) is missing")
      return
    }
    func role(_ name: String) -> Substring { name[..<(name.lastIndex(of: "_") ?? name.endIndex)] }
    // The name of a function may be part of those of its arguments.
    func neutral(_ text: String) -> String {
      for name in [a, b] where text.hasPrefix(name + "_") {
        return "function" + text.dropFirst(name.count)
      }
      return text
    }
    let inside = "\(place) \(role(a))/"
    if role(a) != role(b) { differences.append("\(place): function \(a), made \(b)") }
    if x.inputs.map({ neutral($0.name) }) != y.inputs.map({ neutral($0.name) })
      || x.inputs.map(\.type) != y.inputs.map(\.type)
    {
      differences.append("\(inside)arguments \(x.inputs.map(\.name)), made \(y.inputs.map(\.name))")
    }
    if x.outputs.map(\.name) != y.outputs.map(\.name) || x.returns != y.returns
      || x.controlReturns != y.controlReturns
    {
      differences.append("\(inside)results \(x.returns), made \(y.returns)")
    }
    if x.isStateful != y.isStateful { differences.append("\(inside)stateful: \(x.isStateful)") }
    for index in x.inputs.indices {
      for name in ["_output_shapes", "_user_specified_name"] {
        compare(
          x.argAttrs[index]?[name], y.argAttrs[index]?[name], "\(inside)\(x.inputs[index].name)")
      }
    }
    compare(x.nodes, y.nodes, in: inside)
  }
}
