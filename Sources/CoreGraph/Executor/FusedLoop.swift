import CKernels
import CoreOps

/// Element-wise steps run together over blocks that stay in the cache, so that what passes between
/// them never reaches memory. The loops are those of the single steps, and so are the bits.
final class FusedLoop: @unchecked Sendable {
  /// One of the loops, its operands numbered: the group's inputs first, then the steps in order.
  struct Step {
    let loop: ElementwiseLoop
    let operands: [Int]
    /// Whom its errors name.
    let origin: StepOrigin
  }

  struct Input {
    let byteSize: Int
    /// One element for all.
    let isScalar: Bool
  }

  static let maximumInputs = 24
  static let maximumSteps = 32
  /// Shorter loops gain nothing.
  static let minimumCount = 2048

  private let plan: UnsafeMutablePointer<jk_fused>
  private let members: [Step]
  private let scalars: UnsafeMutablePointer<Int32>
  private let sizes: UnsafeMutablePointer<Int64>
  private let steps: UnsafeMutablePointer<jk_fused_step>
  private let results: UnsafeMutablePointer<Int32>

  /// - Parameters:
  ///   - count: elements.
  ///   - outputs: the steps whose results are written to memory.
  init(inputs: [Input], steps given: [Step], outputs: [Int], count: Int) {
    members = given
    plan = .allocate(capacity: 1)
    plan.initialize(to: jk_fused())
    scalars = .allocate(capacity: max(inputs.count, 1))
    sizes = .allocate(capacity: max(inputs.count, 1))
    steps = .allocate(capacity: given.count)
    results = .allocate(capacity: outputs.count)
    for (index, input) in inputs.enumerated() {
      scalars[index] = input.isScalar ? 1 : 0
      sizes[index] = Int64(input.byteSize)
    }
    for (index, step) in given.enumerated() {
      var value = jk_fused_step()
      value.loop = step.loop.loop
      value.params = step.loop.params?.pointer
      value.arity = Int32(step.operands.count)
      withUnsafeMutableBytes(of: &value.operands) { bytes in
        for (position, operand) in step.operands.enumerated() {
          bytes.storeBytes(of: Int32(operand), toByteOffset: position * 4, as: Int32.self)
        }
      }
      value.out_size = Int64(step.loop.outputType.byteSize)
      steps[index] = value
    }
    for (index, output) in outputs.enumerated() { results[index] = Int32(output) }
    plan.pointee.inputs = Int32(inputs.count)
    plan.pointee.steps = Int32(given.count)
    plan.pointee.count = Int64(count)
    plan.pointee.grain = Int64(max(2048, 65_536 / max(1, Self.cost(given))))
    plan.pointee.scalar = UnsafePointer(scalars)
    plan.pointee.in_size = UnsafePointer(sizes)
    plan.pointee.step = UnsafePointer(steps)
    plan.pointee.outputs = Int32(outputs.count)
    plan.pointee.output_step = UnsafePointer(results)
  }

  deinit {
    plan.deallocate()
    scalars.deallocate()
    sizes.deallocate()
    steps.deallocate()
    results.deallocate()
  }

  func run(_ pointers: Pointers) throws { try check(jk_run_fused(plan, pointers)) }

  /// The loop element by element.
  var rows: RowForm {
    let inputs = (0..<Int(plan.pointee.inputs)).filter { scalars[$0] != 0 }
    return RowForm(
      count: Int(plan.pointee.count), shared: inputs, work: Self.cost(members)
    ) { [self] pointers, range in
      try check(jk_run_fused_part(plan, pointers, range.lowerBound, range.upperBound))
    }
  }

  private static func cost(_ steps: [Step]) -> Int { steps.reduce(0) { $0 + $1.loop.cost } }

  /// - Throws: the error of the step that failed, which names that step's node.
  private func check(_ failure: Int32) throws {
    if failure == 0 { return }
    let (member, status) = (members[Int(failure >> 8)], failure & 255)
    throw member.origin.place(
      status == JK_FUSED_NO_MEMORY
        ? TFError.resourceExhausted("OOM in a fused element-wise loop")
        : member.loop.failure(status))
  }
}
