import CoreOps
import Testing

@testable import janus

@Suite struct SoakTests {
  /// In a process of its own, as memory is counted for all of it.
  @Test func callsLeaveNothingBehind() async {
    await #expect(processExitsWith: .success) {
      let growths = try Soak.all(rounds: 10_000)
      #expect(growths.count == 3)
      for growth in growths {
        // A few bytes a call would be less than what allocators and threads have yet to count.
        #expect(growth.resident < 2, "\(growth)")
        #expect(growth.tensors < 256 << 10, "\(growth)")
      }
    }
  }
}
