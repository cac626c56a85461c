import CKernels
import COneDNN
import COpenBLAS
package import CoreOps

/// How a matrix is taken before it is multiplied; the raw values are the C loops' own.
package enum MatrixForm: Int32, Sendable {
  case plain = 0
  case transposed = 1
  case adjoint = 2

  init(transpose: Bool) { self = transpose ? .transposed : .plain }
  init(adjoint: Bool, _ dtype: DType) {
    self = adjoint ? (dtype.isComplex ? .adjoint : .transposed) : .plain
  }
}

/// Products of stacks of matrices, for fixed shapes, and what follows them: a bias for each column
/// and an activation.
package final class MatMulPlan: @unchecked Sendable {
  private var plan = jk_matmul()
  private var indices: UnsafeMutablePointer<Int64>?
  /// Single-precision products that are large enough are done by the package's own loops or by
  /// oneDNN; both lay out a constant operand once.
  private var product: ProductPlan?
  private var library: DNNLPlan?
  private let epilogue: Epilogue
  private let dtype: DType
  package let scratchBytes: Int

  /// - Parameters:
  ///   - a, b: shapes of rank 2 at least that were checked to fit, `output` that of the result.
  ///   - constant: the value that b has at every run.
  ///   - layouts: where its layout is kept for other shapes.
  ///   - isBrief: whether few runs are expected.
  /// - Throws: `RESOURCE_EXHAUSTED` when the batch has too many entries to list.
  package init(
    _ dtype: DType, _ a: Shape, _ b: Shape, _ output: Shape, _ formA: MatrixForm,
    _ formB: MatrixForm,
    constant: Tensor? = nil, epilogue: Epilogue = Epilogue(),
    layouts: PackedMatrix = PackedMatrix(), isBrief: Bool = false
  ) throws {
    self.dtype = dtype
    self.epilogue = epilogue
    plan.dtype = Int32(dtype.rawValue)
    plan.ta = formA.rawValue
    plan.tb = formB.rawValue
    plan.m = Int64(output[output.rank - 2])
    plan.n = Int64(output[output.rank - 1])
    plan.k = Int64(formA == .plain ? a[a.rank - 1] : a[a.rank - 2])
    func batch(_ shape: Shape) -> [Int] { Array(shape.dims.dropLast(2)) }
    let (batchA, batchB, batchOut) = (batch(a), batch(b), batch(output))
    func count(_ dims: [Int]) -> Int { dims.reduce(1, *) }
    plan.batch = Int64(count(batchOut))
    plan.a_count = Int64(count(batchA))
    plan.b_count = Int64(count(batchB))
    // Many rows against one matrix are one product.
    if plan.batch > 1, plan.b_count == 1, plan.a_count == plan.batch, formA == .plain {
      plan.m *= plan.batch
      plan.batch = 1
      plan.a_count = 1
    }
    // The libraries take sizes of 32 bits; the package's own loops take all.
    plan.gemm = max(plan.m, plan.n, plan.k) < 1 << 31 ? Self.library(dtype) : nil
    plan.gemm_is_parallel = dtype == .float64 || dtype.isComplex ? 0 : 1
    if Double(plan.m) * Double(plan.n) * Double(plan.k) >= Self.leastWork {
      product = ProductPlan(plan, epilogue, constant: constant, layouts)
      library = product == nil && !isBrief ? Self.dnnl(plan, epilogue, constant) : nil
    }
    if product != nil {
      scratchBytes = 0
      return
    }
    if let library {
      scratchBytes = library.scratchBytes
      return
    }
    if plan.batch > 1, plan.a_count != plan.batch || plan.b_count != plan.batch {
      let all = Int(plan.batch)
      try MemoryLimit.requireRoom([2, all], .int64)
      let memory = UnsafeMutablePointer<Int64>.allocate(capacity: 2 * all)
      Self.fill(memory, batchA, batchOut)
      Self.fill(memory + all, batchB, batchOut)
      indices = memory
      plan.a_index = UnsafePointer(memory)
      plan.b_index = UnsafePointer(memory + all)
    }
    scratchBytes = jk_matmul_scratch(&plan)
  }

  deinit { indices?.deallocate() }

  /// - Parameter bias: one value per column, if the epilogue has a bias.
  package func run(
    _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer, _ c: UnsafeMutableRawPointer,
    bias: UnsafeMutableRawPointer? = nil, _ scratch: UnsafeMutableRawPointer?
  ) throws {
    if let product { return product.run(a, b, c, bias: bias) }
    var (bias, rest) = (bias, epilogue.activation)
    if let library {
      try library.run(a, b, bias: bias, c, scratch: scratch)
      (bias, rest) = (nil, epilogue.forLibrary.rest)
    } else {
      jk_run_matmul(&plan, a, b, c, scratch)
    }
    if bias != nil || rest != .none {
      jk_epilogue(
        plan.dtype, plan.batch * plan.m * plan.n, plan.n, 1, c, bias, nil, rest.number, rest.alpha)
    }
  }

  /// How rows of the product are computed by themselves, if they can.
  package var rows: RowForm? { product?.rows(hasBias: epilogue.bias) }

  /// The least number of multiplications that are worth a call of the library: less is done by the
  /// loops of the package.
  private static let leastWork = 32_768.0

  private static func dnnl(_ plan: jk_matmul, _ epilogue: Epilogue, _ constant: Tensor?)
    -> DNNLPlan?
  {
    guard plan.dtype == Int32(DType.float32.rawValue), plan.batch == 1, plan.m > 1, plan.n > 1,
      max(plan.m, plan.n, plan.k) < 1 << 31
    else { return nil }
    var matmul = jk_dnnl_matmul()
    matmul.m = plan.m
    matmul.n = plan.n
    matmul.k = plan.k
    matmul.a_stride = plan.ta == 0 ? (plan.k, 1) : (1, plan.m)
    matmul.b_stride = plan.tb == 0 ? (plan.n, 1) : (1, plan.k)
    var after = epilogue.forLibrary.shim
    return DNNLPlan(
      jk_dnnl_matmul_create(&matmul, &after, constant?.pointer.assumingMemoryBound(to: Float.self)))
  }

  private static func fill(_ target: UnsafeMutablePointer<Int64>, _ dims: [Int], _ output: [Int]) {
    var strides = [Int](repeating: 0, count: output.count)
    var step = 1
    for (axis, dim) in dims.enumerated().reversed() {
      strides[axis + output.count - dims.count] = dim == 1 ? 0 : step
      step *= dim
    }
    var index = [Int](repeating: 0, count: output.count)
    var offset = 0
    for position in 0..<output.reduce(1, *) {
      target[position] = Int64(offset)
      for axis in output.indices.reversed() {
        index[axis] += 1
        offset += strides[axis]
        if index[axis] < output[axis] { break }
        offset -= strides[axis] * output[axis]
        index[axis] = 0
      }
    }
  }

  private static func library(_ dtype: DType) -> jk_gemm? {
    switch dtype {
    case .float32, .half, .bfloat16: return jk_dnnl_gemm_f32
    case .float64:
      return jk_blas_gemm_f64
    case .complex64:
      return jk_blas_gemm_c64
    case .complex128:
      return jk_blas_gemm_c128
    default: return nil
    }
  }
}
