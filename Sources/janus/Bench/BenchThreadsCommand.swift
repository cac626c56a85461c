import ArgumentParser
import CoreGraph
import CoreOps
import Serialization
import V1Graph

struct BenchThreadsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "threads",
    abstract: "Runs one small plan from many threads at once, and checks every answer.")

  @Option(help: "How many threads share the plan.") var threads = 16
  @Option(help: "How many runs in all.") var runs = 1_000_000
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard threads >= 1, threads <= 1024 else { throw ValidationError("--threads takes 1 to 1024") }
    guard runs >= threads else { throw ValidationError("--runs takes at least one run a thread") }
  }

  func run() throws {
    let plan = try SharedPlan()
    // What one thread does by itself, with the plan and its memory made.
    let alone = try plan.run(threads: 1, runs: max(runs / 10, 1000))
    _ = try plan.run(threads: threads, runs: max(runs / 100, threads))
    let before = residentMemory()
    let together = try plan.run(threads: threads, runs: runs)
    let after = residentMemory()
    let figures: [(String, Double)] = [
      ("threads", Double(threads)), ("runs", Double(runs)),
      ("wrong_answers", Double(together.wrong)),
      ("runs_per_second", together.perSecond), ("one_thread_runs_per_second", alone.perSecond),
      ("ratio", together.perSecond / alone.perSecond), ("rss_start_mb", before),
      ("rss_end_mb", after),
    ]
    if json {
      try printLine(JSON.object(figures.map { ($0.0, .number($0.1)) }).text())
    } else {
      for (name, value) in figures {
        try printLine("\(name)\t\(decimal(value, name.hasSuffix("mb") || name == "ratio" ? 2 : 0))")
      }
    }
    guard alone.wrong + together.wrong == 0 else {
      throw TFError.internal("\(together.wrong) of \(runs) answers are wrong")
    }
  }
}

/// A small plan that threads share.
struct SharedPlan {
  struct Outcome {
    var perSecond: Double
    var wrong: Int
  }

  private let call: Session.Callable

  /// relu(x · W + b) · 2 on two numbers.
  private static let graph = """
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "shape" value { shape { dim { size: 1 } dim { size: 2 } } } } }
    node { name: "w" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 2 } dim {
        size: 2 } }
        float_val: 1 float_val: 2 float_val: 3 float_val: -4 } } } }
    node { name: "b" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape {
        dim { size: 2 } } float_val: 1 float_val: 2 } } } }
    node { name: "two" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 2 } } } }
    node { name: "product" op: "MatMul" input: "x" input: "w"
      attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "sum" op: "AddV2" input: "product" input: "b"
      attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "relu" op: "Relu" input: "sum" attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "y" op: "Mul" input: "relu" input: "two"
      attr { key: "T" value { type: DT_FLOAT } } }
    """

  init() throws {
    let session = try Session(graph: Graph(importing: GraphDef(text: Self.graph)))
    call = try session.callable(fetches: ["y:0"], feeds: ["x:0"])
  }

  /// Runs the plan `runs` times in all, spread over `threads`.
  ///
  /// - Throws: the first error of a run.
  func run(threads count: Int, runs: Int) throws -> Outcome {
    let state = Lock((wrong: 0, error: TFError?.none))
    let start = now()
    let threads = try (0..<count).map { index in
      try WorkerThread {
        let share = runs / count + (index < runs % count ? 1 : 0)
        do {
          let wrong = try answers(share, seed: index)
          state.withLock { $0.wrong += wrong }
        } catch let error as TFError {
          state.withLock { $0.error = $0.error ?? error }
        } catch {}
      }
    }
    for thread in threads { thread.join() }
    let seconds = now() - start
    let (wrong, error) = state.withLock { $0 }
    if let error { throw error }
    return Outcome(perSecond: Double(runs) / seconds, wrong: wrong)
  }

  /// How many of `count` answers are wrong.
  private func answers(_ count: Int, seed: Int) throws -> Int {
    var wrong = 0
    for index in 0..<count {
      let a = Float((index + seed) % 17)
      let b = Float((index * 7 + seed) % 13)
      let y = try call([Tensor([a, b], shape: [1, 2])])[0].scalars(Float.self)
      if y[0] != 2 * max(a + 3 * b + 1, 0) || y[1] != 2 * max(2 * a - 4 * b + 2, 0) { wrong += 1 }
    }
    return wrong
  }
}
