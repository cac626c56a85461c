import CKernels

/// What the families of ops define.
package enum OpDefinitions {
  /// The definitions of the families that were made so far.
  private static let made = Lock<[OpDef]>([])
  /// Whether a family is being made.
  @TaskLocal fileprivate static var isDefining = false

  /// Notes a definition; only what is made for a family is noted.
  static func note(_ definition: OpDef) {
    guard isDefining else { return }
    made.withLock { $0.append(definition) }
  }

  /// Makes the families that were not made before, and gives the definitions of all.
  static func all() -> [OpDef] {
    janus_define_ops()
    return made.withLock { $0 }
  }
}

/// A family of ops: a struct whose stored properties are the definitions, so that a definition is
/// one statement.
package protocol OpFamily: Sendable {
  /// The only instance, made by `define` when first used.
  static var family: Self { get }
}

extension OpFamily {
  /// Makes the instance. Each `OpDef` that is made meanwhile goes into the registry.
  package static func define(_ make: @autoclosure () -> Self) -> Self {
    OpDefinitions.$isDefining.withValue(true) { make() }
  }

  package static func define() { _ = family }
}
