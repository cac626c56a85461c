import CKernels
import CoreOps

extension Double {
  static func exp(_ x: Double) -> Double { jk_exp_f64(x) }
  static func log(_ x: Double) -> Double { jk_log_f64(x) }
}

/// What the ops on stacks of matrices share.
enum LinearAlgebraRules {
  static let types: DTypeSet = [.float32, .float64, .complexes]
  /// The most rows or columns of a matrix: LAPACK takes sizes of work space, 64 to 66 times as
  /// many, as integers of 32 bits.
  static let largestSide = 1 << 24
  static let singular = TFError.invalidArgument("Input is not invertible.")

  static func matrix(_ shape: PartialShape) throws -> (
    batch: PartialShape, rows: Dimension?, columns: Dimension?
  ) {
    guard let dims = shape.dims else { return (.unknown, nil, nil) }
    try require(dims.count >= 2, "Input tensor must have rank >= 2, got shape \(shape)")
    return (PartialShape(Array(dims.dropLast(2))), dims[dims.count - 2], dims[dims.count - 1])
  }

  static func square(_ shape: PartialShape) throws -> PartialShape {
    let (batch, rows, columns) = try matrix(shape)
    if shape.rank == nil { return .unknown }
    if let rows, let columns, rows != columns {
      throw TFError.invalidArgument("Input matrix must be square, got shape \(shape)")
    }
    return batch.concatenated(with: .of(rows ?? columns, rows ?? columns))
  }

  static func batch(_ shape: PartialShape) -> PartialShape {
    shape.dims.map { PartialShape(Array($0.dropLast(2))) } ?? .unknown
  }

  static func smaller(_ m: Dimension?, _ n: Dimension?) -> Dimension? {
    if m == 0 || n == 0 { return 0 }
    guard let m, let n else { return nil }
    return min(m, n)
  }

  static func column(_ values: [Double], _ dtype: DType) -> DenseMatrix {
    var result = DenseMatrix(isComplex: dtype.isComplex, rows: values.count, columns: 1)
    for (i, x) in values.enumerated() { result[i, 0] = (x, 0) }
    return result
  }

  static func kernel(
    _ types: [String: DTypeSet] = [:], _ body: @escaping @Sendable (StackContext) throws -> Void
  ) -> Kernel {
    .raw(types) { specialise($0, body) }
  }

  /// Runs `body` over stacks of matrices.
  static func specialise(
    _ prepared: KernelContext, _ body: @escaping @Sendable (StackContext) throws -> Void
  ) -> Specialise {
    let (inputTypes, outputTypes) = (prepared.inputTypes, prepared.outputTypes)
    return { context in
      let (inputs, outputs) = (context.inputs, context.outputs)
      for shape in inputs {
        for side in shape.dims.suffix(2) where side > largestSide {
          throw TFError.resourceExhausted(
            "matrices have at most \(largestSide) rows and columns, got shape \(shape)")
        }
      }
      return .run { pointers in
        try body(
          StackContext(
            pointers: pointers, inputs: inputs, outputs: outputs, inputTypes: inputTypes,
            outputTypes: outputTypes))
      }
    }
  }

  /// The determinant as a number of size 1, or 0, and the logarithm of its size.
  static func logDeterminant(_ a: DenseMatrix) -> (sign: (re: Double, im: Double), log: Double) {
    let (factors, pivots) =
      a.isFinite
      ? { ($0.factors, $0.pivots) }(a.lu())
      : a.plainLU(dividing: MatrixFunctions.quotientOfFinite)
    var sign: (re: Double, im: Double) = (1, 0)
    var log = 0.0
    for i in 0..<a.rows {
      let x = factors[i, i]
      let size = a.isComplex ? (x.re * x.re + x.im * x.im).squareRoot() : x.re.magnitude
      if Int(pivots[i]) != i + 1 { sign = (-sign.re, -sign.im) }
      log += Double.log(size)
      if size == 0 {
        sign = (0 * sign.re, 0 * sign.im)
        continue
      }
      // A real infinity has a sign; a complex one over its size is not a number.
      sign =
        a.isComplex
        ? MatrixFunctions.multiply(sign, (x.re / size, x.im / size))
        : (x.re.isNaN ? .nan : x.re < 0 ? -sign.re : sign.re, 0)
    }
    return (sign, log)
  }
}

/// The matrices that a kernel reads and writes.
struct StackContext {
  let pointers: Pointers
  let inputs: [Shape]
  let outputs: [Shape]
  let inputTypes: [DType]
  let outputTypes: [DType]

  var dtype: DType { outputTypes[0] }
  /// The number of matrices in the first input.
  package var count: Int { inputs[0].dims.dropLast(2).reduce(1, *) }

  package func rows(_ input: Int) -> Int { inputs[input][inputs[input].rank - 2] }
  func columns(_ input: Int) -> Int { inputs[input][inputs[input].rank - 1] }
  func output(_ index: Int) -> UnsafeMutableRawPointer { pointers[inputs.count + index] }

  func matrix(_ input: Int, _ index: Int, isComplex: Bool? = nil) -> DenseMatrix {
    DenseMatrix(
      pointers[input], inputTypes[input], index: index, rows: rows(input), columns: columns(input),
      isComplex: isComplex)
  }

  /// Sets an output that is not asked for, and so is a scalar.
  func storeZero(output: Int) {
    store(
      DenseMatrix(isComplex: outputTypes[output].isComplex, rows: 1, columns: 1), 0, output: output)
  }

  func store(_ matrix: DenseMatrix, _ index: Int, output: Int = 0) {
    matrix.store(self.output(output), outputTypes[output], index: index)
  }
}
