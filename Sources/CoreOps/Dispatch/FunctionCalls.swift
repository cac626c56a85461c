/// What ops that call functions have in common.
package enum FunctionCalls {
  /// Whether TensorFlow would run the node by way of `Switch`, which takes only scalars as
  /// conditions.
  package static func wantsScalar(_ attrs: Attrs) -> Bool {
    attrs["_lower_using_switch_merge"] == .bool(true)
  }

  /// Whether the gradient of an op is made from the functions that it calls.
  package static func hasFunctionGradient(_ op: OpDef) -> Bool {
    switch op.name {
    case "PartitionedCall", "StatefulPartitionedCall", "If", "StatelessIf", "Case",
      "StatelessCase", "While", "StatelessWhile":
      true
    default: false
    }
  }

  /// The functions in an attribute: one, or a list of them.
  ///
  /// - Throws: `INVALID_ARGUMENT` for an attribute of another kind.
  package static func functions(_ attrs: Attrs, _ name: String) throws -> [(
    name: String, attrs: Attrs
  )] {
    switch attrs[name] {
    case .function(let name, let attrs)?: return [(name, attrs)]
    case .list(let values)?:
      return try values.map {
        guard case .function(let name, let attrs) = $0 else {
          throw TFError.invalidArgument("attr '\(name)' is not a list of functions")
        }
        return (name, attrs)
      }
    default: throw TFError.invalidArgument("attr '\(name)' is not a function")
    }
  }

  /// The attributes that name the branches of an If or a Case, where the op is one.
  package static func branchAttributes(_ op: String) -> [String]? {
    switch op {
    case "If", "StatelessIf": ["then_branch", "else_branch"]
    case "Case", "StatelessCase": ["branches"]
    default: nil
    }
  }

  /// The branch of a Case that an index chooses: the last where there is none of that number.
  package static func branch(_ index: Tensor, of count: Int) throws -> Int {
    guard index.dims.rank == 0 else {
      throw TFError.invalidArgument(
        "branch_index must be a scalar, but has shape \(index.dims)")
    }
    let number = try index.integers()[0]
    return number >= 0 && number < count ? number : count - 1
  }

  /// Whether a loop goes on, by what its condition gave.
  ///
  /// - Parameter scalar: whether anything but a scalar is refused.
  package static func goesOn(_ results: [Tensor], scalar: Bool) throws -> Bool {
    guard results.count == 1 else {
      throw TFError.invalidArgument(
        "Expected a single scalar return value from WhileOp cond function, got \(results.count)")
    }
    return try truth(results[0], scalar: scalar)
  }

  /// Whether a condition holds: for a scalar that it is not zero or not the empty string, otherwise
  /// that there are elements.
  ///
  /// - Parameter scalar: whether anything but a scalar is refused.
  package static func truth(_ condition: Tensor, scalar: Bool = false) throws -> Bool {
    guard condition.dims.rank == 0 else {
      try require(!scalar, "The second input must be a scalar, but it has shape \(condition.dims)")
      return condition.dims.elementCount > 0
    }
    switch condition.dtype {
    case .string: return !condition.strings[0].isEmpty
    case .resource, .variant:
      throw TFError.invalidArgument("a \(condition.dtype) scalar can't be converted to a boolean")
    case .half, .bfloat16: return condition.elements(UInt16.self)[0] & 0x7fff != 0
    case .float32: return condition.elements(Float.self)[0] != 0
    case .float64: return condition.elements(Double.self)[0] != 0
    case .complex64:
      let value = condition.elements(Complex64.self)[0]
      return value.real != 0 || value.imaginary != 0
    case .complex128:
      let value = condition.elements(Complex128.self)[0]
      return value.real != 0 || value.imaginary != 0
    default: return condition.bytes.contains { $0 != 0 }
    }
  }
}
