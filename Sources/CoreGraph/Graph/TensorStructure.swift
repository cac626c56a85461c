public import CoreOps

/// What functions of a program take and return as a whole: a tensor or an array of tensors.
public protocol TensorStructure {
  var tensors: [Tensor] { get }
  /// The same structure with other tensors, of which it takes as many as it needs from the front.
  func replacing(_ tensors: inout ArraySlice<Tensor>) -> Self
  /// Appends numbers that tell the structure from others: arguments of another structure are
  /// traced anew.
  func describe(into structure: inout [Int])
  /// Whether `structure` goes on at `position` with what `describe` appends, and moves it past
  /// that.
  func follows(_ structure: [Int], _ position: inout Int) -> Bool
}

extension TensorStructure {
  public func describe(into structure: inout [Int]) { structure.append(tensors.count) }

  public func follows(_ structure: [Int], _ position: inout Int) -> Bool {
    var own: [Int] = []
    describe(into: &own)
    let end = position + own.count
    guard end <= structure.count, structure[position..<end].elementsEqual(own) else { return false }
    position = end
    return true
  }
}

extension Tensor: TensorStructure {
  public var tensors: [Tensor] { [self] }
  public func replacing(_ tensors: inout ArraySlice<Tensor>) -> Tensor { tensors.removeFirst() }
  public func describe(into structure: inout [Int]) { structure.append(-1) }
  public func follows(_ structure: [Int], _ position: inout Int) -> Bool {
    guard position < structure.count, structure[position] == -1 else { return false }
    position += 1
    return true
  }
}

extension Array: TensorStructure where Element: TensorStructure {
  public var tensors: [Tensor] { flatMap(\.tensors) }
  public func replacing(_ tensors: inout ArraySlice<Tensor>) -> [Element] {
    map { $0.replacing(&tensors) }
  }
  public func describe(into structure: inout [Int]) {
    structure.append(count)
    for element in self { element.describe(into: &structure) }
  }
  public func follows(_ structure: [Int], _ position: inout Int) -> Bool {
    guard position < structure.count, structure[position] == count else { return false }
    position += 1
    for element in self where !element.follows(structure, &position) { return false }
    return true
  }
}

/// The values in the order of their keys.
extension Dictionary: TensorStructure where Key: Comparable, Value: TensorStructure {
  public var tensors: [Tensor] { keys.sorted().flatMap { self[$0]!.tensors } }
  public func replacing(_ tensors: inout ArraySlice<Tensor>) -> [Key: Value] {
    var result = self
    for key in keys.sorted() { result[key] = self[key]!.replacing(&tensors) }
    return result
  }
  public func describe(into structure: inout [Int]) {
    structure.append(count)
    for key in keys.sorted() {
      let text = String(describing: key).utf8
      structure.append(text.count)
      structure += text.map(Int.init)
      self[key]!.describe(into: &structure)
    }
  }
}
