import CoreGraph
import CoreOps
import Ops
import TestSupport
import Testing
import V1Graph
import V2Eager

/// What counts as the same: attributes, functions, arguments, plans.
@Suite struct IdentityTests {
  private func double(_ name: String, swapped: Bool, _ factor: Double = 2) -> FunctionDef {
    let value = AttrValue.tensor(t(.float32, factor))
    let attrs: Attrs =
      swapped
      ? ["value": value, "dtype": .type(.float32)] : ["dtype": .type(.float32), "value": value]
    return function(
      name, [("x", .float32)],
      [node("two", "Const", [], attrs), typed("y", "Mul", ["x", "two:output:0"])],
      returns: [("y:z:0", .float32)])
  }

  @Test func attributesCompareByValueInWhateverOrder() {
    let a: Attrs = ["a": .float(.nan), "b": .list([.tensor(t(.float32, [1, 2]))])]
    let b: Attrs = ["b": .list([.tensor(t(.float32, [1, 2]))]), "a": .float(.nan)]
    #expect(a == b && a.hashValue == b.hashValue)
    #expect(a != ["a": .float(.nan), "b": .list([.tensor(t(.float32, [1, 3]))])])
    #expect(a != ["a": .float(.nan), "c": .list([.tensor(t(.float32, [1, 2]))])])
    #expect(AttrValue.tensor(t(.string, ["a"])) == .tensor(t(.string, ["a"])))
    #expect(AttrValue.tensor(t(.float32, [0.0])) != .tensor(t(.float32, [-0.0])))
  }

  @Test func theSameFunctionFromTwoFilesIsOne() throws {
    var library = FunctionLibrary()
    try library.add(double("double", swapped: false))
    try library.add(double("double", swapped: true))
    #expect(library.all.count == 1)
    expectError(.invalidArgument, "a different function with the same name") {
      try library.add(double("double", swapped: false, 3))
    }
  }

  @Test func argumentsOfAnotherStructureAreTracedAnew() throws {
    let join = Function<[Tensor], [Tensor], Tensor> { a, b in
      try a.reduce(t(.float32, 0)) { try $0 + $1 } * t(.float32, 10)
        + b.reduce(t(.float32, 0)) { try $0 + $1 }
    }
    let (x, y, z) = (t(.float32, 1), t(.float32, 2), t(.float32, 4))
    #expect(try join([x], [y, z]).floats == [16])
    #expect(try join([x, y], [z]).floats == [34])
    #expect(try join([], [x, y, z]).floats == [7])
    #expect(try join([z], [y, x]).floats == [43])
    #expect(join.traceCount == 3)
  }

  @Test func aCapturedValueIsOneConstant() throws {
    let weights = t(.float32, [2, 3])
    let tracer = try ConcreteFunction([(.float32, [2])]) { x in
      let scaled = try x[0] * weights + weights
      return [try scaled * weights]
    }
    #expect(tracer.graph.nodes.filter { $0.opName == "Const" }.count == 1)
    #expect(try tracer.call([t(.float32, [1, 1])])[0].floats == [8, 18])
  }

  @Test func aChangedGraphIsPlannedAnew() throws {
    let session = try session([
      placeholderNode("x"), typed("a", "Neg", ["x"]), typed("b", "Square", ["x"]),
      typed("y", "Identity", ["a"]),
    ])
    #expect(try session.run(fetches: ["y"], feeds: ["x": [3] as [Float]])[0].floats == [-3])
    session.graph.update(3) { $0.inputs = [Endpoint(2)] }
    #expect(try session.run(fetches: ["y"], feeds: ["x": [3] as [Float]])[0].floats == [9])
  }

  @Test func aLoopInsideATracedFunctionRuns() throws {
    let powers = Function<Tensor, Tensor> { x in
      try V1Flow.loop(
        "w", [t(.int32, 0), x], invariants: [t(.int32, 3)],
        cond: { values, constants in try applyOp("Less", [values[0], constants[0]])[0] },
        body: { values, _ in
          [try values[0] + t(.int32, 1), try values[1] * t(.float32, 2)]
        })[1]
    }
    #expect(try powers(t(.float32, [1, 2])).floats == [8, 16])
    let outer = Function<Tensor, Tensor> { try powers($0) + t(.float32, 1) }
    #expect(try outer(t(.float32, [1, 2])).floats == [9, 17])
  }
}
