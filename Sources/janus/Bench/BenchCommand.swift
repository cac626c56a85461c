import ArgumentParser
import CoreOps
import Serialization
import V1Graph

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract:
      """
      Times a model, with 'micro' the smallest calls, with 'threads' many threads at once, with \
      'shapes' many input shapes, with 'graph' a graph of many nodes, with 'soak' what is left \
      of a million calls, with 'waiting' how soon threads that wait for a queue end.
      """,
    subcommands: [
      BenchModelCommand.self, BenchMicroCommand.self, BenchThreadsCommand.self,
      BenchShapesCommand.self, BenchGraphCommand.self, BenchSoakCommand.self,
      BenchWaitingCommand.self,
    ],
    defaultSubcommand: BenchModelCommand.self)
}

struct BenchModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Times loading, the first run and later runs of a model.")

  @OptionGroup var options: ModelOptions
  @Option(help: "How long to repeat the run.") var seconds = 2.0
  @Flag(help: "Print one JSON line: load_ms first_ms median_us min_us runs rss_mb.") var json =
    false
  @Flag(
    help: "Then say where the time goes, by op and by node, over as many seconds of observed runs.")
  var profile = false

  func validate() throws {
    guard !options.fetch.isEmpty || !options.target.isEmpty || options.signature != nil else {
      throw ValidationError("nothing to run: give --fetch, --signature or --target")
    }
  }

  func run() throws {
    let (call, values, start, loaded) = try options.withinLimits { cancellation in
      let given = try options.feeds()
      let start = now()
      let run = try options.session(cancellation)
      let feeds = try run.feeds(given)
      let names = feeds.keys.sorted()
      let fetches = options.fetch.isEmpty ? run.outputs : options.fetch
      let call = try run.session.callable(
        fetches: fetches.map(run.output), feeds: names, targets: options.target)
      let values = try call.converted(names.compactMap { feeds[$0] })
      let loaded = now()
      // The first run makes the plan's programs.
      _ = try call(values, cancellation: cancellation)
      return (call, values, start, loaded)
    }
    let first = now()
    func once() throws {
      guard let timeout = options.timeout else {
        _ = try call(values)
        return
      }
      _ = try call(values, cancellation: Cancellation(timeout: timeout))
    }
    var times: [Double] = []
    let end = first + seconds
    var time = now()
    while times.count < 10 || (time < end && times.count < 100_000) {
      try once()
      let after = now()
      times.append(after - time)
      time = after
    }
    times.sort()
    let figures: [(String, Double)] = [
      ("load_ms", (loaded - start) * 1e3), ("first_ms", (first - loaded) * 1e3),
      ("median_us", median(times) * 1e6),
      ("min_us", times[0] * 1e6), ("runs", Double(times.count)), ("rss_mb", peakMemory()),
    ]
    let profile = try self.profile ? ProfileReport(observing(call, values)) : nil
    if json {
      try printLine(
        JSON.object(
          figures.map { ($0.0, .number($0.1)) } + (profile.map { [("profile", $0.json)] } ?? [])
        ).text())
    } else {
      for (name, value) in figures {
        try printLine("\(name)\t\(decimal(value, name == "runs" ? 0 : 3))")
      }
      if let profile { try writeOutput(profile.text) }
    }
  }
}

extension BenchModelCommand {
  /// The profile of runs over the time that the command was given.
  private func observing(_ call: Session.Callable, _ values: [Tensor]) throws -> RunProfile {
    let profile = RunProfile()
    let end = now() + seconds
    repeat {
      try profile.timing(.run, "run") { _ = try call.run(values, Cancellation(), profile) }
    } while now() < end && profile.runs.count < 100_000
    return profile
  }
}

/// The middle of sorted values; of an even number, the mean of the middle two.
func median(_ sorted: [Double]) -> Double {
  let half = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}
