/// A mutable tensor: what `VariableV2` and `VarHandleOp` stand for.
///
/// A value that was read from a resource variable stays as it was: changes happen in place only
/// while no one else holds the memory. A reference variable is its memory, as in TensorFlow: what
/// was read without a copy, by `Identity` or `Reshape`, shows later changes. Only a value with
/// another number of elements gets memory of its own.
package final class VariableObject: TensorObject {
  package let name: String
  package let container: String
  package let dtype: DType
  package let shape: PartialShape
  private let isReference: Bool
  private let state = Lock<Tensor?>(nil)

  package init(
    name: String, container: String = ResourceContainer.defaultName, dtype: DType,
    shape: PartialShape, isReference: Bool = false
  ) {
    self.isReference = isReference
    self.name = name
    self.container = container
    self.dtype = dtype
    self.shape = shape
  }

  package var value: Tensor? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }

  /// Replaces the value by what `change` makes of it, one change at a time.
  @discardableResult
  package func update(_ change: (Tensor?) throws -> Tensor) throws -> Tensor {
    try state.withLock {
      let value = try change($0)
      $0 = isReference ? try Self.written(value, over: $0) : value
      return value
    }
  }

  /// The value in the memory of the old one, if that has as many elements.
  private static func written(_ value: Tensor, over old: Tensor?) throws -> Tensor {
    if value.dtype == .string {
      guard case .strings(let buffer)? = old?.payload, buffer.replace(by: value.strings) else {
        return Tensor(strings: StringBuffer(StringMemory(value.strings)), dims: value.dims)
      }
      return Tensor(strings: buffer, dims: value.dims)
    }
    guard value.dtype.isNumeric else { return value }
    var memory: Buffer?
    if case .buffer(let buffer)? = old?.payload, buffer.byteCount >= value.bytes.count,
      old?.dims.elementCount == value.dims.elementCount
    {
      memory = buffer
    }
    let target = Tensor(
      dtype: value.dtype, dims: value.dims,
      buffer: try memory ?? Buffer(byteCount: value.bytes.count, isVariable: true))
    target.bytes.copyMemory(from: UnsafeRawBufferPointer(value.bytes))
    return target
  }

  /// Lets `change` write to the bytes of the values of plain dtypes, of all variables at once. No
  /// one else sees or changes them meanwhile, and tensors that were read from resource variables
  /// before keep their elements.
  ///
  /// - Parameters:
  ///   - uninitialized: the error when a variable has no value.
  ///   - change: gets the values, as many and in the order of `variables`.
  package static func modify(
    _ variables: [VariableObject], uninitialized: (VariableObject) -> TFError,
    _ change: ([Tensor]) throws -> Void
  ) throws {
    // Always locked in one order, each only once, so that no two changes wait for each other.
    var distinct: [VariableObject] = []
    for variable in variables where !distinct.contains(where: { $0 === variable }) {
      distinct.append(variable)
    }
    distinct.sort { ObjectIdentifier($0) < ObjectIdentifier($1) }
    var values: [ObjectIdentifier: Tensor] = [:]
    func lock(_ position: Int) throws {
      if position == distinct.count {
        return try change(variables.map { values[ObjectIdentifier($0)]! })
      }
      let variable = distinct[position]
      try variable.state.withLock { value in
        guard value != nil else { throw uninitialized(variable) }
        if !variable.isReference { try makeUnique(&value) }
        values[ObjectIdentifier(variable)] = value
        try lock(position + 1)
      }
    }
    try lock(0)
  }

  /// As for several variables.
  package func modify(
    uninitialized: (VariableObject) -> TFError, _ change: (Tensor) throws -> Void
  ) throws {
    try VariableObject.modify([self], uninitialized: uninitialized) { try change($0[0]) }
  }

  /// Copies the bytes unless nothing else refers to them.
  private static func makeUnique(_ value: inout Tensor?) throws {
    guard let (dtype, dims) = value.map({ ($0.dtype, $0.dims) }), dtype.isNumeric else { return }
    var buffer: Buffer?
    if case .buffer(let shared)? = value?.payload { buffer = shared }
    guard buffer != nil else { return }
    value = nil
    if buffer!.isWindow || !isKnownUniquelyReferenced(&buffer) {
      let old = buffer!
      defer { if value == nil { value = Tensor(dtype: dtype, dims: dims, buffer: old) } }
      let copy = try Tensor.uninitialized(dtype, dims)
      copy.bytes.copyMemory(
        from: UnsafeRawBufferPointer(start: old.pointer, count: copy.bytes.count))
      value = copy
    } else {
      value = Tensor(dtype: dtype, dims: dims, buffer: buffer!)
    }
  }
}

