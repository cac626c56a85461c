/// The known ops, by TensorFlow's names.
public struct OpRegistry: Sendable {
  private var definitions: [String: OpDef] = [:]

  public init() {}

  package mutating func add(_ definition: OpDef) {
    let previous = definitions.updateValue(definition, forKey: definition.name)
    precondition(previous == nil, "\(definition.name) is defined twice")
  }

  public subscript(name: String) -> OpDef? { definitions[name] }

  /// All definitions, sorted by name.
  public var all: [OpDef] { definitions.values.sorted { $0.name < $1.name } }

  /// Every op that Janus has.
  public static let standard: OpRegistry = {
    var registry = OpRegistry()
    for definition in OpDefinitions.all() { registry.add(definition) }
    return registry
  }()
}

extension OpDef {
  /// The registered op of that name, for a rule that is part of its own definition.
  package static func registered(_ name: String) throws -> OpDef {
    guard let op = OpRegistry.standard[name] else {
      throw TFError.notFound("Op type not registered '\(name)'")
    }
    return op
  }
}
