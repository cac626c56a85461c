import Testing

@testable import janus

@Suite struct ThreadsTests {
  @Test func sixteenThreadsShareAPlan() throws {
    let plan = try SharedPlan()
    #expect(try plan.run(threads: 16, runs: 2000).wrong == 0)
    let before = residentMemory()
    #expect(try plan.run(threads: 16, runs: 20_000).wrong == 0)
    // Nothing is kept of a run: under a MiB for 20,000 of them, and some for what else the process does.
    #expect(residentMemory() - before < 16)
  }
}
