package import CoreOps

/// Datasets that keep their elements after they were gone through once.
package struct CacheDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let cache = CacheDatasetOps.op("CacheDataset", inputs: "")
  package let cacheV2 = CacheDatasetOps.op(
    "CacheDatasetV2", inputs: ", cache: resource", stateful: true)

  package let anonymousMemoryCache = OpDef(
    "AnonymousMemoryCache",
    """
    -> handle: resource, deleter: variant
    """, stateful: true, shape: ResourceHandles.anonymousShape,
    kernel: .run { _ in [Tensor(resource: MemoryCache()), .deleter] }, gradient: .zero)

  package let deleteMemoryCache = ResourceHandles.deleteOp("DeleteMemoryCache")
  package let dummyMemoryCache = ResourceHandles.dummyOp("DummyMemoryCache")

  private static func op(_ name: String, inputs: String, stateful: Bool = false) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      input_dataset: variant, filename: string\(inputs) -> handle: variant
      output_types: list(type) >= 1
      output_shapes: list(shape) >= 1
      metadata: string = ''
      """, stateful: stateful
    ) { _ in
      { run in
        let input = try run.dataset()
        let file = run.text(1)
        guard file.isEmpty else { return try CacheFile.dataset(input, file) }
        let shared =
          inputs.isEmpty || run.inputs[2].objects.first is DummyResource
          ? nil : try run.inputs[2].resource(MemoryCache.self)
        let own = MemoryCache()
        let elementAt: DatasetObject.ElementAt = { index, execution in
          if let elements = (shared ?? own).elements {
            try require(elements.indices.contains(index), "Index out of range: \(index)")
            return elements[index]
          }
          return try input.element(at: index, execution)
        }
        return try DatasetObject(
          "Cache", input.components, cardinality: input.cardinality, from: [input],
          elementAt: input.hasElementsByNumber ? elementAt : nil
        ) { context in
          let cache = shared ?? context.kept(own) { MemoryCache() }
          if let elements = cache.elements { return CacheDatasetOps.iterator(elements) }
          let source = try input.makeIterator(context)
          var elements: [[Tensor]] = []
          var isOver = false
          return DatasetIterator { run in
            if isOver { return nil }
            if let element = try source.next(run) {
              elements.append(element)
              return element
            }
            isOver = true
            cache.complete(elements)
            elements = []
            return nil
          }
        }
      }
    }
  }

  /// A run through elements that are there.
  static func iterator(_ elements: [[Tensor]]) -> DatasetIterator {
    var next = 0
    return DatasetIterator { _ in
      if next == elements.count { return nil }
      next += 1
      return elements[next - 1]
    }
  }
}

/// The elements of a dataset, once a run through it came to the end.
final class MemoryCache: TensorObject {
  private let content = Lock<[[Tensor]]?>(nil)

  /// nil while no run has come to the end.
  var elements: [[Tensor]]? { content.withLock { $0 } }

  func complete(_ elements: [[Tensor]]) {
    content.withLock { if $0 == nil { $0 = elements } }
  }
}
