package import CoreOps

/// Datasets of windows, which go along the elements of a dataset.
package struct WindowDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let window = DatasetDefinition.op(
    "WindowDataset",
    """
    input_dataset: variant, size: int64, shift: int64, stride: int64, drop_remainder: bool \
      -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    metadata: string = ''
    """
  ) { _ in
    { run in
      let input = try run.dataset()
      let window = try SlidingWindow(
        size: run.int(1), shift: run.int(2), stride: run.int(3), dropsRemainder: run.bool(4),
        isBatch: false,
        names: ("Window size", "Window shift", "Window stride"))
      return try DatasetObject(
        "Window", input.components.map { _ in .init(.variant, .scalar) },
        cardinality: window.cardinality(of: input.cardinality), from: [input]
      ) { context in
        let walk = WindowWalk(try input.makeIterator(context), window)
        return DatasetIterator { run in
          guard let elements = try walk.next(run) else { return nil }
          return try input.components.enumerated().map { index, component in
            Tensor(
              dataset: try WindowDatasetOps.elements(elements.map { [$0[index]] }, [component]))
          }
        }
      }
    }
  }

  package let windowOp = DatasetDefinition.op(
    "WindowOp",
    """
    inputs: Tinputs -> handle: variant
    output_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    Tinputs: list(type) >= 1
    """
  ) { context in
    let components = try DatasetDefinition.components(context)
    let width = components.count
    try require(
      context.inputTypes.count % width == 0,
      "\(context.inputTypes.count) tensors are no elements with \(width) components")
    return { run in
      let elements = stride(from: 0, to: run.inputs.count, by: width).map {
        Array(run.inputs[$0..<$0 + width])
      }
      for element in elements {
        try ElementCheck.require(components.map(\.dtype), of: element)
      }
      return try WindowDatasetOps.elements(elements, components)
    }
  }

  package let slidingWindow = WindowDatasetOps.slidingOp("SlidingWindowDataset", drops: true)
  package let experimentalSlidingWindow = WindowDatasetOps.slidingOp(
    "ExperimentalSlidingWindowDataset", drops: false)

  /// A dataset of elements that are there already.
  static func elements(_ elements: [[Tensor]], _ components: [DatasetObject.Component]) throws
    -> DatasetObject
  {
    try DatasetObject(
      "Window", components, cardinality: elements.count, elementAt: { index, _ in elements[index] }
    ) { _ in
      var next = 0
      return DatasetIterator { _ in
        if next == elements.count { return nil }
        next += 1
        return elements[next - 1]
      }
    }
  }

  /// - Parameter drops: whether there is an attribute that says whether smaller windows are left
  ///   out; without it they are.
  private static func slidingOp(_ name: String, drops: Bool) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, window_size: int64, window_shift: int64, window_stride: int64 \
        -> handle: variant\(drops ? "\ndrop_remainder: bool = true" : "")
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      """
    ) { context in
      let dropsRemainder = drops ? try context.bool("drop_remainder") : true
      return { run in
        let input = try run.dataset()
        let window = try SlidingWindow(
          size: run.int(1), shift: run.int(2), stride: run.int(3), dropsRemainder: dropsRemainder,
          isBatch: true, names: ("Window size", "Window shift", "window_stride"))
        return try DatasetObject(
          "SlidingWindow", ElementBatch.components(input.components, size: nil),
          cardinality: window.cardinality(of: input.cardinality), from: [input]
        ) { context in
          let walk = WindowWalk(try input.makeIterator(context), window)
          return DatasetIterator { run in
            guard let elements = try walk.next(run) else { return nil }
            return try ElementBatch.stacked(elements)
          }
        }
      }
    }
  }
}

/// Every `shift` elements a window of `size` elements, each `stride` after the one before.
private struct SlidingWindow: Sendable {
  let size: Int
  let shift: Int
  let stride: Int
  let dropsRemainder: Bool
  /// Whether windows become batches. TensorFlow then counts those that are dropped too, and fails
  /// as soon as the input does.
  let isBatch: Bool
  /// How many elements a window reaches over.
  let reach: Int

  init(
    size: Int, shift: Int, stride: Int, dropsRemainder: Bool, isBatch: Bool,
    names: (String, String, String)
  ) throws {
    for (value, name) in [(size, names.0), (shift, names.1), (stride, names.2)] {
      try require(value > 0, "\(name) must be greater than zero.")
    }
    (self.size, self.shift, self.stride) = (size, shift, stride)
    self.dropsRemainder = dropsRemainder
    self.isBatch = isBatch
    reach = Cardinality.sum(Cardinality.product(size - 1, stride), 1)
  }

  func cardinality(of count: Int) -> Int {
    Cardinality.map(count) {
      if isBatch, dropsRemainder { return $0 / shift }
      guard dropsRemainder else { return $0 / shift + ($0 % shift == 0 ? 0 : 1) }
      return $0 < reach ? 0 : ($0 - reach) / shift + 1
    }
  }
}

/// A run through the windows of a dataset.
private final class WindowWalk {
  private let source: DatasetIterator
  private let window: SlidingWindow
  private var buffer: [Result<[Tensor], TFError>] = []
  private var isOver = false

  init(_ source: DatasetIterator, _ window: SlidingWindow) {
    self.source = source
    self.window = window
  }

  func next(_ run: ExecutionContext) throws -> [[Tensor]]? {
    while !isOver, buffer.count < window.reach {
      do {
        guard let element = try source.next(run) else {
          isOver = true
          break
        }
        buffer.append(.success(element))
      } catch let error as TFError where isOfElement(error) {
        buffer.append(.failure(error))
      }
    }
    if buffer.isEmpty || (window.dropsRemainder && buffer.count < window.reach) {
      buffer = []
      return nil
    }
    let picked = Swift.stride(from: 0, to: buffer.count, by: window.stride).map { buffer[$0] }
    if window.shift < buffer.count {
      buffer.removeFirst(window.shift)
    } else {
      try pass(window.shift - buffer.count, run)
      buffer = []
    }
    return try picked.map { try $0.get() }
  }

  /// Passes over elements, whatever error they are.
  private func pass(_ count: Int, _ run: ExecutionContext) throws {
    var left = count
    while left > 0, !isOver {
      do { isOver = try source.next(run) == nil } catch let error as TFError
        where isOfElement(error)
      {}
      left -= 1
    }
  }

  /// Whether an error stands for an element of a window, and does not end the run.
  private func isOfElement(_ error: TFError) -> Bool {
    !window.isBatch
      && ![.cancelled, .deadlineExceeded, .resourceExhausted].contains(error.code)
  }
}
