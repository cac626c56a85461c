import CoreGraph
import CoreOps
import TestSupport
import Testing
import V1Graph

/// Steps that go through the same rows run side by side; their results are those of single steps.
@Suite struct RowGroupTests {
  private func random(_ dims: [Int], _ seed: UInt64) throws -> Tensor {
    var numbers = Numbers(state: seed)
    return try Tensor(
      (0..<dims.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &numbers) },
      dims: Shape(dims))
  }

  private func steps(_ session: Session, _ fetches: [String], _ feeds: [String: Tensor]) throws
    -> [[String]]
  {
    let metadata = RunMetadata()
    _ = try session.run(
      fetches: fetches, feeds: feeds, options: RunOptions(traceLevel: .fullTrace),
      runMetadata: metadata)
    return metadata.stepStats.events.filter { $0.kind == .step }.map(\.nodes)
  }

  /// A cell of a recurrent network, with any number of rows.
  @Test(arguments: [2, 7, 16, 33]) func aCellIsOneStep(rows: Int) throws {
    let (x, h, c) = (
      try random([rows, 64], 1), try random([rows, 96], 2), try random([rows, 96], 3)
    )
    let weights = try random([160, 384], 4)
    let bias = try random([384], 5)
    func cell(_ x: Tensor, _ h: Tensor, _ c: Tensor) throws -> [Tensor] {
      let joined = try applyOp("ConcatV2", [x, h, t(.int32, 1)])[0]
      let product = try applyOp("BiasAdd", [applyOp("MatMul", [joined, weights])[0], bias])[0]
      let gates = try applyOp("Split", [t(.int32, 1), product], ["num_split": .int(4)])
      let kept = try c * applyOp("Sigmoid", [gates[2]])[0]
      let next = try kept + applyOp("Sigmoid", [gates[0]])[0] * applyOp("Tanh", [gates[1]])[0]
      return [next, try applyOp("Tanh", [next])[0] * applyOp("Sigmoid", [gates[3]])[0]]
    }
    let expected = try cell(x, h, c)
    let subgraph = try CoreGraphTests.subgraph([x, h, c]) { try cell($0[0], $0[1], $0[2]) }
      .after(Passes.standard)
    let plan = try ExecutionPlan(subgraph, functions: FunctionTable(subgraph.graph.library))
    let trace = RunTrace()
    let results = try plan.run(
      [x, h, c], ExecutionContext(resources: ResourceContainer(), observer: trace))
    for (a, b) in zip(results, expected) {
      #expect(zip(a.floats, b.floats).allSatisfy { abs($0 - $1) < 1e-5 }, "\(rows) rows")
    }
    let ops = trace.events.filter { $0.kind == .step }.map(\.op)
    // Few rows are not worth it.
    if rows >= 7 {
      #expect(ops.count == 1 && ops[0].hasPrefix("ConcatV2+_FusedMatMul+Split+"), "\(ops)")
    }
  }

  @Test func lookupsAreSummedAsTheyCome() throws {
    let table = try random([1000, 64], 6)
    let session = try session([
      constantNode("table", .float32, table), placeholderNode("i", .int32),
      constantNode("axis", .int32, 0),
      constantNode("one", .int32, 1),
      node(
        "rows", "GatherV2", ["table", "i", "axis"],
        ["Tparams": .type(.float32), "Tindices": .type(.int32), "Taxis": .type(.int32)]),
      node("sum", "Sum", ["rows", "one"], ["T": .type(.float32), "Tidx": .type(.int32)]),
    ])
    var places = (0..<128 * 32).map { Int32($0 * 7919 % 1000) }
    let feed = try Tensor(places, dims: [128, 32])
    #expect(try steps(session, ["sum"], ["i": feed]) == [["rows", "sum"]])
    let sum = try session.run(fetches: ["sum"], feeds: ["i": feed])[0]
    let values = table.floats
    for row in stride(from: 0, to: 128, by: 17) {
      let expected = (0..<32).reduce(Float(0)) { $0 + values[Int(places[row * 32 + $1]) * 64 + 5] }
      #expect(abs(sum.floats[row * 64 + 5] - expected) < 1e-4)
    }
    // The first place outside is named, whichever thread finds one.
    places[40 * 32 + 3] = 1000
    places[90 * 32] = -1
    expectError(.invalidArgument, "indices[40,3] = 1000 is not in [0, 1000)") {
      _ = try session.run(fetches: ["sum"], feeds: ["i": Tensor(places, dims: [128, 32])])
    }
  }

  /// A value of the group that someone else reads too, and a step in between that has nothing to do
  /// with it.
  @Test func othersMayReadWhatPassesInside() throws {
    let session = try session([
      placeholderNode("x"), placeholderNode("y"),
      constantNode("w", .float32, try random([64, 128], 7)),
      node("product", "MatMul", ["x", "w"], ["T": .type(.float32)]), typed("other", "Neg", ["y"]),
      typed("a", "Tanh", ["product"]), typed("b", "Mul", ["a", "a"]),
      typed("c", "AddV2", ["b", "product"]),
      node("flat", "Reshape", ["a", "shape"], ["T": .type(.float32), "Tshape": .type(.int32)]),
      constantNode("shape", .int32, [-1]), typed("d", "AddV2", ["flat", "other"]),
    ])
    let feeds = ["x": try random([64, 64], 8), "y": try random([64 * 128], 9)]
    let values = try session.run(fetches: ["c", "d", "product"], feeds: feeds)
    let product = values[2].floats
    let y = try #require(feeds["y"]).floats
    for index in stride(from: 0, to: product.count, by: 61) {
      let tanh = try applyOp("Tanh", [t(.float32, product[index])])[0].floats[0]
      #expect(abs(values[0].floats[index] - (tanh * tanh + product[index])) < 1e-5)
      #expect(abs(values[1].floats[index] - (tanh - y[index])) < 1e-5)
    }
  }
}
