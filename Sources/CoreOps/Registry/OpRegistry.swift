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
    for definition in OpFamilies.define() { registry.add(definition) }
    return registry
  }()
}
