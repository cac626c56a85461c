/// How a kernel that only moves or compares elements takes strings, resources and variants: it
/// works on their positions, as int64, and its results are positions of the elements of its
/// outputs.
///
/// Position 0 stands for the empty element, so that padding with zeros pads with empty ones.
package struct ObjectHandling: Sendable {
  /// The type attribute of the elements.
  package let attribute: String
  /// Whether equal strings get equal positions, for kernels that compare.
  package let comparesElements: Bool

  /// The elements of the type `attribute` are moved.
  package static func move(_ attribute: String = "T") -> ObjectHandling {
    ObjectHandling(attribute: attribute, comparesElements: false)
  }
  /// The elements of the type `attribute` are moved, and compared with each other.
  package static func compare(_ attribute: String = "T") -> ObjectHandling {
    ObjectHandling(attribute: attribute, comparesElements: true)
  }

  package func run(_ context: KernelContext) throws -> DynamicRun {
    var attrs = context.attrs
    attrs[attribute] = .type(.int64)
    let positions = try PreparedKernel(
      op: context.op, node: context.node, attrs: attrs,
      inputTypes: context.inputTypes.map { $0.isNumeric ? $0 : .int64 })
    let outputTypes = context.outputTypes
    let comparesElements = comparesElements
    return { run in
      var elements = ObjectElements(comparesElements: comparesElements)
      let inputs = try run.inputs.map { $0.dtype.isNumeric ? $0 : try elements.positions(of: $0) }
      let outputs = try positions.run(inputs, run.execution)
      return try zip(outputTypes, outputs).map { dtype, output in
        try dtype.isNumeric ? output : elements.tensor(dtype, at: output)
      }
    }
  }
}

/// The elements of several string, resource or variant tensors, by position.
private struct ObjectElements {
  let comparesElements: Bool
  /// The elements from position 1 on.
  private var strings: [ByteString] = []
  private var objects: [(any TensorObject)?] = []
  private var known: [ByteString: Int] = [:]

  init(comparesElements: Bool) { self.comparesElements = comparesElements }

  package mutating func positions(of tensor: Tensor) throws -> Tensor {
    let count = tensor.dims.elementCount
    guard tensor.dtype == .string else {
      defer { objects += tensor.objects }
      return try Tensor((1...).prefix(count).map { $0 + objects.count }, dims: tensor.dims)
    }
    guard comparesElements else {
      defer { strings += tensor.strings }
      return try Tensor((1...).prefix(count).map { $0 + strings.count }, dims: tensor.dims)
    }
    var positions: [Int] = []
    positions.reserveCapacity(count)
    for string in tensor.strings {
      if let position = known[string] {
        positions.append(position)
      } else {
        strings.append(string)
        known[string] = strings.count
        positions.append(strings.count)
      }
    }
    return try Tensor(positions, dims: tensor.dims)
  }

  func tensor(_ dtype: DType, at positions: Tensor) throws -> Tensor {
    let at = positions.elements(Int.self)
    guard dtype == .string else {
      return Tensor(
        dtype, objects: at.map { $0 == 0 ? nil : objects[$0 - 1] }, dims: positions.dims)
    }
    let builder = try StringBuilder(
      count: at.count, byteCount: at.reduce(0) { $1 == 0 ? $0 : $0 + strings[$1 - 1].count })
    for position in at {
      if position > 0 { try builder.write(strings[position - 1]) }
      try builder.endElement()
    }
    return Tensor(strings: try builder.finish(), dims: positions.dims)
  }
}
