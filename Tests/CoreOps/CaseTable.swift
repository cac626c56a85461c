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
  shapeCases,
  sliceCases,
  gatherCases,
  arrayCases,
  convolutionCases,
  poolingCases,
  normalizationCases,
  lossCases,
  ctcCases,
  matMulCases,
  linearAlgebraCases,
  fftCases,
  randomCases,
  imageCases,
  audioCases,
  quantizedCases,
  variableCases,
  variableScatterCases,
  trainingCases,
  tensorArrayCases,
  tensorListCases,
  controlFlowCases,
  functionalCases,
  debugCases,
].flatMap { $0 }

@Suite struct CaseTableTests {
  @Test(arguments: caseTable) func giveExpectedValuesInEagerMode(row: OpCase) throws {
    try check(row) { try row.body(row.inputs) }
  }

  private func check(_ row: OpCase, _ run: () throws -> [Tensor]) throws {
    switch row.expectation {
    case .error(let code):
      let error = #expect(throws: TFError.self) { try run() }
      #expect(error?.code == code, "\(row): \(error.map(String.init(describing:)) ?? "no error")")
    case .shapes(let expected):
      let outputs = try run()
      #expect(outputs.map(\.dtype) == expected.map(\.0))
      #expect(outputs.map(\.dims.dims) == expected.map(\.1))
    case .values(let expected):
      let outputs = try run()
      #expect(outputs.count == expected.count)
      for (output, value) in zip(outputs, expected) {
        let found = difference(output, value, tolerance: row.tolerance)
        #expect(found == nil, "\(row): \(found ?? "")")
      }
    }
  }
}
