import CoreGraph
import CoreOps
import Ops
import TestSupport
import Testing
import V1Graph

/// Datasets that ask for more than there is.
@Suite struct HostileDatasetTests {
  private let datasets = DatasetGraph()

  private func int(_ value: Int) throws -> Tensor { try Tensor(scalar: value) }

  @Test func aDatasetThatNeverGivesAnElementEndsWithItsRun() throws {
    let endless = try datasets.dataset("RepeatDataset", [datasets.range(3)], [-1])
    let none = try datasets.dataset(
      "FilterDataset", [endless],
      functions: ["predicate": { [try ComparisonOps.family.less($0[0], int(0))] }])
    try datasets.iterator(none)
    let session = Session(graph: datasets.graph)
    _ = try session.run(fetches: [], targets: ["next_start"])
    expectError(.deadlineExceeded) { _ = try session.run(fetches: ["next"], timeout: 0.2) }
    // The iterator is free for the next run.
    expectError(.deadlineExceeded) { _ = try session.run(fetches: ["next"], timeout: 0.2) }
  }

  @Test(arguments: ["SkipDataset", "ShardDataset"])
  func passingOverElementsEndsWithTheRun(op: String) throws {
    let endless = try datasets.dataset("RepeatDataset", [datasets.range(3)], [-1])
    let skipped = try datasets.dataset(
      op, [endless], op == "SkipDataset" ? [.max] : [.max, .max - 1])
    try datasets.iterator(skipped)
    let session = Session(graph: datasets.graph)
    _ = try session.run(fetches: [], targets: ["next_start"])
    expectError(.deadlineExceeded) { _ = try session.run(fetches: ["next"], timeout: 0.2) }
  }

  @Test func largeNumbersNeedNoMemoryAhead() throws {
    let few = try datasets.range(3)
    let shuffled = try datasets.dataset("ShuffleDataset", [few], [.max, 1, 2])
    let repeated = try datasets.dataset("RepeatDataset", [shuffled], [.max])
    let fetched = try datasets.dataset("PrefetchDataset", [repeated], [.max])
    #expect(try datasets.elements(fetched, most: 30).count == 30)
  }

  @Test func windowsOfAnySizeAreBounded() throws {
    for numbers in [[Int.max, 1, Int.max], [1, Int.max, 1], [2, 1, Int.max]] {
      let graph = DatasetGraph()
      let windows = try graph.build {
        DatasetGraph.Dataset(
          handle: try applyOp(
            "SlidingWindowDataset", [graph.range(5).handle] + numbers.map(int),
            DatasetGraph.attrs(.int64, [nil]))[0], dtype: .int64, shape: [nil])
      }
      #expect(try graph.elements(windows).count <= 1)
    }
  }

  @Test func aDatasetZippedWithItselfAgainAndAgainIsRefused() throws {
    var zipped = try datasets.range(3)
    expectError(.resourceExhausted) {
      for _ in 0..<40 {
        let inner = zipped
        zipped = try datasets.build {
          DatasetGraph.Dataset(
            handle: try applyOp(
              "ZipDataset", [inner.handle, inner.handle],
              ["output_types": .types([.int64]), "output_shapes": .shapes([.scalar])])[0],
            dtype: .int64, shape: .scalar)
        }
      }
      _ = try datasets.elements(zipped)
    }
  }

  @Test func aDatasetOfManyDatasetsInARowIsRefused() throws {
    var skipped = try datasets.range(3)
    for _ in 0..<900 { skipped = try datasets.dataset("SkipDataset", [skipped], [0]) }
    #expect(try datasets.elements(skipped).count == 3)
    let graph = DatasetGraph()
    skipped = try graph.range(3)
    for _ in 0..<2000 { skipped = try graph.dataset("SkipDataset", [skipped], [0]) }
    expectError(.resourceExhausted, "deep") { _ = try graph.elements(skipped) }
  }

  @Test func aFunctionWhoseDatasetCallsItAgainIsRefused() throws {
    // f gives a dataset of the elements that f gives for each of its own.
    var f = FunctionDef(name: "f")
    f.inputs = [.init(name: "x", type: .int64)]
    let attrs = DatasetGraph.attrs()
    var flat = attrs
    flat["f"] = .function("f", [:])
    flat["Targuments"] = .types([])
    f.nodes = [
      constantNode("zero", .int64, 0), constantNode("one", .int64, 1),
      node("range", "RangeDataset", ["zero:output:0", "one:output:0", "one:output:0"], attrs),
      node("flat", "FlatMapDataset", ["range:handle:0"], flat),
    ]
    f.outputs = [.init(name: "r", type: .variant)]
    f.returns = ["r": "flat:handle:0"]
    let session = try session(
      [
        constantNode("zero", .int64, 0), constantNode("one", .int64, 1),
        node("range", "RangeDataset", ["zero", "one", "one"], attrs),
        node("flat", "FlatMapDataset", ["range"], flat),
        node("element", "DatasetToSingleElement", ["flat"], attrs),
      ], [f])
    expectError(.resourceExhausted) { _ = try session.run(fetches: ["element"], timeout: 60) }
  }
}
