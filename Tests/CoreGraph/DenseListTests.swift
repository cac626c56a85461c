import CoreGraph
import CoreOps
import TestSupport
import Testing

/// Lists and tensor arrays whose elements have one shape lie in one block of memory; results and
/// errors are those of lists.
@Suite struct DenseListTests {
  /// What running a graph in frames and after the passes gives, and the ops that ran after the
  /// passes.
  private func run(_ inputs: [Tensor], _ build: ([Tensor]) throws -> [Tensor]) throws -> (
    frames: Result<[Tensor], TFError>, passes: [Result<[Tensor], TFError>], ops: Set<String>
  ) {
    let subgraph = try CoreGraphTests.subgraph(inputs, build)
    func outcome(_ body: () throws -> [Tensor]) throws -> Result<[Tensor], TFError> {
      do { return .success(try body()) } catch let error as TFError { return .failure(error) }
    }
    let frames = try outcome {
      try ExecutionPlan(subgraph, functions: FunctionTable(subgraph.graph.library)).runInFrames(
        inputs, ExecutionContext(resources: ResourceContainer()))
    }
    let standard = try subgraph.after(Passes.standard)
    let plan = try ExecutionPlan(standard, functions: FunctionTable(standard.graph.library))
    let trace = RunTrace()
    let passes = try (0..<2).map { _ in
      try outcome {
        try plan.run(inputs, ExecutionContext(resources: ResourceContainer(), observer: trace))
      }
    }
    return (frames, passes, Set(trace.events.filter { $0.kind == .step }.map(\.op)))
  }

