/// Gives a meaning to ops: runs them, adds them to a graph, records them on a tape.
package protocol Interpreter: AnyObject, Sendable {
  /// - Parameter name: the node's name, where the caller wants one.
  func apply(_ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?) throws -> [Tensor]

  /// The seeds of a random op that asks for `seed`.
  func seeds(_ seed: Int?) -> (Int, Int)
}

extension Interpreter {
  package func seeds(_ seed: Int?) -> (Int, Int) { RandomSeeds.eager(seed) }
}

package enum Dispatch {
  /// The interpreter of public op calls; nil means that they run at once.
  @TaskLocal package static var current: (any Interpreter)?

  package static func with<R>(_ interpreter: (any Interpreter)?, _ body: () throws -> R) rethrows
    -> R
  {
    try $current.withValue(interpreter, operation: body)
  }
}

/// Applies `op` under the current interpreter.
package func apply(
  _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs = Attrs(), name: String? = nil
) throws -> [Tensor] {
  if let interpreter = Dispatch.current {
    return try interpreter.apply(op, inputs, attrs, name: name)
  }
  return try EagerInterpreter.apply(op, inputs, attrs)
}

extension OpDef {
  /// Applies an op that has one output under the current interpreter.
  package func callAsFunction(
    _ inputs: [Tensor], _ attrs: Attrs = Attrs(), name: String? = nil
  ) throws -> Tensor {
    try apply(self, inputs, attrs, name: name)[0]
  }
}
