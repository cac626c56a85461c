import CoreOps
import Serialization

/// Where the time of runs goes, as `bench --profile` tells it.
struct ProfileReport {
  struct Line {
    var what: String
    var op: String
    var calls: Int
    /// Microseconds a run, without and with what runs inside.
    var own: Double
    var total: Double
    var share: Double
  }

  let runs: Int
  /// Microseconds.
  let mean: Double
  let ops: [Line]
  let nodes: [Line]
  /// The part of the runs' time that no step accounts for.
  let rest: Double

  init(_ profile: RunProfile) {
    let (count, time) = profile.runs
    runs = count
    let perRun = 1 / (1000 * Double(max(count, 1)))
    let all = max(Double(time), 1)
    mean = Double(time) * perRun
    let entries = profile.entries
    nodes = entries.map {
      Line(
        what: $0.nodes.joined(separator: "+"), op: $0.op, calls: $0.calls,
        own: Double($0.own) * perRun,
        total: Double($0.total) * perRun, share: Double($0.own) / all)
    }
    ops = Dictionary(grouping: nodes, by: \.op).map { op, lines in
      Line(
        what: op, op: op, calls: lines.reduce(0) { $0 + $1.calls },
        own: lines.reduce(0) { $0 + $1.own },
        total: lines.reduce(0) { $0 + $1.total }, share: lines.reduce(0) { $0 + $1.share })
    }.sorted { ($1.own, $0.op) < ($0.own, $1.op) }
    rest = 1 - nodes.reduce(0) { $0 + $1.share }
  }

  var json: JSON {
    func lines(_ lines: [Line], _ name: String) -> JSON {
      .array(
        lines.map {
          .object(
            [(name, .string($0.what))] + (name == "op" ? [] : [("op", .string($0.op))]) + [
              ("calls", .integer($0.calls)), ("own_us", .number($0.own)),
              ("total_us", .number($0.total)),
              ("share", .number($0.share)),
            ])
        })
    }
    return .object([
      ("runs", .integer(runs)), ("mean_us", .number(mean)), ("ops", lines(ops, "op")),
      ("nodes", lines(nodes, "node")),
      ("other_share", .number(rest)),
    ])
  }

  var text: String {
    var text =
      """
      \nprofile of \(runs) observed runs, \(decimal(mean, 1)) us each; times are microseconds a \
      run\n
      """
    func table(_ title: String, _ lines: [Line], _ most: Int) {
      text +=
        "\n" + pad("own", 12) + pad("share", 9) + pad("with inner", 12) + pad("calls/run", 11)
        + "  \(title)\n"
      for line in lines.prefix(most) {
        let calls = Double(line.calls) / Double(max(runs, 1))
        text +=
          pad(decimal(line.own, 2), 12) + pad(decimal(line.share * 100, 1) + " %", 9)
          + pad(decimal(line.total, 2), 12)
          + pad(decimal(calls, calls == calls.rounded() ? 0 : 2), 11) + "  "
          + (line.what == line.op ? line.op : "\(line.op)  \(line.what)") + "\n"
      }
      if lines.count > most {
        text += pad("", 44) + "  … \(lines.count - most) more (see --json)\n"
      }
    }
    table("op", ops, 40)
    table("node", nodes, 60)
    text +=
      "\n" + pad("", 12) + pad(decimal(rest * 100, 1) + " %", 9) + pad("", 23) + "  between steps\n"
    return text
  }

  private func pad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(width - text.count, 0)) + text
  }
}
