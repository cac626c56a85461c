import CoreGraph
import CoreOps
import Serialization
import V1Graph

/// Replays one case.
struct CaseRunner {
  enum Status: String {
    case passed, failed, skipped
  }

  struct Outcome {
    var path: String
    var name: String
    var ops: [String]
    var status: Status
    var reason: String
  }

  var rtol: Double?
  var atol: Double?
  /// Seconds that one run may take.
  var timeout: Double
  /// Whether graphs are run node by node, as they are.
  var stepwise = false
  /// Who ends the process when a run does not end.
  var watchdog: Watchdog?

  func replay(_ path: String) -> Outcome {
    var outcome = Outcome(path: path, name: path, ops: [], status: .failed, reason: "")
    let loading = allowance()
    do {
      let file = try loading.whileCurrent { try CaseFile(path, rtol: rtol, atol: atol) }
      outcome.name = file.name
      outcome.ops = file.ops
      let reason = try replay(file, path, loading)
      outcome.status = reason == nil ? .passed : .failed
      outcome.reason = reason ?? ""
    } catch {
      outcome.reason = "\(error)"
    }
    return outcome
  }

  /// The time for a run, from now.
  private func allowance() -> Cancellation {
    watchdog?.allow(timeout)
    return Cancellation(timeout: timeout)
  }

  /// What is wrong, or nil.
  private func replay(_ file: CaseFile, _ path: String, _ loading: Cancellation) throws -> String? {
    let session: CaseSession
    do {
      session = try loading.whileCurrent { try self.session(file, path, loading) }
    } catch let error as TFError {
      // TensorFlow finds at the run what Janus may find when it reads the graph.
      if case .error(let code)? = file.runs.first?.expectation, code == error.code.rawValue {
        return nil
      }
      throw error
    }
    var fetched: [String: Tensor] = [:]
    for (index, run) in file.runs.enumerated() {
      let place = file.runs.count > 1 ? "run \(index): " : ""
      do {
        let cancellation = index == 0 ? loading : allowance()
        let reason = try cancellation.whileCurrent {
          try replay(run, file, session, &fetched, cancellation)
        }
        if let reason { return place + reason }
      } catch let error as TFError {
        return place + error.description
      }
    }
    return nil
  }

  /// What a case runs: a graph's session, or a model with its signature's names.
  private enum CaseSession {
    case graph(Session)
    case model(ModelRun)

    var session: Session {
      switch self {
      case .graph(let session): session
      case .model(let run): run.session
      }
    }

    func input(_ name: String) -> String {
      if case .model(let run) = self { run.input(name) } else { name }
    }

    func output(_ name: String) -> String {
      if case .model(let run) = self { run.output(name) } else { name }
    }
  }

  private func session(_ file: CaseFile, _ path: String, _ cancellation: Cancellation) throws
    -> CaseSession
  {
    if let model = file.model {
      let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
      return .model(
        try ModelRun(
          path: folder + model.path, tags: model.tags, signature: nil,
          restore: model.restore.map { folder + $0 }, stepwise: stepwise, cancellation))
    }
    let graph = try GraphDef(serialized: file.archive.read("graph.pb"))
    return .graph(Session(graph: try Graph(importing: graph), stepwise: stepwise))
  }

  private func replay(
    _ run: CaseFile.Run, _ file: CaseFile, _ session: CaseSession,
    _ fetched: inout [String: Tensor],
    _ cancellation: Cancellation
  ) throws -> String? {
    var feeds: [String: Tensor] = [:]
    for (given, value) in run.feeds {
      let tensor = session.input(given)
      switch value {
      case .member(let name, let dtype): feeds[tensor] = try file.tensor(name, dtype)
      case .fetched(let name):
        guard let earlier = fetched[name] else {
          throw TFError.invalidArgument("\(tensor) is fed what no earlier run fetched: \(name)")
        }
        feeds[tensor] = earlier
      }
    }
    let results: [Tensor]
    do {
      results = try session.session.run(
        fetches: run.fetches.map(session.output), feeds: feeds, targets: run.targets, cancellation,
        nil)
    } catch let error as TFError {
      guard case .error(let code) = run.expectation else { throw error }
      return code == error.code.rawValue ? nil : "expected the error \(code), got \(error)"
    }
    guard case .values(let values, let rules) = run.expectation else {
      guard case .error(let code) = run.expectation else { return nil }
      return "expected the error \(code), but the run succeeded"
    }
    for (name, result) in zip(run.fetches, results) { fetched[name] = result }
    for (index, value) in values.enumerated() {
      let expected = try file.tensor(value.name, value.dtype)
      if let difference = Difference.first(results[index], expected, rules[index]) {
        return "\(run.fetches[index])\(difference.hasPrefix("[") ? "" : " ")\(difference)"
      }
    }
    return nil
  }
}
