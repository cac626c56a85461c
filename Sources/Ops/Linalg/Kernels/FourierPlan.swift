import CKernels
import CoreOps

/// Transforms along the innermost dimensions of stacks of arrays, for fixed shapes.
final class FourierPlan: @unchecked Sendable {
  enum Kind: Sendable { case complex, fromReal, toReal }

  private let kind: Kind
  private let inverse: Bool
  /// The sizes that are transformed.
  private let lengths: [Int]
  private let plans: [OpaquePointer]
  private let stack: Int
  private let inputDims: [Int64]
  private let outputDims: [Int64]
  private let inputType: Int32
  private let outputType: Int32
  let scratchBytes: Int

  init(
    _ kind: Kind, inverse: Bool, input: Shape, output: Shape, lengths: [Int], types: (DType, DType)
  ) throws {
    self.kind = kind
    self.inverse = inverse
    self.lengths = lengths
    let outer = input.rank - lengths.count
    stack = input.dims.prefix(outer).reduce(1, *)
    inputDims = input.dims.suffix(lengths.count).map(Int64.init)
    outputDims = output.dims.suffix(lengths.count).map(Int64.init)
    inputType = Int32(types.0.rawValue)
    outputType = Int32(types.1.rawValue)
    scratchBytes = Shape([stack] + lengths).elementCount * 16
    var made: [Int: OpaquePointer] = [:]
    var plans: [OpaquePointer] = []
    if scratchBytes > 0 {
      for length in lengths {
        guard let plan = made[length] ?? jk_fft_create(Int64(length)) else {
          for plan in made.values { jk_fft_destroy(plan) }
          throw TFError.resourceExhausted("no memory for a transform of length \(length)")
        }
        made[length] = plan
        plans.append(plan)
      }
    }
    self.plans = plans
  }

  deinit { for plan in Set(plans) { jk_fft_destroy(plan) } }

  package func run(
    _ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer, _ work: UnsafeMutableRawPointer
  ) throws {
    let sizes = lengths.map(Int64.init)
    let rank = Int32(sizes.count)
    var source = inputDims
    let number = Int32(DType.complex128.rawValue)
    // Of a real transform's numbers only the first half counts.
    if kind == .toReal {
      source[source.count - 1] = min(source[source.count - 1], sizes[sizes.count - 1] / 2 + 1)
    }
    if source == inputDims {
      jk_fft_copy(inputType, number, rank, inputDims, sizes, Int64(stack), input, work)
    } else {
      let half = Array(sizes.dropLast()) + [source[source.count - 1]]
      try copyHalf(input, half, sizes, number, work)
    }
    for axis in lengths.indices {
      let outer = lengths[..<axis].reduce(stack, *)
      let inner = lengths[(axis + 1)...].reduce(1, *)
      if kind == .toReal, axis == lengths.count - 1 {
        jk_fft_complete(work, Int64(outer), sizes[axis])
      }
      if jk_fft_lines(plans[axis], inverse ? 1 : 0, work, Int64(outer), Int64(inner)) != 0 {
        throw TFError.resourceExhausted("no memory for a transform of length \(lengths[axis])")
      }
    }
    jk_fft_copy(number, outputType, rank, sizes, outputDims, Int64(stack), work, output)
  }

  /// Copies the first columns of the input: what lies beyond them is not part of the transform.
  private func copyHalf(
    _ input: UnsafeRawPointer, _ half: [Int64], _ sizes: [Int64], _ number: Int32,
    _ work: UnsafeMutableRawPointer
  ) throws {
    let count = half.reduce(Int64(stack), *)
    let buffer = try Buffer(byteCount: Int(count) * 16)
    jk_fft_copy(
      inputType, number, Int32(sizes.count), inputDims, half, Int64(stack), input, buffer.pointer)
    jk_fft_copy(number, number, Int32(sizes.count), half, sizes, Int64(stack), buffer.pointer, work)
    withExtendedLifetime(buffer) {}
  }
}
