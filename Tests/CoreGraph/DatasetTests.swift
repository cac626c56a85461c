import CoreGraph
import CoreOps
import Dispatch
import Ops
import TestSupport
import Testing
import V1Graph

/// Datasets with functions; the elements are those that TensorFlow gives.
@Suite struct DatasetTests {
  private let datasets = DatasetGraph()

  private func int(_ value: Int) throws -> Tensor { try Tensor(scalar: value) }

  @Test func mapCallsTheFunctionWithWhatItCaptures() throws {
    let captured = try datasets.build { try BasicOps.family.identity([int(10)]) }
    let mapped = try datasets.dataset(
      "MapDataset", [datasets.range(3)], captured: [captured],
      functions: ["f": { [try $0[0] * $0[0] + $0[1]] }])
    #expect(try datasets.elements(mapped) == [[10], [11], [14]])
  }

  @Test func filterAndTakeWhileLookAtEachElement() throws {
    let odd = try datasets.dataset(
      "FilterDataset", [datasets.range(6)],
      functions: ["predicate": { [try ComparisonOps.family.equal($0[0] % 2, int(1))] }])
    let small = try datasets.dataset(
      "TakeWhileDataset", [odd],
      functions: ["predicate": { [try ComparisonOps.family.less($0[0], int(4))] }])
    #expect(try datasets.elements(small) == [[1], [3]])
  }

  @Test func aPredicateThatIsNoScalarIsRefused() throws {
    let filtered = try datasets.dataset(
      "FilterDataset", [datasets.range(6)], functions: ["predicate": { $0 }])
    expectError(.invalidArgument, "scalar bool") { _ = try datasets.elements(filtered) }
  }

  @Test func aFunctionThatGivesAnotherDTypeIsRefused() throws {
    let mapped = try datasets.map(datasets.range(2), of: .float32) { $0 }
    expectError(.invalidArgument, "int64", "float32") { _ = try datasets.elements(mapped) }
  }

  @Test func scanHandsItsStateOn() throws {
    let start = try datasets.build { try BasicOps.family.identity([int(100)]) }
    let sums = try datasets.build {
      let (function, _) = try FunctionalFlow.function(
        datasets.graph, [(.int64, .scalar), (.int64, .scalar)]
      ) { [try $0[0] + $0[1], try $0[0] + $0[1]] }
      var attrs = DatasetGraph.attrs()
      attrs["f"] = .function(function, [:])
      attrs["Tstate"] = .types([.int64])
      return DatasetGraph.Dataset(
        handle: try applyOp("ScanDataset", [datasets.range(4).handle, start], attrs)[0],
        dtype: .int64, shape: .scalar)
    }
    #expect(try datasets.elements(sums) == [[100], [101], [103], [106]])
  }

  /// `0..<element` as a dataset.
  private static func below(_ inputs: [Tensor]) throws -> [Tensor] {
    try applyOp(
      "RangeDataset", [Tensor(scalar: 0), inputs[0], Tensor(scalar: 1)], DatasetGraph.attrs())
  }

  @Test func flatMapGoesThroughTheDatasetsOneByOne() throws {
    let flat = try datasets.dataset(
      "FlatMapDataset", [datasets.range(4)], functions: ["f": Self.below])
    #expect(try datasets.elements(flat) == [[0], [0], [1], [0], [1], [2]])
  }

