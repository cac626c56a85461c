/// How far a long loop in Swift has come since it last looked whether its run is to end.
///
/// A kernel whose work is not bounded by a few milliseconds tells its steps to one of these.
package struct Pace {
  /// Some milliseconds of simple steps.
  private static let stride = 1 << 15
  private var left = stride

  package init() {}

  /// Counts a step.
  ///
  /// - Parameter work: simple operations that it takes, roughly.
  /// - Throws: `CANCELLED`, `DEADLINE_EXCEEDED` or `RESOURCE_EXHAUSTED` when the run is to end.
  @inline(__always)
  package mutating func step(_ work: Int = 1) throws {
    left &-= min(work, Self.stride)
    if left < 0 { try look() }
  }

  @inline(never)
  private mutating func look() throws {
    left = Self.stride
    try Cancellation.checkCurrent()
  }
}
