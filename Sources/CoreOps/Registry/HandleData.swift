/// What is behind a tensor of dtype resource or variant: the dtype and shape of a variable, of the
/// elements of a list, of each component of a dataset.
package struct HandleData: Sendable, Hashable {
  package struct Part: Sendable, Hashable {
    package let dtype: DType
    package let shape: PartialShape

    package init(_ dtype: DType, _ shape: PartialShape) {
      self.dtype = dtype
      self.shape = shape
    }
  }

  package let parts: [Part]

  package init(_ parts: [Part]) { self.parts = parts }
  package init(_ dtype: DType, _ shape: PartialShape) { parts = [Part(dtype, shape)] }

  /// What the attributes `_handle_dtypes` and `_handle_shapes` of a node or a function's argument
  /// say; nil where they are missing or do not fit each other.
  package init?(_ attrs: Attrs) {
    guard case .list(let dtypes)? = attrs["_handle_dtypes"],
      case .list(let shapes)? = attrs["_handle_shapes"], !dtypes.isEmpty,
      dtypes.count == shapes.count
    else { return nil }
    var parts: [Part] = []
    for case (.type(let dtype), .shape(let shape)) in zip(dtypes, shapes) {
      parts.append(Part(dtype, shape))
    }
    guard parts.count == dtypes.count else { return nil }
    self.parts = parts
  }

  /// The attributes that say it.
  package var attrs: Attrs {
    [
      "_handle_dtypes": .types(parts.map(\.dtype)), "_handle_shapes": .shapes(parts.map(\.shape)),
    ]
  }

  /// What is true of both, where a value may be either; nil where their dtypes differ.
  package func widened(with other: HandleData) -> HandleData? {
    guard parts.map(\.dtype) == other.parts.map(\.dtype) else { return nil }
    return HandleData(
      zip(parts, other.parts).map { Part($0.dtype, $0.shape.widened(with: $1.shape)) })
  }
}

/// The handle data that a shape rule is given for inputs and gives for outputs.
package final class HandleFlow {
  fileprivate let inputs: [HandleData?]
  package private(set) var outputs: [Int: HandleData] = [:]

  /// - Parameter inputs: one per input; empty where nothing is known of any.
  package init(_ inputs: [HandleData?] = []) { self.inputs = inputs }

  fileprivate func set(_ output: Int, _ data: HandleData?) { outputs[output] = data }
}

extension ShapeContext {
  /// What is behind input `index`, where it is known.
  package func handle(_ index: Int) -> HandleData? {
    guard let inputs = handles?.inputs, index < inputs.count else { return nil }
    return inputs[index]
  }

  /// Says what is behind output `index`.
  package func setHandle(_ index: Int, _ data: HandleData?) { handles?.set(index, data) }

  /// Says that what is behind an input is behind an output too.
  package func passHandle(_ input: Int = 0, to output: Int = 0) {
    if let data = handle(input) { setHandle(output, data) }
  }

  /// The shape that the integers of input `index` describe, -1 standing for an unknown dimension:
  /// also where only some of them are known.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the input is known not to be a vector.
  package func shapeValue(_ index: Int) throws -> PartialShape {
    if let known = try integers(index) {
      return PartialShape(known.map { $0 == -1 ? nil : Dimension($0) } as [Dimension?])
    }
    if let partial = values.partialShape(index) { return partial }
    return try .unknown(rank: shape(index, rank: 1)[0])
  }
}
