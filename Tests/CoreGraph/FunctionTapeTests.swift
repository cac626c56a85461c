import CoreGraph
import CoreOps
import TestSupport
import Testing
import V2Eager

/// Traced functions under tapes: they stay calls.
@Suite struct FunctionTapeTests {
  private let traces = Lock<Int>(0)

  @Test func aCallUnderATapeIsTracedOnce() throws {
    let traces = traces
    let cube = Function { (x: Tensor) in
      traces.withLock { $0 += 1 }
      return try x * x * x
    }
    for value in [2.0, 3.0] {
      let x = t(.float32, value)
      let tape = GradientTape()
      let y = try tape.record {
        tape.watch(x)
        return try cube(x)
      }
      #expect(try tape.gradient(y, x)?.floats == [Float(3 * value * value)])
    }
    #expect(traces.withLock { $0 } == 1)
    #expect(cube.traceCount == 1)
  }

  @Test func severalResultsAndArguments() throws {
    let both = Function { (x: Tensor, y: Tensor) in [try x * y, try x + y * 3] }
    let (x, y) = (t(.float32, 2), t(.float32, 5))
    let tape = GradientTape(persistent: true)
    let results = try tape.record {
      tape.watch(x)
      tape.watch(y)
      return try both(x, y)
    }
    #expect(try tape.gradient(results[0], [x, y]).map { $0?.floats } == [[5], [2]])
    #expect(try tape.gradient(results[1], [x, y]).map { $0?.floats } == [[1], [3]])
    #expect(try tape.gradient(results, [x, y]).map { $0?.floats } == [[6], [5]])
  }

  @Test func callsHaveGradientsOfHigherOrders() throws {
    let power = Function { (x: Tensor) in try x * x * x * x }
    let x = t(.float32, 2)
    let outer = GradientTape()
    let second = try outer.record {
      outer.watch(x)
      let middle = GradientTape()
      let first = try middle.record {
        middle.watch(x)
        let inner = GradientTape()
        let y = try inner.record {
          inner.watch(x)
          return try power(x)
        }
        return try #require(try inner.gradient(y, x))
      }
      #expect(first.floats == [32])
      return try #require(try middle.gradient(first, x))
    }
    #expect(second.floats == [48])
    #expect(try outer.gradient(second, x)?.floats == [48])
  }

  @Test func watchedTensorsFromOutsideHaveGradients() throws {
    let w = t(.float32, [3, 4])
    let scale = Function { (x: Tensor) in try x * w }
    let x = t(.float32, [1, 2])
    // Traced before anyone watches.
    #expect(try scale(x).floats == [3, 8])
    let outer = GradientTape()
    let first = try outer.record {
      outer.watch(x)
      let tape = GradientTape()
      let y = try tape.record {
        tape.watch(w)
        return try scale(x * x)
      }
      return try #require(try tape.gradient(y, w))
    }
    #expect(first.floats == [1, 4])
    #expect(try outer.gradient(first, x)?.floats == [2, 4])
  }

  @Test func tapesInsideFunctions() throws {
    let slope = Function { (x: Tensor) in
      let tape = GradientTape()
      let y = try tape.record {
        tape.watch(x)
        return try x * x * x
      }
      return try tape.gradient(y, x)!
    }
    let x = t(.float32, 3)
    #expect(try slope(x).floats == [27])
    let tape = GradientTape()
    let y = try tape.record {
      tape.watch(x)
      return try slope(x)
    }
    #expect(try tape.gradient(y, x)?.floats == [18])
  }

  @Test func aResultThatIsAnArgument() throws {
    let same = Function { (x: Tensor) in [x, try x * 2] }
    let x = t(.float32, 3)
    let tape = GradientTape(persistent: true)
    let results = try tape.record {
      tape.watch(x)
      return try same(x)
    }
    #expect(try tape.gradient(results[0], x)?.floats == [1])
    #expect(try tape.gradient(results[1], x)?.floats == [2])
    #expect(try tape.gradient(results[1], results[0]) == nil)
  }

  @Test func loopsInFunctions() throws {
    let power = Function { (x: Tensor) in
      let graph = try #require(Environment.current.graph)
      return try FunctionalFlow.loop(
        graph, [t(.int32, 0), t(.float32, 1), x],
        { try applyOp("Less", [$0[0], t(.int32, 5)])[0] },
        { [try $0[0] + 1, try $0[1] * $0[2], $0[2]] })[1]
    }
    let x = t(.float32, 2)
    let outer = GradientTape()
    let first = try outer.record {
      outer.watch(x)
      let tape = GradientTape()
      let y = try tape.record {
        tape.watch(x)
        return try power(x)
      }
      #expect(y.floats == [32])
      return try #require(try tape.gradient(y, x))
    }
    #expect(first.floats == [80])
    #expect(try outer.gradient(first, x)?.floats == [160])
  }
}
