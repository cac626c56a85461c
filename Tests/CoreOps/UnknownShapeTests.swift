import CoreGraph
import CoreOps
import Ops
import TestSupport
import Testing
import V1Graph

/// Graphs whose inputs have shapes and values that only a run tells.
@Suite struct UnknownShapeTests {
  private static let rows = [basicCases, shapeCases, sliceCases, gatherCases, arrayCases]
    .flatMap { $0 }.filter { row in
      if case .values = row.expectation { true } else { false }
    }

  @Test(arguments: rows) func giveTheSameResultsAndGradients(row: OpCase) throws {
    let expected = try run(row, gradients: true) { $0.shape }
    for shape: @Sendable (Tensor) -> PartialShape in [
      { .unknown(rank: $0.dims.rank) }, { _ in .unknown },
    ] {
      let got: [Tensor?]
      do {
        got = try run(row, gradients: true, shape)
        #expect(got.count == expected.count)
      } catch let error as TFError where error.code == .unimplemented {
        // Some gradients need to know ranks.
        got = try run(row, gradients: false, shape)
      }
      for (a, b) in zip(got, expected) {
        #expect((a == nil) == (b == nil))
        guard let a, let b else { continue }
        let found = difference(a, b, tolerance: row.tolerance)
        #expect(found == nil, "\(row): \(found ?? "")")
      }
    }
  }

  /// The row's outputs, then the gradients of their sum for each floating input.
  private func run(
    _ row: OpCase, gradients: Bool, _ shape: (Tensor) -> PartialShape
  ) throws -> [Tensor?] {
    let tracer = FunctionTracer()
    let placeholders = try row.inputs.enumerated().map {
      try tracer.argument($1.dtype, shape($1), name: "input_\($0)")
    }
    let results: [Tensor?] = try Environment.current.tracing(tracer).run {
      let outputs = try row.body(placeholders).map { try BasicOps.family.identity([$0]) }
      guard gradients, row.checksGradient, try OpCase.definition(row.op).hasGradient else {
        return outputs
      }
      let sources = placeholders.filter { $0.dtype.isFloating }
      let targets = outputs.filter { $0.dtype.isFloating }
      return outputs + (try tracer.graph.gradients(targets, sources).map { try $0?.tensor() })
    }
    let session = Session(graph: tracer.graph)
    var values = try session.run(
      results.compactMap { $0 },
      feedDict: FeedDict(zip(placeholders, row.inputs))
    )[...]
    return results.map { $0 == nil ? nil : values.removeFirst() }
  }
}
