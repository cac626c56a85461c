import CKernels
import CoreGraph
import CoreOps
import Glibc
import TestSupport
import Testing
import V1Graph

/// Runs flush denormals, and leave the caller's floating-point state as it was.
@Suite struct FloatStateTests {
  /// Rounding upwards, which no kernel may see, and a note of an exception.
  private static let own: UInt64 = {
    #if arch(x86_64)
      0x5fa0
    #else
      0
    #endif
  }()

  /// Calls `body` in a state of the caller's own, which must be there afterwards.
  @discardableResult private func inOwnState<R>(_ body: () throws -> R) rethrows -> R {
    let before = jk_float_get()
    jk_float_set(Self.own)
    defer {
      let after = jk_float_get()
      jk_float_set(before)
      #expect(after == Self.own)
    }
    return try body()
  }

  private func graph() throws -> (Session, third: Tensor, shaped: Tensor, x: Tensor, n: Tensor) {
    let tracer = FunctionTracer()
    let x = try tracer.argument(.float32, [nil], name: "x")
    let n = try tracer.argument(.int32, [2], name: "n")
    let (third, shaped) = try Environment.current.tracing(tracer).run {
      (
        try CoreOps.apply(OpCase.definition("RealDiv"), [x, t(.float32, 3)])[0],
        try CoreOps.apply(OpCase.definition("Reshape"), [x, n])[0]
      )
    }
    return (Session(graph: tracer.graph), third, shaped, x, n)
  }

  @Test func sessionsLeaveTheStateAlsoWhenTheyThrow() throws {
    let (session, third, shaped, x, n) = try graph()
    let dims = t(.int32, [5, 7])
    let value = t(.float32, [1, 1e-39])
    let output = try inOwnState { try session.run(third, feedDict: [x: value]) }
    // 1/3 rounds to nearest downwards.
    #expect(output.elements(Float.self).map(\.bitPattern) == [(1 / 3 as Float).bitPattern, 0])
    inOwnState {
      #expect(throws: TFError.self) { try session.run(shaped, feedDict: [x: value, n: dims]) }
    }
  }

  @Test func eagerCallsLeaveTheStateAlsoWhenTheyThrow() throws {
    let divide = try OpCase.definition("RealDiv"), matmul = try OpCase.definition("MatMul")
    let quotient = [t(.float32, [1, 1e-39]), t(.float32, 3)]
    let misfits = [t(.float32, [[1]]), t(.float32, [[1], [2]])]
    for _ in 0..<3 {
      let output = try inOwnState { try CoreOps.apply(divide, quotient)[0] }
      #expect(output.elements(Float.self).map(\.bitPattern) == [(1 / 3 as Float).bitPattern, 0])
      inOwnState {
        #expect(throws: TFError.self) { try CoreOps.apply(matmul, misfits) }
      }
    }
  }

  @Test func functionsLeaveTheStateOnEachThread() async throws {
    let function = try ConcreteFunction([(.float32, [nil])]) {
      try CoreOps.apply(OpCase.definition("Mul"), [$0[0], t(.float32, 1)])
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for size in [1, 100_000] {
            let input = try Tensor(
              [Float](repeating: Float(bitPattern: 713_624), count: size), shape: [size])
            let output = try inOwnState { try function.call([input])[0] }
            #expect(output.elements(Float.self).allSatisfy { $0.bitPattern == 0 })
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
