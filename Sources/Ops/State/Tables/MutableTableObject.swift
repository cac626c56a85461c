import CoreOps

/// A table whose entries come and go: what `MutableHashTable` stands for, and with vectors as
/// values `MutableHashTableOfTensors`.
final class MutableTableObject: LookupTable {
  let name: String
  let keyType: DType
  let valueType: DType
  let valueShape: Shape
  private let contents: Lock<TableContents>

  init(name: String, keyType: DType, valueType: DType, valueShape: Shape) {
    self.name = name
    self.keyType = keyType
    self.valueType = valueType
    self.valueShape = valueShape
    contents = Lock(TableContents(keyType, valueType, width: valueShape.elementCount))
  }

  var count: Int { contents.withLock { $0.count } }

  func find(_ keys: Tensor, default fallback: Tensor, _ dims: Shape) throws -> Tensor {
    try contents.withLock { try $0.find(keys, default: fallback, dims) }
  }

  func insert(_ keys: Tensor, _ values: Tensor) throws {
    try contents.withLock { try $0.insert(keys, values) }
  }

  func remove(_ keys: Tensor) throws { try contents.withLock { try $0.remove(keys) } }

  func load(_ keys: Tensor, _ values: Tensor) throws {
    try contents.withLock { contents in
      contents.removeAll()
      try contents.insert(keys, values)
    }
  }

  func export() throws -> (keys: Tensor, values: Tensor) {
    try contents.withLock { try $0.export(valueShape) }
  }
}
