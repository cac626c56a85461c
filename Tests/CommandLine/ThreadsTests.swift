import CoreOps
import Testing

@testable import janus

@Suite struct ThreadsTests {
  /// In a process of its own, as memory is counted for all of it.
  @Test func sixteenThreadsShareAPlan() async {
    await #expect(processExitsWith: .success) {
      let plan = try SharedPlan()
      #expect(try plan.run(threads: 16, runs: 2000).wrong == 0)
      let before = MemoryLimit.usedBytes
      #expect(try plan.run(threads: 16, runs: 20_000).wrong == 0)
      // Nothing is kept of a run; what each thread has yet to count is 64 KiB at most.
      #expect(MemoryLimit.usedBytes - before < 2 << 20)
    }
  }
}
