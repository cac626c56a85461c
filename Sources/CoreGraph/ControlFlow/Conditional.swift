package import CoreOps

/// Whether conditionals and loops of the call are made of functions.
func makesFunctionalFlow(_ environment: Environment) -> Bool {
  environment.behavior.controlFlowV2 || environment.isBuildingFunction
}

/// A conditional in whichever form the environment of the call asks for.
package enum Conditional {
  static func apply<R: TensorStructure>(
    _ predicate: some TensorConvertible, name: String?, _ yes: () throws -> R,
    _ no: () throws -> R
  ) throws -> R {
    if Environment.current.isExecutingEagerly {
      return try FunctionCalls.truth(predicate.asTensor()) ? yes() : no()
    }
    return try add(predicate, name: name, { _ in try yes() }, { _ in try no() })
  }

  /// A conditional of operations.
  ///
  /// - Returns: a tensor that is there when the operation of the branch that was taken has run; nil
  ///   where calls run at once.
  static func apply(
    _ predicate: some TensorConvertible, name: String?, operations yes: () throws -> Operation?,
    _ no: () throws -> Operation?
  ) throws -> Tensor? {
    if Environment.current.isExecutingEagerly {
      _ = try FunctionCalls.truth(predicate.asTensor()) ? yes() : no()
      return nil
    }
    return try add(
      predicate, name: name, { try result(of: yes(), $0) }, { try result(of: no(), $0) })
  }

  private static func add<R: TensorStructure>(
    _ predicate: some TensorConvertible, name: String?, _ yes: (Tensor) throws -> R,
    _ no: (Tensor) throws -> R
  ) throws -> R {
    let isFunctional = makesFunctionalFlow(Environment.current)
    if let value = predicate as? Bool {
      throw TFError.invalidArgument(
        isFunctional
          ? "pred must not be a Python bool (\(value))" : "'pred' must not be a Python bool.")
    }
    let predicate = try predicate.asTensor()
    return isFunctional
      ? try FunctionalConditional.addIf(predicate, name: name, yes, no)
      : try SwitchedConditional.add(predicate, name: name, yes, no)
  }

  /// What stands for an operation of a branch: `value` when it has run.
  private static func result(of operation: Operation?, _ value: Tensor) throws -> Tensor {
    guard let operation else {
      throw TFError.invalidArgument("'true_fn' and 'false_fn' must have a return value.")
    }
    let environment = Environment.current
    if environment.isBuildingFunction {
      return try environment.waiting(for: [operation]).run {
        try BasicOps.family.identity([value])
      }
    }
    return try withDependencies([operation], value)
  }

  /// `value` when the operations have run. Follows TensorFlow's `with_dependencies`.
  package static func withDependencies(
    _ elements: [any GraphElement], _ value: Tensor, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "control_dependency") { scope in
      try Environment.current.colocated(with: value)
        .waiting(for: elements).run {
          try BasicOps.family.identity([value], name: scope)
        }
    }
  }
}
