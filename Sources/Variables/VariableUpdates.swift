import CoreGraph
public import CoreOps
import OpsState

extension Variable {
  /// Gives it a value. Follows `tf.Variable.assign`.
  ///
  /// - Parameters:
  ///   - value: of its dtype and shape.
  ///   - useLocking: whether updates by reference exclude each other.
  ///   - name: of the node.
  ///   - readValue: has no effect here: a graph reads the new value where it is used.
  ///   - validateShape: whether the value must have the variable's shape; one by reference may
  ///     change its shape.
  /// - Returns: the new value, as it is after the operation.
  /// - Throws: `INVALID_ARGUMENT` for a value of another dtype or shape.
  @discardableResult
  public func assign(
    _ value: some TensorConvertible, useLocking: Bool = false, name: String? = nil,
    readValue _: Bool = true, validateShape: Bool? = nil
  ) throws -> Tensor {
    let value = try operand(value)
    if kind == .reference {
      return try ReferenceVariableOps.family.assign(
        [handle, value],
        ["use_locking": .bool(useLocking), "validate_shape": .bool(validateShape ?? true)],
        name: name)
    }
    try checkShape(value, of: "assign")
    let validate: Attrs =
      shape.isFullyDefined ? ["validate_shape": .bool(true)] : Attrs()
    return try resource(VariableOps.family.assign, [value], validate, name)
  }

  /// Adds to its value. Follows `tf.Variable.assign_add`.
  ///
  /// - Parameters and results: as for `assign`.
  @discardableResult
  public func assignAdd(
    _ delta: some TensorConvertible, useLocking: Bool = false, name: String? = nil,
    readValue _: Bool = true
  ) throws -> Tensor {
    let delta = try operand(delta)
    if kind == .reference {
      return try ReferenceVariableOps.family.assignAdd(
        [handle, delta], ["use_locking": .bool(useLocking)], name: name)
    }
    return try resource(VariableOps.family.assignAdd, [delta], Attrs(), name)
  }

  /// Subtracts from its value. Follows `tf.Variable.assign_sub`.
  ///
  /// - Parameters and results: as for `assign`.
  @discardableResult
  public func assignSub(
    _ delta: some TensorConvertible, useLocking: Bool = false, name: String? = nil,
    readValue _: Bool = true
  ) throws -> Tensor {
    let delta = try operand(delta)
    if kind == .reference {
      return try ReferenceVariableOps.family.assignSub(
        [handle, delta], ["use_locking": .bool(useLocking)], name: name)
    }
    return try resource(VariableOps.family.assignSub, [delta], Attrs(), name)
  }

  /// Adds 1 up to a limit. Follows `tf.Variable.count_up_to`.
  ///
  /// - Returns: the value before.
  /// - Throws: `OUT_OF_RANGE` when the limit is reached.
  @discardableResult
  public func countUpTo(_ limit: Int, name: String? = nil) throws -> Tensor {
    kind == .reference
      ? try ReferenceVariableOps.family.countUpTo(
        [handle], ["limit": .int(limit)], name: name)
      : try VariableOps.family.countUpTo(
        [handle], ["limit": .int(limit), "T": .type(dtype)], name: name)
  }

  /// A value as the variable's dtype has it: in a graph, a plain value for a resource is a constant
  /// of its own, as TensorFlow makes it.
  private func operand(_ value: some TensorConvertible) throws -> Tensor {
    // A variable is read before the op that takes its value is made, and not in its scope.
    let source = kind == .resource ? value as? Variable : nil
    let tensor = try source?.value() ?? value.asTensor(preferring: dtype)
    guard tensor.dtype == dtype else {
      throw TFError.invalidArgument(
        """
        Tensor conversion requested dtype \(dtype) for Tensor with dtype \(tensor.dtype): variable \
        '\(name)'; use tf.cast
        """)
    }
    return kind == .resource ? try tensor.asConstant() : tensor
  }

  private func checkShape(_ value: Tensor, of operation: String) throws {
    guard kind == .resource, !shape.isCompatible(with: value.shape) else { return }
    throw TFError.invalidArgument(
      """
      Cannot \(operation) value to variable ' \(name)': Shape mismatch.The variable shape \
      \(shape.tupleText), and the assigned value shape \(value.shape.tupleText) are incompatible.
      """)
  }

  /// Applies an op that changes a resource.
  func resource(_ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, _ name: String?) throws -> Tensor {
    let typed = attrs.with("dtype", .type(dtype), unless: op.signature.attr("dtype") == nil)
    let operation = try GraphGroups.operation(op, [handle] + inputs, typed, name: name)
    guard let operation else { return try asTensor(preferring: nil) }
    let read = try Environment.current.waiting(for: [operation]).run {
      try VariableOps.family.read([handle], ["dtype": .type(dtype)])
    }
    return DeferredTensor(read, cause: operation).tensor
  }
}

// MARK: - Rows

