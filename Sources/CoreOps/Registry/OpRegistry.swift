/// Families of ops: a struct whose stored properties are the definitions, so that a definition is
/// one statement.
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

/// A stored property of a family that defines several ops made by one rule, such as the variants of
/// an optimizer.
package protocol OpGroup {
  var opDefs: [OpDef] { get }
}

extension OpFamily {
  /// Adds every definition among the stored properties.
  package func register(into registry: inout OpRegistry) {
    for child in Mirror(reflecting: self).children {
      switch child.value {
      case let definition as any OpDefining: registry.add(definition.opDef)
      case let group as any OpGroup: for definition in group.opDefs { registry.add(definition) }
      default: preconditionFailure("\(Self.self).\(child.label ?? "?") defines no op")
      }
    }
  }
}

/// Applies the registered op of that name under the current interpreter: what gradient rules use
/// for ops of other families.
///
/// - Throws: `NOT_FOUND` when there is no such op; the op's own errors.
package func applyOp(_ name: String, _ inputs: [Tensor], _ attrs: Attrs = Attrs()) throws
  -> [Tensor]
{
  guard let definition = OpRegistry.standard[name] else {
    throw TFError.notFound("Op type not registered '\(name)'")
  }
  return try apply(definition, inputs, attrs)
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
