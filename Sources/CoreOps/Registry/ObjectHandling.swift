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
      return zip(outputTypes, outputs).map { dtype, output in
        dtype.isNumeric ? output : elements.tensor(dtype, at: output)
      }
    }
  }
}

/// The elements of several string, resource or variant tensors, by position.
private struct ObjectElements {
  let comparesElements: Bool
  private var strings: [[UInt8]] = [[]]
  private var objects: [(any TensorObject)?] = [nil]
  private var known: [[UInt8]: Int] = [:]

  init(comparesElements: Bool) { self.comparesElements = comparesElements }

  mutating func positions(of tensor: Tensor) throws -> Tensor {
    let count = tensor.dims.elementCount
    var positions: [Int]
    switch tensor.payload {
    case .strings(let buffer) where comparesElements:
      positions = []
      positions.reserveCapacity(count)
      for string in buffer.values {
        let position = known[string] ?? strings.count
        if position == strings.count {
          known[string] = position
          strings.append(string)
        }
        positions.append(position)
      }
    case .strings(let buffer):
      positions = Array(strings.count..<strings.count + count)
      strings += buffer.values
    default:
      positions = Array(objects.count..<objects.count + count)
      objects += tensor.objects
    }
    return try Tensor(positions, dims: tensor.dims)
  }

  func tensor(_ dtype: DType, at positions: Tensor) -> Tensor {
    let at = positions.elements(Int.self)
    return dtype == .string
      ? Tensor(strings: at.map { strings[$0] }, dims: positions.dims)
      : Tensor(dtype, objects: at.map { objects[$0] }, dims: positions.dims)
  }
}
