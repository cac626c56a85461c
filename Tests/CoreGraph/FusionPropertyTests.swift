import CoreGraph
import CoreOps
import Foundation
import TestSupport
import Testing

/// Random programs give the same after the passes as node by node: shapes, NaN, infinities, the
/// sign of zero, and numbers to within rounding.
///
/// `JANUS_PROPERTY_ROUNDS` says how many programs there are, `JANUS_PROPERTY_SEED` which.
@Suite struct FusionPropertyTests {
  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  @Test func programsGiveTheSameWithAndWithoutPasses() throws {
    let rounds = Self.number("JANUS_PROPERTY_ROUNDS") ?? 300
    let first = UInt64(Self.number("JANUS_PROPERTY_SEED") ?? 1)
    var fused = 0
    for seed in first..<first + UInt64(rounds) {
      let program = try RandomProgram(seed: seed)
      do {
        let (plain, passed) = try results(of: program, &fused)
        for (index, (a, b)) in zip(passed, plain).enumerated() {
          if let difference = difference(a, b) {
            Issue.record("seed \(seed), fetch \(index): \(difference) in \(program.text)")
          }
        }
      } catch {
        Issue.record("seed \(seed): \(error) in \(program.text)")
      }
    }
    #expect(fused * 5 > rounds, "only \(fused) of \(rounds) programs had something to fuse")
  }

  private func results(of program: RandomProgram, _ fused: inout Int) throws -> (
    plain: [Tensor], passed: [Tensor]
  ) {
    let subgraph = try subgraph([program.input]) { try program.run($0) }
    let execution = ExecutionContext(resources: ResourceContainer())
    let least = try subgraph.after(Passes.least)
    let plain = try ExecutionPlan(
      least, functions: FunctionTable(least.graph.library), stepwise: true
    ).run([program.input], execution)
    let standard = try subgraph.after(Passes.standard)
    if standard.graph.nodes.contains(where: { $0.opName.hasPrefix("_Fused") }) { fused += 1 }
    let passed = try ExecutionPlan(standard, functions: FunctionTable(standard.graph.library))
      .run([program.input], execution)
    return (plain, passed)
  }

  /// What is not the same, or nil.
  private func difference(_ a: Tensor, _ b: Tensor) -> String? {
    guard a.dtype == b.dtype else { return "a \(a.dtype) tensor, expected \(b.dtype)" }
    guard a.dims == b.dims else { return "shape \(a.dims), expected \(b.dims)" }
    let largest = b.floats.reduce(Float(1)) { $1.isFinite ? max($0, abs($1)) : $0 }
    for (index, (x, y)) in zip(a.floats, b.floats).enumerated() {
      if x.isNaN && y.isNaN { continue }
      if x == y {
        if x != 0 || x.sign == y.sign { continue }
      } else if x.isFinite, y.isFinite, abs(x - y) <= largest * 1e-4 {
        continue
      }
      return "element \(index) of \(a.dims) is \(x), expected \(y)"
    }
    return nil
  }
}
