import CoreOps
import Serialization

/// Tensors as text: what `--feed` takes and `run` prints.
enum TensorText {
  /// A number, `true`, a text, or a nested list of them, to be fed under whatever dtype is wanted.
  struct Literal: TensorConvertible {
    private let text: String
    private let dims: [Int]
    private let leaves: [JSON]

    /// - Throws: `INVALID_ARGUMENT` when rows have different lengths.
    init(_ text: String) throws {
      self.text = text
      let json = (try? JSON(Array(text.utf8))) ?? .string(text)
      var dims: [Int] = []
      var level = json
      while case .array(let values) = level {
        dims.append(values.count)
        guard let first = values.first else { break }
        level = first
      }
      self.dims = dims
      var leaves: [JSON] = []
      try flatten(json, dims[...], into: &leaves)
      self.leaves = leaves
    }

    /// - Throws: `INVALID_ARGUMENT` when the elements are not all of a kind that the dtype has.
    func asTensor(preferring preferred: DType?) throws -> Tensor {
      let dtype = preferred ?? .float64
      switch dtype {
      case .int64:
        if let values = all({
          if case .integer(let int) = $0 { int } else { $0.bool.map { $0 ? 1 : 0 } }
        }),
          leaves.isEmpty || !leaves.allSatisfy({ $0.bool != nil })
        {
          return try Tensor(values, dims: Shape(dims))
        }
      case .bool: if let values = all(\.bool) { return try Tensor(values, dims: Shape(dims)) }
      case .string: if let values = all(\.string) { return try Tensor(values, shape: dims) }
      case .float64:
        if let values = all({ $0.double ?? $0.bool.map { $0 ? 1 : 0 } }),
          leaves.isEmpty || !leaves.allSatisfy({ $0.bool != nil })
        {
          return try Tensor(values, dims: Shape(dims))
        }
      default: break
      }
      throw TFError.invalidArgument("'\(text)' is no list of numbers, of truth values or of texts")
    }

    private func all<T>(_ pick: (JSON) -> T?) -> [T]? {
      let values = leaves.compactMap(pick)
      return values.count == leaves.count ? values : nil
    }
  }

  private static func flatten(_ json: JSON, _ dims: ArraySlice<Int>, into leaves: inout [JSON])
    throws
  {
    guard let count = dims.first else {
      if case .array = json {
        throw TFError.invalidArgument("a list to feed has rows of different depth")
      }
      leaves.append(json)
      return
    }
    guard case .array(let values) = json, values.count == count else {
      throw TFError.invalidArgument("a list to feed has rows of different lengths")
    }
    for value in values { try flatten(value, dims.dropFirst(), into: &leaves) }
  }

  /// The elements as nested lists, the middle of long ones left out.
  static func print(_ tensor: Tensor) -> String {
    let elements: (Int) -> String
    switch tensor.dtype {
    case .string:
      let strings = tensor.strings
      elements = { strings[$0].text.debugDescription }
    case .resource, .variant: return "(\(tensor.dtype))"
    case .float32: elements = reader(tensor, Float.self) { "\($0)" }
    case .float64: elements = reader(tensor, Double.self) { "\($0)" }
    case .half: elements = reader(tensor, Float16.self) { "\($0)" }
    case .bfloat16: elements = reader(tensor, BFloat16.self) { "\($0.float)" }
    case .complex64: elements = reader(tensor, Complex64.self) { "\($0.real)+\($0.imaginary)i" }
    case .complex128: elements = reader(tensor, Complex128.self) { "\($0.real)+\($0.imaginary)i" }
    case .bool: elements = reader(tensor, Bool.self) { "\($0)" }
    case .int8, .qint8: elements = reader(tensor, Int8.self) { "\($0)" }
    case .uint8, .quint8: elements = reader(tensor, UInt8.self) { "\($0)" }
    case .int16, .qint16: elements = reader(tensor, Int16.self) { "\($0)" }
    case .uint16, .quint16: elements = reader(tensor, UInt16.self) { "\($0)" }
    case .int32, .qint32: elements = reader(tensor, Int32.self) { "\($0)" }
    case .uint32: elements = reader(tensor, UInt32.self) { "\($0)" }
    case .int64: elements = reader(tensor, Int.self) { "\($0)" }
    case .uint64: elements = reader(tensor, UInt64.self) { "\($0)" }
    }
    if tensor.dims.elementCount == 0 { return "[]" }
    return list(tensor.dims.dims[...], start: 0, elements)
  }

  private static func reader<S: TensorScalar>(
    _ tensor: Tensor, _: S.Type, _ text: @escaping (S) -> String
  ) -> (Int) -> String {
    let elements = Array(tensor.elements(S.self))
    return { text(elements[$0]) }
  }

  private static func list(_ dims: ArraySlice<Int>, start: Int, _ element: (Int) -> String)
    -> String
  {
    guard let count = dims.first else { return element(start) }
    let size = dims.dropFirst().reduce(1, *)
    let isLong = count > 20
    let shown = isLong ? Array(0..<3) + Array(count - 3..<count) : Array(0..<count)
    var parts = shown.map { list(dims.dropFirst(), start: start + $0 * size, element) }
    if isLong { parts.insert("…", at: 3) }
    return "[" + parts.joined(separator: dims.count > 1 ? ",\n " : ", ") + "]"
  }
}
