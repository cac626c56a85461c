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

  /// Whether a condition holds: for a scalar that it is not zero or not the empty string, otherwise
  /// that there are elements.
  ///
  /// - Parameter scalar: whether anything but a scalar is refused.
  package static func truth(_ condition: Tensor, scalar: Bool = false) throws -> Bool {
    guard condition.dims.rank == 0 else {
      try require(!scalar, "The condition must be a scalar, but it has shape \(condition.dims)")
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
