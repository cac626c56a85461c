/// What an op of `TensorList` or `TensorArrayV3` does with a list, in terms that a plan can carry
/// out in one block of memory when the elements have one shape.
package struct ListRole: Sendable {
  package enum Action: Sendable {
    /// Makes a list of some length with nothing in it.
    case create
    /// Puts the rows of a tensor into all places.
    case fill
    case read
    case write
    /// Gives all elements as one tensor.
    case stack
    case length
    /// Hands the value on.
    case forward
  }

  package let action: Action
  /// The input that is the list; with a tensor array, its flow.
  package let list: Int?
  /// The input that is a tensor array's handle.
  package let handle: Int?
  /// The input with the place, or with all places.
  package let index: Int?
  /// The input with what is put in.
  package let value: Int?
  /// The input with the elements' shape.
  package let shape: Int?
  /// Whether the list is a tensor array: something with identity, each place of which is written
  /// once.
  package let isArray: Bool

  package init(
    _ action: Action, list: Int? = nil, handle: Int? = nil, index: Int? = nil, value: Int? = nil,
    shape: Int? = nil, isArray: Bool = false
  ) {
    self.action = action
    self.list = list
    self.handle = handle
    self.index = index
    self.value = value
    self.shape = shape
    self.isArray = isArray
  }
}
