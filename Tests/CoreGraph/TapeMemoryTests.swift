import CoreGraph
import CoreOps
import TestSupport
import Testing
import V2Eager

/// What a tape keeps alive.
@Suite struct TapeMemoryTests {
  private final class Probe: TensorObject {}

  /// Memory of values, not kept alive.
  private struct Watched {
    private struct Reference { weak var buffer: Buffer? }
    private var references: [Reference] = []

    mutating func add(_ tensor: Tensor) {
      if case .buffer(let buffer) = tensor.payload { references.append(Reference(buffer: buffer)) }
    }

    var alive: Int { references.count { $0.buffer != nil } }
  }

  @Test func aSpentTapeHoldsNothing() throws {
    let tape = GradientTape()
    weak var probe: Probe?
    var y: Tensor?
    var x: Tensor? = t(.float32, [1, 2])
    try tape.record {
      let held = Probe()
      probe = held
      let resource = Tensor(resource: held)
      tape.watch(resource)
      tape.watch(x!)
      let kept = try applyOp("Identity", [resource])[0]
      _ = try applyOp("Identity", [kept])
      y = try x! * x!
    }
    #expect(probe == nil, "Identity needs nothing of its input")
    let gradient = try tape.gradient(y!, x!)
    #expect(gradient?.floats == [2, 4])
    x = nil
  }

  @Test func valuesThatRulesDoNotNeedGo() throws {
    let x = t(.float32, [1, 2])
    let tape = GradientTape()
    var sums = Watched()
    var tangents = Watched()
    let y = try tape.record {
      tape.watch(x)
      var y = x
      for _ in 0..<50 {
        y = try y + 0.5
        sums.add(y)
        y = try applyOp("Tanh", [y])[0]
        tangents.add(y)
      }
      return y
    }
    #expect(sums.alive == 0, "no rule looks at a sum, or at what a tangent is taken of")
    #expect(tangents.alive == 50)
    #expect(try tape.gradient(y, x) != nil)
    #expect(tangents.alive == 1, "only the result is left, which the test holds")
  }

  @Test func gradientsGoAsTheWalkGoesOn() throws {
    // Each rule looks at what the last one gave: at any time two gradients are alive.
    let x = t(.float32, [1, 2])
    let tape = GradientTape()
    let seen = Lock<(gradients: Watched, most: Int)>((Watched(), 0))
    let y = try tape.record {
      tape.watch(x)
      var y = x
      for _ in 0..<20 { y = try applyOp("Tanh", [y])[0] }
      return y
    }
    let counting = Counting { output in
      seen.withLock {
        $0.gradients.add(output)
        $0.most = max($0.most, $0.gradients.alive)
      }
    }
    _ = try Environment.current.recorded(by: counting).run { try tape.gradient(y, x) }
    #expect(seen.withLock { $0.most } <= 3)
  }

  /// Tells of what ops give.
  private final class Counting: CallRecorder {
    private let note: @Sendable (Tensor) -> Void
    init(_ note: @escaping @Sendable (Tensor) -> Void) { self.note = note }

    func note(_ op: OpDef, _ attrs: Attrs, _ inputs: [Tensor], _ outputs: [Tensor]) -> [Tensor] {
      outputs.forEach(note)
      return outputs
    }
  }
}