extension Variable {
  /// Which rows an update changes, and by what.
  private func scatter(
    _ op: ScatterOp, _ indices: any TensorConvertible, _ updates: any TensorConvertible,
    _ useLocking: Bool, _ name: String?
  ) throws -> Tensor {
    let indices = try indices.asTensor(preferring: nil)
    let updates = try updates.asTensor(preferring: dtype)
    if kind == .reference {
      return try op.reference(
        [handle, indices, updates], ["use_locking": .bool(useLocking)], name: name)
    }
    return try resource(op.resource, [indices, updates.asConstant()], Attrs(), name)
  }

  /// Replaces rows. Follows `tf.compat.v1.scatter_update`.
  ///
  /// - Parameters:
  ///   - indices: which rows; of several for one row the last counts.
  ///   - updates: a row for each of the indices.
  ///   - useLocking: whether updates by reference exclude each other.
  ///   - name: of the node.
  /// - Returns: the value, as it is after the operation.
  /// - Throws: `INVALID_ARGUMENT` for a row that is not there.
  @discardableResult
  public func scatterUpdate(
    _ indices: some TensorConvertible, _ updates: some TensorConvertible, useLocking: Bool = true,
    name: String? = nil
  ) throws -> Tensor {
    try scatter(VariableScatterOps.family.update, indices, updates, useLocking, name)
  }

  /// Adds to rows. Follows `tf.compat.v1.scatter_add`.
  @discardableResult
  public func scatterAdd(
    _ indices: some TensorConvertible, _ updates: some TensorConvertible, useLocking: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try scatter(VariableScatterOps.family.add, indices, updates, useLocking, name)
  }

  /// Subtracts from rows. Follows `tf.compat.v1.scatter_sub`.
  @discardableResult
  public func scatterSub(
    _ indices: some TensorConvertible, _ updates: some TensorConvertible, useLocking: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try scatter(VariableScatterOps.family.sub, indices, updates, useLocking, name)
  }

  /// Multiplies rows. Follows `tf.compat.v1.scatter_mul`.
  @discardableResult
  public func scatterMul(
    _ indices: some TensorConvertible, _ updates: some TensorConvertible, useLocking: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try scatter(VariableScatterOps.family.mul, indices, updates, useLocking, name)
  }

  /// Divides rows. Follows `tf.compat.v1.scatter_div`.
  @discardableResult
  public func scatterDiv(
    _ indices: some TensorConvertible, _ updates: some TensorConvertible, useLocking: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try scatter(VariableScatterOps.family.div, indices, updates, useLocking, name)
  }

  /// The smaller of rows and updates. Follows `tf.compat.v1.scatter_min`.
  @discardableResult
  public func scatterMin(
    _ indices: some TensorConvertible, _ updates: some TensorConvertible, useLocking: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try scatter(VariableScatterOps.family.min, indices, updates, useLocking, name)
  }

  /// The larger of rows and updates. Follows `tf.compat.v1.scatter_max`.
  @discardableResult
  public func scatterMax(
    _ indices: some TensorConvertible, _ updates: some TensorConvertible, useLocking: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try scatter(VariableScatterOps.family.max, indices, updates, useLocking, name)
  }

  private func scatterNd(
    _ op: ScatterNdOp, _ indices: any TensorConvertible, _ updates: any TensorConvertible,
    _ useLocking: Bool, _ name: String?
  ) throws -> Tensor {
    let indices = try indices.asTensor(preferring: nil)
    let updates = try updates.asTensor(preferring: dtype)
    let attrs: Attrs = ["use_locking": .bool(useLocking)]
    if kind == .reference {
      return try op.reference([handle, indices, updates], attrs, name: name)
    }
    return try resource(op.resource, [indices, updates], attrs, name)
  }

  /// Replaces slices at places. Follows `tf.compat.v1.scatter_nd_update`.
  ///
  /// - Parameters:
  ///   - indices: of shape `[…, k]`; each k numbers are a place.
  ///   - updates: a slice for each place.
  ///   - useLocking: whether updates by reference exclude each other.
  ///   - name: of the node.
  /// - Throws: `INVALID_ARGUMENT` for a place that is not there.
  @discardableResult
  public func scatterNdUpdate(
    _ indices: some TensorConvertible, _ updates: some TensorConvertible, useLocking: Bool = true,
    name: String? = nil
  ) throws -> Tensor {
    try scatterNd(VariableScatterOps.family.ndUpdate, indices, updates, useLocking, name)
  }

  /// Adds slices at places. Follows `tf.compat.v1.scatter_nd_add`.
  @discardableResult
  public func scatterNdAdd(
    _ indices: some TensorConvertible, _ updates: some TensorConvertible, useLocking: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try scatterNd(VariableScatterOps.family.ndAdd, indices, updates, useLocking, name)
  }

  /// Subtracts slices at places. Follows `tf.compat.v1.scatter_nd_sub`.
  @discardableResult
  public func scatterNdSub(
    _ indices: some TensorConvertible, _ updates: some TensorConvertible, useLocking: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try scatterNd(VariableScatterOps.family.ndSub, indices, updates, useLocking, name)
  }
}
