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
  quantizedCases,
  variableCases,
  queueCases,
  variableScatterCases,
  trainingCases,
  tensorArrayCases,
  tensorListCases,
  controlFlowCases,
  functionalCases,
  debugCases,
  stringCases,
  tableCases,
  checkpointCases,
  denormalCases,
  textCases,
].flatMap { $0 }

@Suite struct CaseTableTests {
  @Test(arguments: caseTable) func giveExpectedValuesInEveryModeWithEqualBits(row: OpCase) throws {
    let eager = try check(row) { try Mode.eager.run(row) }
    for mode in [Mode.session, .function] {
      let outputs = try check(row) { try mode.run(row) }
      guard case .values = row.expectation, let eager, let outputs else { continue }
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
    let problem = try GradientCheck.run(row)
    #expect(problem == nil, "\(row): \(problem ?? "")")
  }

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
    if case .values = expectation { true } else { false }
  }

  fileprivate var hasCheckableGradient: Bool {
    hasValues && checksGradient && OpRegistry.standard[op]?.hasGradient == true
  }
}
