import CoreOps
import Foundation
import Ops
import Testing

/// Every op that TensorFlow has a kernel for CPUs of is here, or in a table that says why not.
/// `Fixtures/cpu_kernels.txt` has the names of TensorFlow 2.21, `Fixtures/ops_left_out.txt` is the
/// table.
@Suite struct OpCoverageTests {
  @Test func everyOpOfTensorFlowIsRegisteredOrLeftOutForAReason() throws {
    let table = try LeftOutOps()
    let registered = Set(OpRegistry.standard.all.map(\.name))
    let kernels = try LeftOutOps.lines("cpu_kernels")
    #expect(kernels.count == 1489)
    let lost = kernels.filter { !registered.contains($0) && table.reasons[$0] == nil }
    #expect(lost.isEmpty, "neither registered nor in the table: \(lost.joined(separator: " "))")
    let unknown = Set(table.reasons.keys).subtracting(kernels)
    #expect(unknown.isEmpty, "in the table, but TensorFlow has no kernel: \(unknown.sorted())")
  }

  @Test func noOpIsRegisteredAndLeftOut() throws {
    let table = try LeftOutOps()
    let both = table.reasons.keys.filter { OpRegistry.standard[$0] != nil }
    #expect(both.isEmpty, "registered, and in the table: \(both.sorted().joined(separator: " "))")
  }

  @Test func noOpStandsTwiceInTheTable() throws {
    #expect(try LeftOutOps().repeated == [])
  }
}

/// The table of ops that are left out.
private struct LeftOutOps {
  /// Why, by name.
  private(set) var reasons: [String: String] = [:]
  private(set) var repeated: [String] = []

  init() throws {
    var reason: String?
    for line in try Self.lines("ops_left_out") where !line.hasPrefix("#") {
      if line.hasPrefix("= ") {
        reason = String(line.dropFirst(2))
        continue
      }
      let text = try #require(reason, "names before the first reason: \(line)")
      for name in line.split(separator: " ").map(String.init) {
        if reasons.updateValue(text, forKey: name) != nil { repeated.append(name) }
      }
    }
  }

  static func lines(_ fixture: String) throws -> [String] {
    let url = try #require(
      Bundle.module.url(forResource: fixture, withExtension: "txt", subdirectory: "Fixtures"))
    let text = try String(contentsOf: url, encoding: .utf8)
    return text.split(separator: "\n").map(String.init)
  }
}
