import CoreOps

/// How a version hands an array on: by a reference to its name, by its name, or by a handle.
enum ArrayForm: Sendable {
  case v1, v2, v3

  /// What the names of its ops end in.
  var suffix: String { self == .v1 ? "" : self == .v2 ? "V2" : "V3" }

  var type: String { self == .v1 ? "Ref(string)" : self == .v2 ? "string" : "resource" }

  /// Whether the ops on arrays have effects by TensorFlow's registry.
  var isStateful: Bool { self == .v3 }

  /// TensorFlow's handles have this shape for inference; a resource is one handle all the same.
  var handleShape: PartialShape { [2] }

  var ops: TensorArrayVersion {
    switch self {
    case .v1: TensorArrayOps.family.v1
    case .v2: TensorArrayOps.family.v2
    case .v3: TensorArrayOps.family.v3
    }
  }

  /// A handle of a new array.
  func handle(_ array: TensorArrayObject) throws -> Tensor {
    self == .v3
      ? Tensor(resource: array) : try NamedThing.handle(array, "_tensor_arrays", array.name)
  }

  /// The array behind a handle.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it has another dtype.
  static func array(_ handle: Tensor, _ dtype: DType? = nil) throws -> TensorArrayObject {
    let array: TensorArrayObject = try NamedThing.find(
      handle, kind: "N10tensorflow11TensorArrayE")
    guard let dtype, array.dtype != dtype else { return array }
    throw TFError.invalidArgument(
      """
      TensorArray dtype is \(array.dtype.signatureName) but Op requested dtype \
      \(dtype.signatureName).
      """
    )
  }

  static func scalar(_ tensor: Tensor, _ name: String) throws -> Int {
    try require(
      tensor.dims.rank == 0, "TensorArray \(name) must be scalar, but had shape: \(tensor.dims)")
    return try tensor.integers()[0]
  }

  /// The elements as rows of one tensor.
  ///
  /// - Parameter declared: the shape that an op says the elements have.
  static func stacked(_ values: [Tensor], _ dtype: DType, _ declared: PartialShape) throws -> Tensor
  {
    guard let first = values.first else {
      guard let dims = declared.known else {
        throw TFError.unimplemented(
          """
          TensorArray has size zero, but element shape \(declared) is not fully defined. \
          Currently only static shapes are supported when packing zero-size TensorArrays.
          """
        )
      }
      return try Tensor.zeros(dtype, Shape([0] + dims.dims))
    }
    try require(
      declared.isCompatible(with: PartialShape(first.dims)),
      """
      TensorArray was passed element_shape \(declared) which does not match the Tensor at \
      index 0: \(first.dims)
      """
    )
    for (index, value) in values.enumerated() where value.dims != first.dims {
      throw TFError.invalidArgument(
        """
        TensorArray has inconsistent shapes.  Index 0 has shape: \(first.dims) but index \
        \(index) has shape: \(value.dims)
        """
      )
    }
    return try Stacking.joined(values, dtype, Shape([values.count] + first.dims.dims))
  }

  /// The array that gathers the gradients, and a flow that follows its making.
  ///
  /// - Parameters:
  ///   - flow: the input that is the flow; nil where the flow's gradient continues it.
  ///   - source: the gradient whose name says which call for gradients this belongs to.
  func gradientArray(
    _ context: GradientContext, _ flow: Int?, source: Tensor
  ) throws -> (Tensor, Tensor) {
    let flow = flow.map { context.inputs[$0] } ?? source
    let outputs = try apply(
      ops.grad, [context.inputs[0], flow], ["source": .string(Self.gradientSource(source))])
    // The first versions give no flow; what takes the array follows its making.
    return (outputs[0], outputs.count > 1 ? outputs[1] : flow)
  }

  /// The scope of the call for gradients: up to its last part that begins with `gradients`, in the
  /// scope of the calls, or in the gradient's name.
  private static func gradientSource(_ gradient: Tensor) -> String {
    var names = [Environment.current.nameScope]
    if case .symbolic(let reference) = gradient.payload {
      names.append(String(reference.name.prefix { $0 != ":" }))
    }
    for name in names {
      let parts = name.split(separator: "/")
      if let last = parts.lastIndex(where: { $0.hasPrefix("gradients") }) {
        return parts[...last].joined(separator: "/")
      }
    }
    return "gradients"
  }
}
