/// Families of ops: a struct whose stored properties are the definitions, so that a definition is one statement.
package protocol OpFamily: Sendable {
  init()
}

/// A stored property of a family that defines an op.
package protocol OpDefining {
  var opDef: OpDef { get }
}

extension OpDef: OpDefining {
  package var opDef: OpDef { self }
}

extension OpFamily {
  /// Adds every definition among the stored properties.
  package func register(into registry: inout OpRegistry) {
    for child in Mirror(reflecting: self).children {
      guard let definition = child.value as? any OpDefining else {
        preconditionFailure("\(Self.self).\(child.label ?? "?") defines no op")
      }
      registry.add(definition.opDef)
    }
  }
}

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
    for family in OpFamilies.all { family.register(into: &registry) }
    return registry
  }()
}
