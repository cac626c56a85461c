import CoreGraph
import CoreOps
import Ops
import Synchronization
import TestSupport
import Testing
import V2Eager

@Suite struct GradientTapeTests {
  @Test func tapesGiveGradientsOnce() throws {
    let x = t(.float32, [1, 2])
    let tape = GradientTape()
    let y = try tape.record {
      tape.watch(x)
      return try x * x
    }
    #expect(try tape.gradient(y, x)?.floats == [2, 4])
    expectError(
      .failedPrecondition,
      """
      A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)
      """
    ) { _ = try tape.gradient(y, x) }
  }

  @Test func persistentTapesGiveThemAgain() throws {
    let x = t(.float32, 3)
    let tape = GradientTape(persistent: true)
    let (y, z) = try tape.record {
      tape.watch(x)
      let y = try x * x
      return (y, try y * x)
    }
    #expect(try tape.gradient(y, x)?.floats == [6])
    #expect(try tape.gradient(z, x)?.floats == [27])
    #expect(try tape.gradient(z, [x, y]).map { $0?.floats } == [[27], [3]])
  }

  @Test func onlyWhatIsWatchedHasGradients() throws {
    let (x, other, whole) = (t(.float32, 3), t(.float32, 5), t(.int32, 4))
    let tape = GradientTape(persistent: true)
    let y = try tape.record {
      tape.watch(x)
      tape.watch(whole)
      return try x * other
    }
    #expect(try tape.gradient(y, [x, other, whole]).map { $0?.floats } == [[5], nil, nil])
    #expect(try tape.gradient(other, x) == nil)
  }

  @Test func nestedTapesGiveSecondDerivatives() throws {
    let x = t(.float32, [2, 3])
    let outer = GradientTape()
    let first = try outer.record {
      outer.watch(x)
      let inner = GradientTape()
      let y = try inner.record {
        inner.watch(x)
        return try x * x * x
      }
      return try inner.gradient(y, x)!
    }
    #expect(first.floats == [12, 27])
    #expect(try outer.gradient(first, x)?.floats == [12, 18])
  }

  @Test func outputGradientsWeigh() throws {
    let x = t(.float32, [1, 2])
    let tape = GradientTape()
    let y = try tape.record {
      tape.watch(x)
      return try x * x
    }
    #expect(
      try tape.gradient(y, [x], outputGradients: t(.float32, [10, 100]))[0]?.floats == [20, 400])
  }

  @Test func tapesWorkInsideFunctions() throws {
    let f = V2.function { (x: Tensor) throws -> Tensor in
      let tape = GradientTape()
      let y = try tape.record {
        tape.watch(x)
        return try applyOp("Exp", [x])[0] * x
      }
      return try tape.gradient(y, x)!
    }
    #expect(
      try difference(f(t(.float32, [0, 1])), t(.float32, [1, 5.4365637]), tolerance: 1e-6) == nil)
  }
}

@Suite struct FunctionTests {
  @Test func tracesAreKeptByDTypeAndShape() throws {
    let bodies = Atomic<Int>(0)
    let f = V2.function { (x: Tensor) throws -> Tensor in
      bodies.add(1, ordering: .relaxed)
      return try x + x
    }
    for _ in 0..<3 { #expect(try f(t(.float32, [1, 2])).floats == [2, 4]) }
    #expect(f.traceCount == 1)
    _ = try f(t(.float32, [3, 4]))
    #expect(f.traceCount == 1)
    _ = try f(t(.float32, [1, 2, 3]))
    _ = try f(t(.int32, [1, 2]))
    #expect(f.traceCount == 3)
    _ = try f(t(.float32, [1, 2]))
    #expect(bodies.load(ordering: .relaxed) == 3)
  }

  @Test func structuresGoInAndOut() throws {
    let f = V2.function { (xs: [Tensor], y: Tensor) throws -> [Tensor] in try xs.map { try $0 * y }
    }
    #expect(
      try f([t(.float32, 1), t(.float32, 2)], t(.float32, 10)).map(\.floats) == [[10], [20]])
    #expect(try f([t(.float32, 1)], t(.float32, 10)).map(\.floats) == [[10]])
    #expect(f.traceCount == 2)
  }

  private func variable() throws -> Tensor {
    try applyOp(
      "VarHandleOp", [],
      [
        "dtype": .type(.float32), "shape": .shape(.scalar),
        "shared_name": .string(VariableOps.anonymousName),
      ])[0]
  }

  @Test func variablesAreCapturedAndEffectsHappenInOrder() throws {
    let v = try variable()
    _ = try applyOp("AssignVariableOp", [v, t(.float32, 1)], ["dtype": .type(.float32)])
    let f = V2.function { (x: Tensor) throws -> [Tensor] in
      let before = try applyOp("ReadVariableOp", [v], ["dtype": .type(.float32)])[0]
      _ = try applyOp("AssignVariableOp", [v, before * x], ["dtype": .type(.float32)])
      let between = try applyOp("ReadVariableOp", [v], ["dtype": .type(.float32)])[0]
      _ = try applyOp("AssignAddVariableOp", [v, t(.float32, 100)], ["dtype": .type(.float32)])
      return [before, between]
    }
    #expect(try f(t(.float32, 3)).map(\.floats) == [[1], [3]])
    // The last change has no reader, and happens all the same.
    #expect(try applyOp("ReadVariableOp", [v], ["dtype": .type(.float32)])[0].floats == [103])
    #expect(try f(t(.float32, 2)).map(\.floats) == [[103], [206]])
    #expect(f.traceCount == 1)
  }

  @Test func errorsOfTheBodyLeaveTheFunctionUsable() throws {
    let f = V2.function { (x: Tensor) throws -> Tensor in try applyOp("MatMul", [x, x])[0] }
    expectError(.invalidArgument, "MatMul") { _ = try f(t(.float32, [[1, 2, 3]])) }
    #expect(try f(t(.float32, [[2]])).floats == [4])
    #expect(f.traceCount == 1)
  }

  @Test func tensorsDoNotLeakOut() throws {
    let kept = Lock<Tensor?>(nil)
    let f = V2.function { (x: Tensor) throws -> Tensor in
      let y = try x * 2
      kept.withLock { $0 = y }
      return y
    }
    _ = try f(t(.float32, 1))
    let leaked = kept.withLock { $0 }!
    expectError(.invalidArgument, "symbolic") { _ = try leaked + 1 }
  }

  @Test func functionsMayCallFunctions() throws {
    let square = V2.function { (x: Tensor) throws -> Tensor in try x * x }
    let f = V2.function { (x: Tensor) throws -> Tensor in try square(x) + square(x * 2) }
    #expect(try f(t(.float32, 3)).floats == [45])
  }
}

/// The TF-2 names, for tests.
enum V2: V2API {}
