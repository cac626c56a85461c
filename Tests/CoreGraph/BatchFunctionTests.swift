import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// Calls of a function on batches, which are padded to allowed sizes and cut into parts.
@Suite struct BatchFunctionTests {
  /// Three times the batch, plus the size of the batch that the function sees.
  private func run(_ values: [Int32], _ attrs: Attrs) throws -> [Int] {
    let graph = Graph()
    try graph.asDefault {
      let x = try applyOp("Placeholder", [], ["dtype": .type(.int32)])[0]
      let factor = t(.int32, 3)
      let (name, types) = try FunctionalFlow.function(
        graph, [(.int32, [nil]), (.int32, .scalar)]
      ) { inputs in
        let size = try applyOp("Size", [inputs[0]])[0]
        return try applyOp("AddV2", [applyOp("Mul", inputs)[0], size])
      }
      _ = try applyOp(
        "BatchFunction", [x, factor],
        attrs.with("f", .function(name, [:])).with("Tin", .types([.int32]))
          .with("Tcaptured", .types([.int32])).with("Tout", .types(types))
          .with("num_batch_threads", .int(1)).with("batch_timeout_micros", .int(1000)))
    }
    let session = Session(graph: graph)
    return try session.run(
      fetches: ["BatchFunction"], feeds: ["Placeholder": t(.int32, values.map { Int($0) })])[0].ints
  }

  @Test func aRequestIsABatch() throws {
    #expect(try run([1, 2], ["max_batch_size": .int(4)]) == [5, 8])
  }

  @Test func batchesArePaddedToAnAllowedSize() throws {
    #expect(
      try run([1, 2, 3], ["max_batch_size": .int(4), "allowed_batch_sizes": .ints([2, 4])])
        == [7, 10, 13])
  }

  @Test func largeBatchesAreCut() throws {
    #expect(
      try run(
        [1, 2, 3],
        [
          "max_batch_size": .int(4), "allowed_batch_sizes": .ints([1, 2]),
          "enable_large_batch_splitting": .bool(true),
        ]) == [5, 8, 10])
  }

  @Test func largerBatchesAreRefused() throws {
    expectError(.invalidArgument, "Task size 5 is larger than maximum input batch size 4") {
      _ = try run([1, 2, 3, 4, 5], ["max_batch_size": .int(4)])
    }
  }
}