  /// Expects equal bits both ways.
  ///
  /// - Parameter isDense: whether the lists are to be in one block: then no step makes them.
  @discardableResult
  private func expectEqual(
    _ inputs: [Tensor], isDense: Bool, sourceLocation: SourceLocation = #_sourceLocation,
    _ build: ([Tensor]) throws -> [Tensor]
  ) throws -> [Tensor] {
    let (frames, passes, ops) = try run(inputs, build)
    let expected = try frames.get()
    for outputs in passes {
      for (a, b) in zip(try outputs.get(), expected) {
        #expect(
          haveEqualBits(a, b), "\(asDoubles(a)), in frames \(asDoubles(b))",
          sourceLocation: sourceLocation)
      }
    }
    #expect(
      ops.isDisjoint(with: ["TensorArrayV3", "TensorListReserve"]) == isDense, "\(ops)",
      sourceLocation: sourceLocation)
    return expected
  }

  private func expectErrors(
    _ inputs: [Tensor], _ text: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ build: ([Tensor]) throws -> [Tensor]
  ) throws {
    let (frames, passes, ops) = try run(inputs, build)
    for outcome in [frames] + passes {
      expectError(.invalidArgument, text, sourceLocation: sourceLocation) { _ = try outcome.get() }
    }
    #expect(
      ops.isDisjoint(with: ["TensorArrayV3", "TensorListReserve"]), sourceLocation: sourceLocation)
  }

  /// A loop over `count` indices whose other variables are given.
  private func loop(
    _ count: Int, _ variables: [Tensor], _ invariants: [Tensor] = [],
    _ body: (_ index: Tensor, _ variables: [Tensor], _ invariants: [Tensor]) throws -> [Tensor]
  ) throws -> [Tensor] {
    let results = try V1Flow.loop("w\(count)", [t(.int32, 0)] + variables, invariants: invariants) {
      all, _ in
      try applyOp("Less", [all[0], t(.int32, count)])[0]
    } body: { all, invariants in
      [try all[0] + 1] + (try body(all[0], Array(all.dropFirst()), invariants))
    }
    return Array(results.dropFirst())
  }

  // MARK: - Tensor arrays

  private func array(_ count: Int, _ attrs: Attrs = [:]) throws -> (handle: Tensor, flow: Tensor) {
    let made = try applyOp(
      "TensorArrayV3", [t(.int32, count)], attrs.with("dtype", .type(.float32)))
    return (made[0], made[1])
  }

  private func write(_ handle: Tensor, _ index: Tensor, _ value: Tensor, _ flow: Tensor) throws
    -> Tensor
  {
    try applyOp("TensorArrayWriteV3", [handle, index, value, flow])[0]
  }

  private func read(_ handle: Tensor, _ index: Tensor, _ flow: Tensor) throws -> Tensor {
    try applyOp("TensorArrayReadV3", [handle, index, flow], ["dtype": .type(.float32)])[0]
  }

  private func unstack(_ x: Tensor, _ count: Int, _ attrs: Attrs = [:]) throws -> (
    handle: Tensor, flow: Tensor
  ) {
    let (handle, flow) = try array(count, attrs)
    return (
      handle,
      try applyOp("TensorArrayScatterV3", [handle, t(.int32, Array(0..<count)), x, flow])[0]
    )
  }

  private func stack(_ handle: Tensor, _ count: Int, _ flow: Tensor) throws -> Tensor {
    try applyOp(
      "TensorArrayGatherV3", [handle, t(.int32, Array(0..<count)), flow], ["dtype": .type(.float32)]
    )[0]
  }

  private let rows = t(.float32, [[1, 2], [3, 4], [5, 6]])

  /// Running sums of the rows.
  private func sums(_ x: Tensor, _ from: Attrs = [:], _ to: Attrs = [:]) throws -> [Tensor] {
    let xs = try unstack(x, 3, from)
    let ys = try array(3, to)
    let out = try loop(3, [t(.float32, [0, 0]), ys.flow], [xs.handle, xs.flow, ys.handle]) {
      i, variables, constants in
      let sum = try variables[0] + read(constants[0], i, constants[1])
      return [sum, try write(constants[2], i, sum, variables[1])]
    }
    return [out[0], try stack(ys.handle, 3, out[1])]
  }

  @Test(
    arguments: [
      [:], ["clear_after_read": .bool(false)], ["identical_element_shapes": .bool(true)],
      ["element_shape": .shape([2])],
    ] as [Attrs])
  func arraysOfALoopAreDense(attrs: Attrs) throws {
    let outputs = try expectEqual([rows], isDense: true) { try sums($0[0], attrs, attrs) }
    #expect(outputs[1].floats == [1, 2, 4, 6, 9, 12])
  }

  @Test func dynamicArraysAreNotDense() throws {
    try expectEqual([rows], isDense: false) { try sums($0[0], [:], ["dynamic_size": .bool(true)]) }
  }

  @Test func arraysMayBeReadWhereTheyWereWritten() throws {
    let outputs = try expectEqual([rows], isDense: true) { inputs in
      let xs = try unstack(inputs[0], 3, ["clear_after_read": .bool(false)])
      let ys = try array(4, ["clear_after_read": .bool(false)])
      let first = try write(ys.handle, t(.int32, 0), t(.float32, [0, 0]), ys.flow)
      let out = try loop(3, [first], [xs.handle, xs.flow, ys.handle]) { i, variables, constants in
        let sum = try read(constants[2], i, variables[0]) + read(constants[0], i, constants[1])
        return [try write(constants[2], i + 1, sum, variables[0])]
      }
      return [try stack(ys.handle, 4, out[0])]
    }
    #expect(outputs[0].floats == [0, 0, 1, 2, 4, 6, 9, 12])
  }

  @Test func placesThatWereNotWrittenAreZerosWhereTheShapeIsKnown() throws {
    let outputs = try expectEqual([rows], isDense: true) { inputs in
      let ys = try array(5, ["element_shape": .shape([3, 2])])
      let out = try loop(2, [ys.flow], [ys.handle, inputs[0]]) { i, variables, constants in
        [try write(constants[0], i * 2, constants[1], variables[0])]
      }
      return [try stack(ys.handle, 5, out[0])]
    }
    #expect(outputs[0].floats[6..<12].allSatisfy { $0 == 0 })
  }

  @Test func placesAreWrittenOnce() throws {
    try expectErrors([rows], "it has already been written to") { inputs in
      let ys = try array(3)
      let out = try loop(2, [ys.flow], [ys.handle, inputs[0]]) { _, variables, constants in
        [try write(constants[0], t(.int32, 1), constants[1], variables[0])]
      }
      return [try stack(ys.handle, 3, out[0])]
    }
  }

  @Test func placesAreReadOnceWhereReadingClears() throws {
    try expectErrors([rows], "it was cleared after a previous read") { inputs in
      let xs = try unstack(inputs[0], 3)
      return try loop(2, [t(.float32, [0, 0])], [xs.handle, xs.flow]) { _, variables, constants in
        [try variables[0] + read(constants[0], t(.int32, 1), constants[1])]
      }
    }
  }

  @Test func readingWhatWasNotWrittenIsAnError() throws {
    try expectErrors([rows], "Could not read from TensorArray index 2") { inputs in
      let ys = try array(3)
      let out = try loop(2, [ys.flow], [ys.handle, inputs[0]]) { i, variables, constants in
        [try write(constants[0], i, constants[1], variables[0])]
      }
      return [try stack(ys.handle, 3, out[0])]
    }
  }

  @Test func placesOutsideAreAnError() throws {
    try expectErrors([rows], "Tried to write to index 3 but array is not resizeable and size is: 3")
    { inputs in
      let ys = try array(3)
      let out = try loop(4, [ys.flow], [ys.handle, inputs[0]]) { i, variables, constants in
        [try write(constants[0], i, constants[1], variables[0])]
      }
      return [try stack(ys.handle, 3, out[0])]
    }
    try expectErrors([rows], "Tried to read from index 3 but array size is: 3") { inputs in
      let xs = try unstack(inputs[0], 3)
      return try loop(4, [t(.float32, [0, 0])], [xs.handle, xs.flow]) { i, variables, constants in
        [try variables[0] + read(constants[0], i, constants[1])]
      }
    }
  }

  @Test func arraysWithElementsOfSeveralShapesAreNotDense() throws {
    try expectEqual([t(.float32, [1])], isDense: false) { inputs in
      let ys = try array(3)
      let out = try loop(3, [inputs[0], ys.flow], [ys.handle]) { i, variables, constants in
        [
          try applyOp("ConcatV2", [variables[0], variables[0], t(.int32, 0)])[0],
          try write(constants[0], i, variables[0], variables[1]),
        ]
      }
      return [try read(ys.handle, t(.int32, 2), out[1])]
    }
  }

  // MARK: - Lists

  private func reserved(_ count: Int, _ shape: [Int] = []) throws -> Tensor {
    try applyOp(
      "TensorListReserve", [shape.isEmpty ? t(.int32, -1) : t(.int32, shape), t(.int32, count)],
      ["element_dtype": .type(.float32)])[0]
  }

  private func set(_ list: Tensor, _ index: Tensor, _ value: Tensor) throws -> Tensor {
    try applyOp("TensorListSetItem", [list, index, value])[0]
  }

  private func get(_ list: Tensor, _ index: Tensor, _ shape: [Int] = []) throws -> Tensor {
    try applyOp(
      "TensorListGetItem", [list, index, shape.isEmpty ? t(.int32, -1) : t(.int32, shape)],
      ["element_dtype": .type(.float32)])[0]
  }

  private func stacked(_ list: Tensor, _ shape: [Int] = []) throws -> Tensor {
    try applyOp(
      "TensorListStack", [list, shape.isEmpty ? t(.int32, -1) : t(.int32, shape)],
      ["element_dtype": .type(.float32)])[0]
  }

  private func list(_ x: Tensor) throws -> Tensor {
    try applyOp("TensorListFromTensor", [x, t(.int32, -1)])[0]
  }

  @Test(arguments: [[], [2], [-1]]) func listsOfALoopAreDense(shape: [Int]) throws {
    let outputs = try expectEqual([rows], isDense: true) { inputs in
      let out = try loop(3, [t(.float32, [0, 0]), reserved(3, shape)], [list(inputs[0])]) {
        i, variables, constants in
        let sum = try variables[0] + get(constants[0], i)
        return [sum, try applyOp("Identity", [set(variables[1], i, sum)])[0]]
      }
      return [out[0], try stacked(out[1])]
    }
    #expect(outputs[1].floats == [1, 2, 4, 6, 9, 12])
  }

  @Test func listsOfConstantsAreDense() throws {
    let outputs = try expectEqual([rows], isDense: true) { inputs in
      let out = try loop(3, [inputs[0], reserved(3)], [list(rows)]) { i, variables, constants in
        [try variables[0] * 2, try set(variables[1], i, get(constants[0], i))]
      }
      return [out[0], try stacked(out[1])]
    }
    #expect(outputs[1].floats == rows.floats)
  }

  @Test func listsAreValues() throws {
    let outputs = try expectEqual([rows], isDense: true) { inputs in
      let first = try list(inputs[0])
      let second = try set(first, t(.int32, 1), t(.float32, [7, 8]))
      let third = try set(second, t(.int32, 0), t(.float32, [9, 9]))
      let out = try loop(3, [third], [second]) { i, variables, constants in
        [try set(variables[0], i, get(constants[0], i) + get(variables[0], i))]
      }
      return try [first, second, third, out[0]].map { try stacked($0) }
    }
    #expect(
      outputs.map(\.floats) == [
        [1, 2, 3, 4, 5, 6], [1, 2, 7, 8, 5, 6], [9, 9, 7, 8, 5, 6], [10, 11, 14, 16, 10, 12],
      ])
  }

  /// The body changes a list of which it still needs what it was.
  @Test func whatWasBeforeAChangeMayBeReadAfterIt() throws {
    try expectEqual([rows], isDense: false) { inputs in
      let out = try loop(
        2, [reserved(3, [2]), t(.float32, [[0, 0], [0, 0], [0, 0]])], [inputs[0]]
      ) { i, variables, constants in
        let changed = try set(variables[0], i, get(list(constants[0]), i))
        let after = try get(changed, i)
        return [changed, try variables[1] + stacked(variables[0]) + after]
      }
      return [try stacked(out[0]), out[1]]
    }
  }

  @Test func listsMaySwap() throws {
    try expectEqual([rows], isDense: false) { inputs in
      let out = try loop(3, [reserved(3, [2]), list(inputs[0])]) { i, variables, _ in
        [variables[1], try set(variables[0], i, t(.float32, [1, 1]))]
      }
      return try out.map { try stacked($0) }
    }
  }

  @Test func placesOfListsAreZerosUntilTheyAreSet() throws {
    let outputs = try expectEqual([rows], isDense: true) { inputs in
      let out = try loop(1, [reserved(3), t(.float32, [5, 5])], [inputs[0]]) { i, variables, _ in
        let changed = try set(variables[0], i + 1, variables[1])
        return [changed, try get(changed, i)]
      }
      return [try stacked(out[0]), out[1]]
    }
    #expect(outputs.map(\.floats) == [[0, 0, 5, 5, 0, 0], [0, 0]])
  }

  @Test func listsWithNothingInThemHaveNoShape() throws {
    try expectErrors([rows, t(.int32, 5)], "only contains uninitialized tensors") { inputs in
      let out = try V1Flow.loop("w", [inputs[1], reserved(3)], invariants: [inputs[0]]) { all, _ in
        try applyOp("Less", [all[0], t(.int32, 3)])[0]
      } body: { all, invariants in
        [try all[0] + 1, try set(all[1], all[0], get(list(invariants[0]), all[0]))]
      }
      return [try stacked(out[1])]
    }
  }

  @Test func placesOutsideOfListsAreAnError() throws {
    try expectErrors([rows], "Trying to modify element 3 in a list with 3 elements.") { inputs in
      try loop(4, [reserved(3, [3, 2])], [inputs[0]]) { i, variables, constants in
        [try set(variables[0], i, constants[0])]
      }.map { try stacked($0) }
    }
  }

  /// Rows of list elements are read and put by the threads that work on them.
  @Test(arguments: [16, 5]) func recurrentCellsReadAndWriteTheirListsByRows(rows: Int) throws {
    func random(_ dims: [Int], _ seed: UInt64) throws -> Tensor {
      var numbers = Numbers(state: seed)
      return try Tensor(
        (0..<dims.reduce(1, *)).map { _ in Float.random(in: -0.5...0.5, using: &numbers) },
        dims: Shape(dims))
    }
    let (x, weights, own) = (
      try random([6, rows, 64], 1), try random([64, 256], 2), try random([128, 256], 3)
    )
    let zeros = try Tensor.zeros(.float32, Shape([rows, 128]))
    func cell(_ x: Tensor, _ h: Tensor) throws -> Tensor {
      let sum = try applyOp("MatMul", [h, own])[0] + applyOp("MatMul", [x, weights])[0]
      let halves = try applyOp("Split", [t(.int32, 1), sum], ["num_split": .int(2)])
      return try applyOp("Tanh", [halves[0]])[0] * applyOp("Sigmoid", [halves[1]])[0]
    }
    let lists = try expectEqual([x, zeros], isDense: true) { inputs in
      let out = try loop(6, [inputs[1], reserved(6)], [list(inputs[0])]) {
        i, variables, constants in
        let h = try cell(get(constants[0], i), variables[0])
        return [h, try set(variables[1], i, h)]
      }
      return [out[0], try stacked(out[1])]
    }
    let arrays = try expectEqual([x, zeros], isDense: true) { inputs in
      let (xs, ys) = (try unstack(inputs[0], 6), try array(6))
      let out = try loop(6, [inputs[1], ys.flow], [xs.handle, xs.flow, ys.handle]) {
        i, variables, constants in
        let h = try cell(read(constants[0], i, constants[1]), variables[0])
        return [h, try write(constants[2], i, h, variables[1])]
      }
      return [out[0], try stack(ys.handle, 6, out[1])]
    }
    for (a, b) in zip(lists, arrays) { #expect(haveEqualBits(a, b)) }
    try expectErrors([x, zeros], "it has already been written to") { inputs in
      let (xs, ys) = (try unstack(inputs[0], 6), try array(6))
      let out = try loop(6, [inputs[1], ys.flow], [xs.handle, xs.flow, ys.handle]) {
        i, variables, constants in
        let h = try cell(read(constants[0], i, constants[1]), variables[0])
        return [h, try write(constants[2], t(.int32, 2), h, variables[1])]
      }
      return [try stack(ys.handle, 6, out[1])]
    }
  }

  @Test func loopsWithListsNest() throws {
    let outputs = try expectEqual([rows], isDense: false) { inputs in
      let out = try loop(2, [reserved(2, [3, 2])], [inputs[0]]) { i, variables, constants in
        let inner = try loop(3, [reserved(3, [2])], [list(constants[0])]) { j, own, rows in
          [try set(own[0], j, get(rows[0], j) * 2)]
        }
        return [try set(variables[0], i, stacked(inner[0]))]
      }
      return [try stacked(out[0])]
    }
    #expect(outputs[0].floats == [2, 4, 6, 8, 10, 12, 2, 4, 6, 8, 10, 12])
  }
}
