import CoreGraph
import CoreOps
import TestSupport
import Testing
import V2Eager

/// Gradients that are slices for as long as nothing needs the whole.
@Suite struct SliceGradientTests {
  private let table = t(.float32, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

  private func taped(_ body: (Tensor) throws -> Tensor) throws -> GradientValue? {
    let tape = GradientTape()
    let table = table.withNewIdentity()
    let y = try tape.record {
      tape.watch(table)
      return try body(table)
    }
    return try tape.gradientValues([y], [table])[0]
  }

  private func parts(_ value: GradientValue?) -> IndexedSlices? {
    if case .slices(let slices)? = value { slices } else { nil }
  }

  @Test func pickedRowsHaveSlices() throws {
    let value = try taped {
      try applyOp("GatherV2", [$0, t(.int32, [[2, 0], [2, 2]]), t(.int32, 0)])[0] * 3
    }
    let slices = try #require(parts(value))
    #expect(slices.indices.ints == [2, 0, 2, 2])
    #expect(slices.values.dims == [4, 2])
    #expect(slices.denseShape?.ints == [3, 2])
    #expect(try slices.dense().floats == [3, 3, 0, 0, 9, 9])
  }

  @Test func slicesOfOneTensorStandOneAfterTheOther() throws {
    let value = try taped {
      let first = try applyOp("Gather", [$0, t(.int32, [1])])[0]
      let second = try applyOp("Gather", [$0, t(.int64, [1, 2])])[0]
      return try applyOp("ConcatV2", [first, second * 2, t(.int32, 0)])[0]
    }
    let slices = try #require(parts(value))
    #expect(slices.indices.dtype == .int64)
    #expect(try slices.dense().floats == [0, 0, 3, 3, 2, 2])
  }

  @Test func slicesAndATensorGiveATensor() throws {
    let value = try taped { x in
      try applyOp("Gather", [x, t(.int32, [0])])[0] + x
    }
    #expect(parts(value) == nil)
    #expect(try value?.tensor().floats == [4, 4, 1, 1, 1, 1])
  }

  @Test func whatPassesItsInputOnPassesSlicesBack() throws {
    let value = try taped { x in
      try applyOp("Gather", [applyOp("Identity", [x])[0], t(.int32, [0])])[0]
    }
    #expect(parts(value)?.indices.ints == [0])
  }

  @Test func otherOpsMakeThemWhole() throws {
    let value = try taped { x in try applyOp("Gather", [x * x, t(.int32, [1])])[0] }
    #expect(try value?.tensor().floats == [0, 0, 6, 8, 0, 0])
  }

  @Test func slicesWithoutAShapeStaySlices() throws {
    let slices = IndexedSlices(values: table, indices: t(.int32, [0, 1, 2]))
    let error = #expect(throws: TFError.self) { try slices.dense() }
    #expect(error?.code == .invalidArgument)
  }
}
