package import CoreOps
import Glibc

/// The trace-event format that Chrome's trace viewer and Perfetto read.
package enum ChromeTrace {
  /// - Parameter dropped: how many events were not kept.
  package static func json(_ events: [RunEvent], dropped: Int = 0) -> JSON {
    let process = Int(getpid())
    let origin = events.map(\.start).min() ?? 0
    var entries: [JSON] = [
      .object([
        ("ph", .string("M")), ("name", .string("process_name")), ("pid", .integer(process)),
        ("args", .object([("name", .string("janus"))])),
      ])
    ]
    for thread in Set(events.map(\.thread)).sorted() {
      entries.append(
        .object([
          ("ph", .string("M")), ("name", .string("thread_name")), ("pid", .integer(process)),
          ("tid", .integer(thread)),
          ("args", .object([("name", .string("thread \(thread)"))])),
        ]))
    }
    for (number, event) in events.enumerated() {
      let name = event.nodes.joined(separator: "+")
      let common: [(String, JSON)] = [
        ("name", .string(name)),
        ("cat", .string(event.kind == .step ? event.op : event.kind.rawValue)),
        ("pid", .integer(process)), ("tid", .integer(event.thread)),
      ]
      let start = microseconds(event.start &- origin)
      // Frames and their iterations overlap, which only asynchronous events may.
      if event.kind == .frame || (event.kind == .iteration && event.frame != nil) {
        let id: (String, JSON) = ("id", .integer(number))
        entries.append(
          .object([("ph", .string("b")), ("ts", start), id] + common + [("args", args(event))]))
        entries.append(
          .object([("ph", .string("e")), ("ts", microseconds(event.end &- origin)), id] + common))
      } else {
        entries.append(
          .object(
            [("ph", .string("X")), ("ts", start), ("dur", microseconds(event.duration))] + common
              + [("args", args(event))]))
      }
    }
    return .object([
      ("traceEvents", .array(entries)), ("displayTimeUnit", .string("ns")),
      ("otherData", .object([("dropped_events", .integer(dropped))])),
    ])
  }

  private static func microseconds(_ nanoseconds: UInt64) -> JSON {
    .number(Double(nanoseconds) / 1000)
  }

  private static func args(_ event: RunEvent) -> JSON {
    var args: [(String, JSON)] = []
    if event.kind == .step {
      args.append(("op", .string(event.op)))
      args.append(("nodes", .strings(event.nodes)))
      args.append(("inputs", .strings(event.inputs.map(\.description))))
      args.append(("outputs", .strings(event.outputs.map(\.description))))
    }
    if let frame = event.frame {
      args.append(("frame", .string(frame.name)))
      args.append(("iteration", .integer(frame.iteration)))
    }
    return .object(args.map { ($0.0, $0.1) })
  }
}
