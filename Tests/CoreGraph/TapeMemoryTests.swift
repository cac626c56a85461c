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

  @Test func aRecordingDoesNotHoldWhatNoRuleNeeds() throws {
    let tape = GradientTape()
    weak var probe: Probe?
    try tape.record {
      let held = Probe()
      probe = held
      let resource = Tensor(resource: held)
      tape.watch(resource)
      let kept = try applyOp("Identity", [resource])[0]
      #expect(probe != nil)
      _ = try applyOp("Identity", [kept])
    }
    #expect(probe == nil, "Identity needs nothing of its input")
  }

  @Test(arguments: [false, true]) func aSpentTapeHoldsNothing(persistent: Bool) throws {
    let tape = GradientTape(persistent: persistent)
    var values = Watched()
    try {
      let x = t(.float32, [1, 2])
      values.add(x)
      let y = try tape.record {
        tape.watch(x)
        let y = try x * x
        values.add(y)
        return try y * y
      }
      #expect(try tape.gradient(y, x)?.floats == [4, 32])
    }()
    // One that is persistent may be asked again, and holds both factors until it is reset.
    #expect(values.alive == (persistent ? 2 : 0))
    tape.reset()
    #expect(values.alive == 0)
  }

  /// In a process of its own, as memory is counted for all of it.
  @Test func aTapePeaksAtWhatValuesAndGradientsNeed() async {
    await #expect(processExitsWith: .success) {
      let layers = 50
      let matrix = try Tensor.zeros(.float32, [256, 256])
      let weights = (0..<layers).map { _ in matrix.withNewIdentity() }
      let size = matrix.bytes.count
      let start = MemoryLimit.usedBytes
      let most = Lock(0)
      let sampling = Sampling { most.withLock { $0 = max($0, MemoryLimit.usedBytes - start) } }
      try Environment.current.recorded(by: sampling).run {
        let tape = GradientTape()
        let y = try tape.record {
          weights.forEach(tape.watch)
          var y = matrix
          for weight in weights {
            y = try applyOp("Tanh", [applyOp("MatMul", [y, weight])[0]])[0]
          }
          return y
        }
        let gradients = try tape.gradient(y, weights)
        #expect(gradients.allSatisfy { $0 != nil })
      }
      // The walk frees a layer's value where it makes the gradient of its weights. Beside these it
      // needs the gradients before and after the layer.
      let needed = (layers + 2) * size
      let ratio = Double(most.withLock { $0 }) / Double(needed)
      #expect(ratio > 0.9 && ratio <= 1.2, "\(ratio)")
    }
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

  /// Looks after each op.
  private final class Sampling: CallRecorder {
    private let look: @Sendable () -> Void
    init(_ look: @escaping @Sendable () -> Void) { self.look = look }

    func note(_ op: OpDef, _ attrs: Attrs, _ inputs: [Tensor], _ outputs: [Tensor]) -> [Tensor] {
      look()
      return outputs
    }
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