  @Test(arguments: ["InterleaveDataset", "ParallelInterleaveDatasetV3"])
  func interleaveTakesBlocksInTurn(op: String) throws {
    let numbers = op == "InterleaveDataset" ? [2, 2] : [2, 2, 1]
    let mixed = try datasets.dataset(
      op, [datasets.range(5)], numbers, functions: ["f": Self.below])
    #expect(
      try datasets.elements(mixed).flatMap { $0 } == [0, 0, 1, 0, 1, 2, 0, 1, 2, 3])
  }

  @Test func interleaveChecksItsNumbers() throws {
    for numbers in [[0, 1], [1, 0], [-2, 1]] {
      let mixed = DatasetGraph()
      let dataset = try mixed.dataset(
        "InterleaveDataset", [mixed.range(5)], numbers, functions: ["f": Self.below])
      expectError(.invalidArgument) { _ = try mixed.elements(dataset) }
    }
    let mixed = try datasets.dataset(
      "ParallelInterleaveDatasetV3", [datasets.range(5)], [2, 1, 3], functions: ["f": Self.below])
    expectError(.invalidArgument, "cycle_length") { _ = try datasets.elements(mixed) }
  }

  @Test func aDatasetThatHasOtherElementsThanStatedIsRefused() throws {
    let flat = try datasets.dataset(
      "FlatMapDataset", [datasets.range(4)], of: .float32, functions: ["f": Self.below])
    expectError(.invalidArgument, "component 0") { _ = try datasets.elements(flat) }
  }

  @Test func outOfRangeInAFunctionEndsTheDataset() throws {
    func failing(_ more: Attrs) throws -> (DatasetGraph, DatasetGraph.Dataset) {
      let graph = DatasetGraph()
      let mapped = try graph.dataset(
        "MapDataset", [graph.range(5)],
        functions: [
          "f": { inputs in
            try applyOp(
              "GetElementAtIndex", Self.below([int(2)]) + inputs, DatasetGraph.attrs())
          }
        ], more)
      return (graph, mapped)
    }
    let (graph, mapped) = try failing([:])
    #expect(try graph.elements(mapped) == [[0], [1]])
    let (other, counted) = try failing(["preserve_cardinality": .bool(true)])
    expectError(.invalidArgument, "Function invocation produced OutOfRangeError") {
      _ = try other.elements(counted)
    }
  }

  @Test func parallelCallsMustBeSome() throws {
    let mapped = try datasets.dataset(
      "ParallelMapDatasetV2", [datasets.range(3)], [0], functions: ["f": { $0 }])
    expectError(.invalidArgument, "num_parallel_calls") { _ = try datasets.elements(mapped) }
  }

  @Test func groupsAreReducedByWindowsOfTheirOwnSize() throws {
    let scalar: (DType, PartialShape) = (.int64, .scalar)
    let grouped = try datasets.dataset(
      "GroupByWindowDataset", [datasets.range(7)], of: .int64, [nil],
      functions: [
        "key_func": { [try $0[0] % 2] },
        "reduce_func": { inputs in
          try applyOp(
            "BatchDatasetV2", [inputs[1], int(10), Tensor(scalar: false)],
            DatasetGraph.attrs(.int64, [nil]))
        }, "window_size_func": { [try $0[0] + 2] },
      ],
      arguments: [
        "key_func": [scalar], "reduce_func": [scalar, (.variant, .scalar)],
        "window_size_func": [scalar],
      ])
    #expect(try datasets.elements(grouped) == [[0, 2], [1, 3, 5], [4, 6]])
  }

  @Test func randomOpsOfAFunctionStartAnewWithEachIterator() throws {
    let mapped = try datasets.map(datasets.range(4)) { _ in
      let number = try applyOp(
        "RandomUniformInt", [Tensor([Int32](), dims: [0]), int(0), int(1_000_000)],
        ["seed": .int(3), "seed2": .int(5)])
      return number
    }
    try datasets.iterator(mapped)
    let session = Session(graph: datasets.graph)
    let rounds = try (0..<2).map { _ in
      _ = try session.run(fetches: [], targets: ["next_start"])
      return try DatasetGraph.rest(of: session)
    }
    #expect(Set(rounds[0]).count == 4)
    #expect(rounds[0] == rounds[1])
  }

  @Test func eachThreadGetsElementsOfItsOwn() throws {
    try datasets.iterator(datasets.map(datasets.range(400)) { [try $0[0] * 3] })
    let session = Session(graph: datasets.graph)
    _ = try session.run(fetches: [], targets: ["next_start"])
    let found = Lock<[Int]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      while let element = try? session.run(fetches: ["next"])[0].ints[0] {
        found.withLock { $0.append(element) }
      }
    }
    #expect(found.withLock { $0.sorted() } == (0..<400).map { $0 * 3 })
  }

  @Test func anIteratorCanBeFedAsText() throws {
    let graph = datasets.graph
    try datasets.iterator(datasets.range(3), name: "first")
    try datasets.iterator(datasets.map(datasets.range(3)) { [try $0[0] + 10] }, name: "second")
    let (handles, element) = try datasets.build {
      let text = try applyOp("Placeholder", [], ["dtype": .type(.string)])
      let iterator = try applyOp("IteratorFromStringHandleV2", text, DatasetGraph.attrs())
      let handles = try ["first", "second"].map { name in
        var attrs = DatasetGraph.attrs()
        attrs["shared_name"] = .string("iterator_\(name)")
        attrs["container"] = .string("")
        return try applyOp("IteratorToStringHandle", applyOp("IteratorV2", [], attrs))[0]
      }
      return (
        handles, (text[0], try applyOp("IteratorGetNext", iterator, DatasetGraph.attrs())[0])
      )
    }
    let session = Session(graph: graph)
    _ = try session.run(fetches: [], targets: ["first_start", "second_start"])
    let texts = try session.run(handles)
    var elements: [Int] = []
    for text in [texts[0], texts[1], texts[0]] {
      elements += try session.run([element.1], feedDict: FeedDict([(element.0, text)]))[0].ints
    }
    #expect(elements == [0, 10, 1])
  }

  @Test func aOneShotIteratorStartsByItself() throws {
    let graph = datasets.graph
    let element = try datasets.build {
      let (factory, _) = try FunctionalFlow.function(graph, []) { _ in
        try Self.below([int(2)])
      }
      var attrs = DatasetGraph.attrs()
      attrs["dataset_factory"] = .function(factory, [:])
      return try applyOp(
        "IteratorGetNext", applyOp("OneShotIterator", [], attrs), DatasetGraph.attrs())[0]
    }
    let session = Session(graph: graph)
    #expect(try session.run([element])[0].ints == [0])
    #expect(try session.run([element])[0].ints == [1])
    expectError(.outOfRange, "End of sequence") { _ = try session.run([element]) }
  }

  @Test func aCacheIsReadOnceItsDatasetWasGoneThrough() throws {
    let random = try datasets.dataset("RandomDataset", [], [0, 0], of: .int64, .scalar)
    let few = try datasets.dataset("TakeDataset", [random], [3])
    let cached = try datasets.build {
      DatasetGraph.Dataset(
        handle: try applyOp(
          "CacheDataset", [few.handle, Tensor(strings: [""], dims: Shape())], few.attrs)[0],
        dtype: .int64, shape: .scalar)
    }
    let elements = try datasets.elements(datasets.dataset("RepeatDataset", [cached], [3]))
    #expect(elements.count == 9)
    #expect(elements[0..<3] == elements[3..<6] && elements[0..<3] == elements[6..<9])
  }
}
