import CoreOps
import Ops
import Testing

/// Numbers of any size, as a graph or a caller may say them.
@Suite struct DimensionTests {
  @Test func arithmeticOverflowsAndItsResultsAreRefused() throws {
    let huge = Dimension(1 << 62)
    #expect((huge + huge).isOverflow && (huge * 4).isOverflow && (-Dimension.overflow).isOverflow)
    #expect((huge / 0).isOverflow && (huge % 0).isOverflow && (Dimension.overflow - 1).isOverflow)
    #expect(huge - 1 == (1 << 62) - 1 && Dimension(7) / 2 == 3 && Dimension(7) % 4 == 3)
    for shape in [
      .of(huge * 4), [-1, 2], [1 << 21, 1 << 21], [0, 1 << 33], .of(nil, huge),
      PartialShape([Int](repeating: 1, count: 255)),
    ] as [PartialShape] {
      #expect(throws: TFError.self, "\(shape)") { try shape.check() }
    }
    for shape in [[1 << 20, 1 << 20], [0, 1 << 32], [nil, 3], .unknown] as [PartialShape] {
      try shape.check()
    }
    #expect(throws: TFError.self) { try PartialShape.unknown(rank: huge) }
  }

  @Test func timeoutsMayBeAnyNumber() throws {
    for timeout in [Double.infinity, 1e300, 1e12] { try Cancellation(timeout: timeout).check() }
    for timeout in [Double.nan, -1, 0, -Double.infinity] {
      let cancellation = Cancellation(timeout: timeout)
      #expect(throws: TFError.self, "\(timeout)") { try cancellation.check() }
    }
  }
}
