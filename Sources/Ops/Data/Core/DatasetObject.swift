import CKernels
package import CoreOps

/// A dataset: what a variant scalar of the dataset ops holds. It does not change; going through it
/// makes iterators.
package final class DatasetObject: TensorObject {
  /// The dtype and shape of each component of its elements.
  package typealias Component = HandleData.Part
  package typealias MakeIterator = @Sendable (IterationContext) throws -> DatasetIterator
  package typealias ElementAt = @Sendable (Int, ExecutionContext) throws -> [Tensor]

  /// Without end.
  package static let infinite = -1
  package static let unknown = -2

  /// As TensorFlow names the kind: `Batch`.
  package let kind: String
  package let components: [Component]
  /// How many elements there are, or `infinite`, or `unknown`.
  package let cardinality: Int
  /// The serialised `tf.data.Options`; empty where none were set.
  package let options: [UInt8]
  /// How many datasets stand between this and the sources.
  private let depth: Int
  /// How many iterators a run through it has at once, at least.
  private let width: Int
  private let make: MakeIterator
  private let elementAt: ElementAt?

  private struct Place: Hashable {
    let object: ObjectIdentifier
    let path: [Int]
  }
  /// What datasets of which it is made keep from one run through it to the next.
  private let keptObjects = Lock<[Place: any TensorObject]>([:])

  /// Datasets that are made of more datasets are refused: iterators call each other as deep.
  private static let maximumDepth = 1024
  /// More iterators at once are refused: a graph can double them at every step.
  private static let maximumWidth = 1 << 20
  /// More components are refused: a graph can double them at every step.
  private static let maximumComponents = 1 << 16

  /// - Parameters:
  ///   - inputs: the datasets whose elements it takes.
  ///   - oneByOne: whether it goes through the inputs one after the other.
  ///   - elementAt: gives an element by its number, where that needs no walk.
  /// - Throws: `RESOURCE_EXHAUSTED` when datasets are nested too deep or have too many components.
  package init(
    _ kind: String, _ components: [Component], cardinality: Int, from inputs: [DatasetObject] = [],
    oneByOne: Bool = false, options: [UInt8]? = nil, elementAt: ElementAt? = nil,
    _ make: @escaping MakeIterator
  ) throws {
    self.kind = kind
    self.components = components
    self.cardinality = cardinality
    self.options = options ?? inputs.first?.options ?? []
    depth = 1 + (inputs.map(\.depth).max() ?? 0)
    let widths = inputs.map(\.width)
    width = 1 + (oneByOne ? widths.max() ?? 0 : widths.reduce(0, Cardinality.sum))
    self.make = make
    self.elementAt = elementAt
    guard width <= Self.maximumWidth else {
      throw TFError.resourceExhausted("a dataset with \(width) iterators is too large")
    }
    guard depth <= Self.maximumDepth else {
      throw TFError.resourceExhausted("datasets are nested more than \(Self.maximumDepth) deep")
    }
    guard components.count <= Self.maximumComponents else {
      throw TFError.resourceExhausted("\(components.count) components of a dataset are too many")
    }
  }

  package var types: [DType] { components.map(\.dtype) }
  package var shapes: [PartialShape] { components.map(\.shape) }

  /// A run through it from the start.
  package func makeIterator(_ context: IterationContext) throws -> DatasetIterator {
    try Cancellation.checkCurrent()
    guard jk_stack_left() > ExecutionContext.leastStack else {
      throw TFError.resourceExhausted("the iterators of a dataset are nested too deep")
    }
    context.kinds.append(kind)
    defer { context.kinds.removeLast() }
    return try make(context)
  }

  func kept<Kept: TensorObject>(_ own: Kept, at path: [Int], _ make: () -> Kept) -> Kept {
    // The owner is part of this dataset, so that no other object comes to have its identity.
    let place = Place(object: ObjectIdentifier(own), path: path)
    return keptObjects.withLock { objects in
      if let known = objects[place] as? Kept { return known }
      let made = make()
      objects[place] = made
      return made
    }
  }

  /// The element with that number, counted from 0.
  ///
  /// - Throws: `OUT_OF_RANGE` when there are not as many; `UNIMPLEMENTED` where elements are not
  ///   found by number.
  package func element(at index: Int, _ execution: ExecutionContext) throws -> [Tensor] {
    guard cardinality >= 0 else {
      throw TFError.failedPrecondition(
        """
        Dataset of type \(kind) has \(cardinality == Self.infinite ? "infinite" : "unknown") \
        cardinality, which does not support random access.
        """
      )
    }
    guard index >= 0, index < cardinality else {
      throw TFError.outOfRange("Index out of range [0, \(cardinality)):\(index)")
    }
    guard let elementAt else {
      throw TFError.unimplemented("Random access is not implemented for dataset \(kind)")
    }
    return try elementAt(index, execution)
  }

  var hasElementsByNumber: Bool { elementAt != nil }

  /// What finds elements of a dataset made of this one, where this one finds them.
  func finding(_ find: @escaping ElementAt) -> ElementAt? { hasElementsByNumber ? find : nil }
}

/// Arithmetic on numbers of elements, which may be infinite or unknown.
enum Cardinality {
  static func isKnown(_ n: Int) -> Bool { n >= 0 }

  /// What `body` makes of a known number; infinite and unknown stay.
  static func map(_ n: Int, _ body: (Int) -> Int) -> Int { n < 0 ? n : body(n) }

  static func product(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? .max : product
  }

  static func sum(_ a: Int, _ b: Int) -> Int {
    if a == DatasetObject.infinite || b == DatasetObject.infinite { return DatasetObject.infinite }
    if a < 0 || b < 0 { return DatasetObject.unknown }
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }

  /// How many groups of `size` there are in `n`.
  static func groups(_ n: Int, of size: Int, droppingRemainder: Bool) -> Int {
    map(n) { $0 / size + (droppingRemainder || $0 % size == 0 ? 0 : 1) }
  }

  static func least(_ all: [Int]) -> Int {
    if all.contains(DatasetObject.unknown) { return DatasetObject.unknown }
    return all.filter { $0 >= 0 }.min() ?? DatasetObject.infinite
  }
}

extension Tensor {
  package init(dataset: DatasetObject) {
    self.init(.variant, objects: [dataset], dims: Shape())
  }

  /// The dataset that a variant scalar holds.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it holds something else.
  package func dataset() throws -> DatasetObject {
    guard dtype == .variant, dims.rank == 0 else {
      throw TFError.invalidArgument("Dataset tensor must be a scalar of dtype DT_VARIANT.")
    }
    guard let dataset = objects[0] as? DatasetObject else {
      throw TFError.invalidArgument("Tensor must be a Dataset object.")
    }
    return dataset
  }
}
