public import CoreOps

/// A list of tensors of one dtype that loops read and write element by element. Follows
/// `tf.TensorArray`.
///
///     var squares = try tf.TensorArray(tf.float32, size: 3)
///     squares = try squares.write(0, x * x)
///     let all = try squares.stack()
///
/// In a graph of TF-1's form it is a resource of the run with a flow that orders what is done with
/// it; where conditionals and loops are made of functions, it is a list that is a value. What
/// changes it gives the changed array: that is the one to go on with.
public struct TensorArray: Sendable {
  let form: any TensorArrayForm

  /// - Parameters:
  ///   - dtype: of the elements.
  ///   - size: how many elements there are.
  ///   - dynamicSize: whether writing behind the last element makes it longer.
  ///   - clearAfterRead: whether an element can be read once only, so that its memory goes.
  ///   - tensorArrayName: of the resource, in TF-1's form.
  ///   - handle: an array that is there already, in TF-1's form; with its `flow`.
  ///   - flow: the flow of `handle`, or a list.
  ///   - inferShape: whether all elements have one shape.
  ///   - elementShape: what is known of the elements' shapes.
  ///   - colocateWithFirstWriteCall: whether it is placed where the first tensor that is written
  ///     is.
  ///   - name: of the node.
  /// - Throws: `INVALID_ARGUMENT` where what is given contradicts itself.
  public init(
    _ dtype: DType, size: (any TensorConvertible)? = nil, dynamicSize: Bool? = nil,
    clearAfterRead: Bool? = nil, tensorArrayName: String? = nil, handle: Tensor? = nil,
    flow: Tensor? = nil, inferShape: Bool = true, elementShape: PartialShape? = nil,
    colocateWithFirstWriteCall: Bool = true, name: String? = nil
  ) throws {
    let environment = Environment.current
    let request = TensorArrayRequest(
      dtype: dtype, size: try size?.asTensor(preferring: .int32), dynamicSize: dynamicSize,
      clearAfterRead: clearAfterRead, resourceName: tensorArrayName, handle: handle, flow: flow,
      infersShape: inferShape, elementShape: elementShape,
      colocates: colocateWithFirstWriteCall, name: name)
    if environment.isExecutingEagerly, flow?.dtype != .variant {
      form = try EagerArray(request)
    } else if flow?.dtype == .variant || makesFunctionalFlow(environment) {
      form = try ListArray(request)
    } else {
      form = try HandleArray(request)
    }
  }

  /// The same by label. Follows `tf.TensorArray`.
  public init(
    dtype: DType, size: (any TensorConvertible)? = nil, dynamicSize: Bool? = nil,
    clearAfterRead: Bool? = nil, tensorArrayName: String? = nil, handle: Tensor? = nil,
    flow: Tensor? = nil, inferShape: Bool = true, elementShape: PartialShape? = nil,
    colocateWithFirstWriteCall: Bool = true, name: String? = nil
  ) throws {
    try self.init(
      dtype, size: size, dynamicSize: dynamicSize, clearAfterRead: clearAfterRead,
      tensorArrayName: tensorArrayName, handle: handle, flow: flow, inferShape: inferShape,
      elementShape: elementShape, colocateWithFirstWriteCall: colocateWithFirstWriteCall,
      name: name)
  }

  init(_ form: any TensorArrayForm) { self.form = form }

  public var dtype: DType { form.traits.dtype }
  /// What orders the things done with it, or the list itself.
  public var flow: Tensor { form.flow }
  /// The resource, in TF-1's form.
  public var handle: Tensor? { form.handle }
  /// What is known of the elements' shapes.
  public var elementShape: PartialShape { form.traits.elementShape }
  /// Whether writing behind the last element makes it longer.
  public var dynamicSize: Bool { form.traits.isDynamic }

  /// The same array as it is now, with a flow of its own.
  public func identity() throws -> TensorArray { try TensorArray(form.identity()) }

  /// The array of gradients of another, in TF-1's form.
  ///
  /// - Parameters:
  ///   - source: tells the gradients of one call for gradients from those of another.
  ///   - flow: what is waited for; nil for the array's own.
  /// - Throws: `UNIMPLEMENTED` in other forms.
  public func grad(_ source: String, flow: Tensor? = nil, name: String? = nil) throws -> TensorArray
  {
    try TensorArray(form.grad(source, flow: flow, name: name))
  }

  /// The element at `index`.
  ///
  /// - Throws: `OUT_OF_RANGE` or `INVALID_ARGUMENT` for an element that is not there or was read,
  ///   in a graph when it runs.
  public func read(_ index: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try form.read(index.asTensor(preferring: .int32), name: name)
  }

  /// The array with `value` at `index`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a value that does not fit the elements' dtype or shape;
  ///   `OUT_OF_RANGE` for an index behind the last, where the size is not dynamic.
  public func write(
    _ index: some TensorConvertible, _ value: some TensorConvertible, name: String? = nil
  ) throws -> TensorArray {
    try TensorArray(
      form.write(
        index.asTensor(preferring: .int32), value.asTensor(preferring: dtype), name: name))
  }

  /// The elements as one tensor, along a new first dimension.
  public func stack(name: String? = nil) throws -> Tensor { try form.stack(name: name) }

  /// The elements at `indices`, a vector, along a new first dimension.
  public func gather(_ indices: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try form.gather(indices.asTensor(preferring: .int32), name: name)
  }

  /// The elements joined along their first dimension.
  public func concat(name: String? = nil) throws -> Tensor { try form.concat(name: name) }

  /// The array whose elements are the parts of `value` along the first dimension.
  public func unstack(_ value: some TensorConvertible, name: String? = nil) throws -> TensorArray {
    try TensorArray(form.unstack(value.asTensor(preferring: dtype), name: name))
  }

  /// The array with the parts of `value` along the first dimension at `indices`, a vector.
  public func scatter(
    _ indices: some TensorConvertible, _ value: some TensorConvertible, name: String? = nil
  ) throws -> TensorArray {
    try TensorArray(
      form.scatter(
        indices.asTensor(preferring: .int32), value.asTensor(preferring: dtype), name: name))
  }

  /// The array whose elements are parts of `value` of those lengths along the first dimension.
  public func split(
    _ value: some TensorConvertible, _ lengths: some TensorConvertible, name: String? = nil
  ) throws -> TensorArray {
    try TensorArray(
      form.split(value.asTensor(preferring: dtype), lengths.asTensor(), name: name))
  }

  /// How many elements there are, an int32 scalar.
  public func size(name: String? = nil) throws -> Tensor { try form.size(name: name) }

  /// Frees the elements.
  ///
  /// - Returns: the operation that does; nil where calls run at once.
  @discardableResult
  public func close(name: String? = nil) throws -> Operation? { try form.close(name: name) }
}

extension SharedAPI {
  public typealias TensorArray = CoreGraph.TensorArray
}

/// A variable of a loop, by its flow.
extension TensorArray: TensorStructure {
  public var tensors: [Tensor] { [flow] }
  public func replacing(_ tensors: inout ArraySlice<Tensor>) -> TensorArray {
    TensorArray(form.with(flow: tensors.removeFirst()))
  }
  public func describe(into structure: inout [Int]) { structure.append(-2) }
}
