import ArgumentParser
import CoreOps
import Foundation
import Models
import Serialization
import V1Graph

struct BenchShapesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shapes",
    abstract: "Runs a model once on each of many input shapes: times, and memory.")

  @Argument(help: "The model.") var model: String
  @Option(help: "The input that is fed.") var input: String
  @Option(help: "The output.") var fetch: String
  @Option(help: "A file with a shape on each line, its dimensions with commas between them.")
  var shapes: String
  @Flag(
    help: "Print one JSON line: shapes total_ms median_us first_half_ms rss_half_mb rss_mb sum.")
  var json = false

  func run() throws {
    let shapes = try String(contentsOfFile: self.shapes, encoding: .utf8).split(separator: "\n")
      .map { line in
        let dims = line.split(separator: ",").compactMap { Int($0) }
        guard !dims.isEmpty, dims.allSatisfy({ $0 >= 0 }),
          dims.count == line.split(separator: ",").count
        else { throw ValidationError("'\(line)' is no shape") }
        return dims
      }
    let session = try Session(model: Model(contentsOf: model))
    let call = try session.callable(fetches: [fetch], feeds: [input], targets: [])
    var times: [Double] = []
    var (sum, total, firstHalf, half) = (0.0, 0.0, 0.0, 0.0)
    for (index, dims) in shapes.enumerated() {
      let x = try Tensor(
        (0..<dims.reduce(1, *)).map { Float($0 % 251) / 251 }, dims: Shape(dims))
      let start = now()
      let y = try call([x])[0]
      times.append(now() - start)
      total += times[index]
      if y.dtype == .float32 { sum += y.elements(Float.self).reduce(0) { $0 + Double($1) } }
      if index == shapes.count / 2 { (firstHalf, half) = (total, residentMemory()) }
    }
    let figures: [(String, Double)] = [
      ("shapes", Double(shapes.count)), ("total_ms", total * 1e3),
      ("median_us", times.isEmpty ? 0 : median(times.sorted()) * 1e6),
      ("first_half_ms", firstHalf * 1e3), ("rss_half_mb", half), ("rss_mb", residentMemory()),
      ("sum", sum),
    ]
    if json {
      try printLine(JSON.object(figures.map { ($0.0, .number($0.1)) }).text())
    } else {
      for (name, value) in figures {
        try printLine("\(name)\t\(decimal(value, name == "shapes" ? 0 : 3))")
      }
    }
  }
}
