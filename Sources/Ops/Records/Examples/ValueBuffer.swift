import CoreOps
import Serialization

/// Values of one of the three dtypes of features, put together one list after the other.
struct ValueBuffer {
  private let dtype: DType
  private var floats: [Float] = []
  private var integers: [Int64] = []
  private let strings: StringBuilder?

  init(_ dtype: DType) throws {
    self.dtype = dtype
    strings = dtype == .string ? try StringBuilder() : nil
  }

  /// Adds the values of a list of `count`.
  ///
  /// - Returns: whether they could be read.
  /// - Throws: `RESOURCE_EXHAUSTED`.
  mutating func append(_ list: WireCursor, count: Int) throws -> Bool {
    if let strings { return try ValueList.strings(list, into: strings) == count }
    let room = count &* dtype.byteSize
    if room > 1 << 16 { try MemoryLimit.room(for: room) }
    if dtype == .float32 {
      let start = floats.count
      floats.append(contentsOf: repeatElement(0, count: count))
      return floats.withUnsafeMutableBufferPointer {
        count == 0 || ValueList.floats(list, into: $0.baseAddress! + start, room: count) == count
      }
    }
    let start = integers.count
    integers.append(contentsOf: repeatElement(0, count: count))
    return integers.withUnsafeMutableBufferPointer {
      count == 0 || ValueList.integers(list, into: $0.baseAddress! + start, room: count) == count
    }
  }

  /// Adds the elements of a tensor of the dtype.
  mutating func append(_ values: Tensor) throws {
    switch dtype {
    case .string:
      let own = values.strings
      for index in own.indices { try strings?.append(own.bytes(index)) }
    case .float32: floats += values.elements(Float.self)
    default: integers += values.elements(Int64.self)
    }
  }

  /// Adds values of a feature that was read as a whole.
  mutating func append(_ kind: TrainFeature.Kind) throws {
    switch kind {
    case .bytes(let values): for value in values { try strings?.append(value) }
    case .floats(let values): floats += values
    case .int64s(let values): integers += values
    }
  }

  /// Adds zeros, or empty strings.
  mutating func pad(_ count: Int) throws {
    try MemoryLimit.room(for: count &* 8)
    if let strings {
      for _ in 0..<count { try strings.endElement() }
    } else if dtype == .float32 {
      floats.append(contentsOf: repeatElement(0, count: count))
    } else {
      integers.append(contentsOf: repeatElement(0, count: count))
    }
  }

  /// The values as a tensor of as many elements.
  func finish(_ dims: Shape) throws -> Tensor {
    if let strings { return Tensor(strings: try strings.finish(), dims: dims) }
    return dtype == .float32
      ? try Tensor(floats, dims: dims) : try Tensor(integers, dims: dims)
  }
}