extension VariableObject {
  /// The error of ops other than reads for a resource variable without a value.
  package static func notFound(_ variable: VariableObject) -> TFError {
    .notFound(
      "Resource \(variable.container)/\(variable.name)/N10tensorflow3VarE does not exist.")
  }

  /// The error of a read of a resource variable without a value.
  package static func unreadable(_ variable: VariableObject) -> TFError {
    .failedPrecondition(
      """
      Could not find variable \(variable.name). This could mean that the variable has been \
      deleted. In TF1, it can also mean the variable is uninitialized. Debug info: \
      container=\(variable.container), status error message=\(notFound(variable).message)
      """
    )
  }

  /// The error of ops for a reference variable without a value.
  package static func uninitialized(_ variable: VariableObject) -> TFError {
    .failedPrecondition("Attempting to use uninitialized value \(variable.name)")
  }

  /// - Throws: `INVALID_ARGUMENT` when values are of another dtype.
  package func check(_ dtype: DType, _ verb: String) throws {
    if dtype != self.dtype {
      throw TFError.invalidArgument(
        """
        Trying to \(verb) variable with wrong dtype. Expected \(self.dtype.signatureName) got \
        \(dtype.signatureName)
        """
      )
    }
  }
}

extension Tensor {
  /// The output of a `VariableV2`: a reference to the variable, with the dtype of its value.
  package init(reference variable: VariableObject) {
    self.init(
      dtype: variable.dtype, dims: Shape(), payload: .objects(ObjectBuffer([variable])))
  }

  /// A resource handle.
  package init(resource: any TensorObject) {
    self.init(.resource, objects: [resource], dims: Shape())
  }

  /// The variable that a reference stands for.
  package var referencedVariable: VariableObject? {
    guard dtype != .resource, dtype != .variant, case .objects(let buffer) = payload else {
      return nil
    }
    return buffer.values.first as? VariableObject
  }

  /// The variable behind a reference or a resource handle.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it is something else.
  package func variable() throws -> VariableObject {
    if dtype == .resource { return try resource(VariableObject.self) }
    guard let variable = referencedVariable else {
      throw TFError.invalidArgument("expected a reference to a variable, got a \(dtype) value")
    }
    return variable
  }

  /// What a resource handle stands for.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it is of another kind, or the tensor not one handle.
  package func resource<R: TensorObject>(_: R.Type = R.self) throws -> R {
    guard dtype == .resource, case .objects(let buffer) = payload, let object = buffer.values.first
    else {
      throw TFError.invalidArgument(
        "expected a resource handle, got a \(dtype) tensor of shape \(dims)")
    }
    guard let resource = object as? R else {
      throw TFError.invalidArgument(
        """
        Trying to access resource using the wrong type. Expected \(R.self) got \
        \(object.map { "\(type(of: $0))" } ?? "an empty handle")
        """
      )
    }
    return resource
  }

  /// The value: of a reference, what its variable holds now.
  ///
  /// - Throws: `FAILED_PRECONDITION` when the variable has no value yet.
  package func dereferenced() throws -> Tensor {
    guard let variable = referencedVariable else { return self }
    guard let value = variable.value else { throw VariableObject.uninitialized(variable) }
    return value
  }

  /// The value as it is now: a copy, if it is the memory of a reference variable.
  package func settled() throws -> Tensor {
    if dtype == .string, case .strings(let buffer) = payload {
      return Tensor(strings: buffer.current, dims: dims)
    }
    guard case .buffer(let buffer) = payload, buffer.isVariable else { return self }
    let copy = try Tensor.uninitialized(dtype, dims)
    copy.bytes.copyMemory(from: UnsafeRawBufferPointer(bytes))
    return copy
  }
}

extension ResourceContainer {
  /// The variable of that name, made now if there is none.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the name stands for a variable of another dtype, or
  ///   something else.
  package func variable(
    _ container: String, _ sharedName: String, _ node: String, _ dtype: DType,
    _ shape: PartialShape, isReference: Bool = false
  ) throws -> VariableObject {
    let name = sharedName.isEmpty ? node : sharedName
    let variable = try findOrCreate(container, name, form: isReference ? "reference" : "") {
      VariableObject(
        name: name, container: container.isEmpty ? ResourceContainer.defaultName : container,
        dtype: dtype, shape: shape, isReference: isReference)
    }
    try require(
      variable.dtype == dtype,
      "Trying to access variable \(name) of dtype \(variable.dtype) with dtype \(dtype)")
    return variable
  }

  /// The variable of that name, if there is one.
  package func findVariable(
    _ container: String, _ sharedName: String, _ node: String, isReference: Bool
  ) -> VariableObject? {
    find(container, sharedName.isEmpty ? node : sharedName, form: isReference ? "reference" : "")
  }
}
