/// Runs the body of a function of several ops in the name scope that TensorFlow's function opens,
/// where calls add to a graph.
///
/// - Parameters:
///   - name: the name that the caller gives.
///   - standard: the scope's name where the caller gives none.
///   - body: is given the scope's full name, by which it names the op of its result; nil where
///     calls run at once.
package func inScope<R>(
  _ name: String?, _ standard: String, _ body: (_ scope: String?) throws -> R
) throws -> R {
  let environment = Environment.current
  if environment.isExecutingEagerly { return try body(nil) }
  let inner = try environment.scoped(name ?? standard)
  return try inner.run { try body(inner.nameScope) }
}

extension Tensor {
  /// The same as a node of its own, where calls add to a graph and this has a value: for what
  /// TensorFlow's function makes a constant before it calls an op.
  package func asConstant(named name: String = "Const") throws -> Tensor {
    if isSymbolic || Environment.current.isExecutingEagerly { return self }
    return try BasicOps.family.const(
      [], ["value": .tensor(self), "dtype": .type(dtype)], name: name)
  }
}
