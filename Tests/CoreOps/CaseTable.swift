import CoreOps
import TestSupport
import Testing

/// The rows of all families.
let caseTable: [OpCase] = [
  basicCases,
  elementwiseCases,
  specialCases,
  comparisonCases,
  reductionCases,
  segmentCases,
  countCases,
  sparseSegmentCases,
  sparseCases,
  raggedCases,
  sparseFunctionCases,
  sparseRecordCases,
  sparseMatrixCases,
  samplingCases,
  surroundingsCases,
  uniformCases,
  matchingCases,
  shapeCases,
  sliceCases,
  gatherCases,
  arrayCases,
  convolutionCases,
  shortWindowCases,
  fusedConvolutionCases,
  morphologyCases,
  recurrentCases,
  fractionalPoolingCases,
  poolingCases,
  normalizationCases,
  lossCases,
  specialValueCases,
  ctcCases,
  matMulCases,
  linearAlgebraCases,
  fftCases,
  randomCases,
  imageCases,
  audioCases,
  mediaCases,
  summaryCases,
  summaryWriterCases,
  quantizedCases,
  variableCases,
  queueCases,
  barrierCases,
  stagingCases,
  accumulatorCases,
  sessionStateCases,
  batchCases,
  variableScatterCases,
  trainingCases,
  tensorArrayCases,
  oldTensorArrayCases,
  tensorListCases,
  controlFlowCases,
  functionalCases,
  debugCases,
  stringCases,
  tableCases,
  mutableTableCases,
  checkpointCases,
  denormalCases,
  textCases,
  datasetCases,
  iteratorCases,
  recordDatasetCases, csvDatasetCases, parsedDatasetCases,
  functionCallCases,
  exampleCases,
  recordCases,
  fileCases,
  messageCases,
  protoCases,
  gradientOnlyCases,
  regexCases,
].flatMap { $0 }

@Suite struct CaseTableTests {
  @Test(arguments: caseTable) func giveExpectedValuesInEveryModeWithEqualBits(row: OpCase) throws {
    let eager = try check(row) { try Mode.eager.run(row) }
    for mode in [Mode.session, .function] {
      let outputs = try check(row) { try mode.run(row) }
      guard row.hasValues, let eager, let outputs else { continue }
      for (index, (a, b)) in zip(outputs, eager).enumerated() {
        #expect(
          haveEqualBits(a, b), "\(row): output \(index) differs between \(mode) and eager mode")
      }
    }
  }

  @Test(arguments: caseTable.filter(\.hasValues)) func giveEqualBitsInBothExecutors(row: OpCase)
    throws
  {
    let (linear, frames) = try Mode.runInBothExecutors(row)
    #expect(linear.count == frames.count)
    for (index, (a, b)) in zip(linear, frames).enumerated() {
      #expect(haveEqualBits(a, b), "\(row): output \(index) differs between the executors")
    }
  }

  @Test(arguments: caseTable.filter(\.hasCheckableGradient))
  func haveTheGradientsThatDifferencesGive(row: OpCase) throws {
    for mode in GradientCheck.Mode.allCases {
      for (kind, check) in [("", GradientCheck.run), (" of complex", GradientCheck.runComplex)] {
        if !kind.isEmpty, Self.rulesForReals[row.op] != nil { continue }
        if case .wrong(let problem)? = try check(row, mode) {
          Issue.record("\(row)\(kind) by \(mode): \(problem)")
        }
      }
    }
  }

  /// The ops that take complex numbers, but have the gradient of real ones, as in TensorFlow, or
  /// none.
  private static let rulesForReals = [
    "ClipByValue": "TensorFlow's rule compares, which complex numbers cannot be",
    "EuclideanNorm": "as TensorFlow", "LogMatrixDeterminant": "as TensorFlow",
    "MulNoNan": "as TensorFlow", "Sign": "as TensorFlow", "SquaredDifference": "as TensorFlow",
    "TridiagonalSolve": "as TensorFlow",
    "Xdivy": "as TensorFlow", "Xlog1py": "as TensorFlow", "Xlogy": "as TensorFlow",
    "Svd": "singular values come as complex numbers, whose imaginary part has no gradient",
  ]

  private func check(_ row: OpCase, _ run: () throws -> [Tensor]) throws -> [Tensor]? {
    switch row.expectation {
    case .error(let code):
      let error = #expect(throws: TFError.self) { try run() }
      #expect(error?.code == code, "\(row): \(error.map(String.init(describing:)) ?? "no error")")
      return nil
    case .shapes(let expected):
      let outputs = try run()
      #expect(outputs.map(\.dtype) == expected.map(\.0))
      #expect(outputs.map(\.dims.dims) == expected.map(\.1))
      return outputs
    case .gradient: return try run()
    case .values(let expected):
      let outputs = try run()
      #expect(outputs.count == expected.count)
      #expect(zip(outputs, expected).allSatisfy { ($0.dtype == .string) == ($1.dtype == .string) })
      for (output, value) in zip(outputs, expected) {
        let found = difference(output, value, tolerance: row.tolerance)
        #expect(found == nil, "\(row): \(found ?? "")")
      }
      return outputs
    }
  }
}

extension OpCase {
  fileprivate var hasValues: Bool {
    switch expectation {
    case .values, .gradient: true
    case .shapes, .error: false
    }
  }

  /// Whether the row's gradient is compared with differences.
  var hasCheckableGradient: Bool {
    hasValues && checksGradient && OpRegistry.standard[op]?.hasGradient == true
  }
}
