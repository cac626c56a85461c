import CProtos
import CoreOps
import Glibc

/// An event of a program's run, as files for TensorBoard have them: `tensorflow.Event`.
package struct Event: Sendable {
  package enum Content: Sendable {
    /// What version of the format a file has, and who wrote it.
    case fileVersion(String)
    /// A serialized GraphDef.
    case graph([UInt8])
    /// A serialized Summary.
    case summary([UInt8])
    /// A serialized MetaGraphDef.
    case metaGraph([UInt8])
    /// The name of a run, and its serialized RunMetadata.
    case runMetadata(String, [UInt8])
    /// A session began.
    case sessionStart
  }

  /// Seconds since 1970.
  package var wallTime: Double
  package var step: Int64
  package var content: Content

  package init(_ content: Content, step: Int64 = 0, wallTime: Double = Event.now) {
    self.content = content
    self.step = step
    self.wallTime = wallTime
  }

  package static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    // To the microsecond, as TensorFlow's clock.
    return Double(time.tv_sec) + Double(time.tv_nsec / 1000) / 1e6
  }

  package var serialized: [UInt8] {
    var writer = WireWriter()
    writer.tag(1, 1)
    writer.fixed64(wallTime.bitPattern)
    if step != 0 {
      writer.tag(2, 0)
      writer.varint(UInt64(bitPattern: step))
    }
    func field(_ number: Int, _ bytes: [UInt8]) {
      writer.tag(number, 2)
      writer.block(bytes)
    }
    switch content {
    case .fileVersion(let version):
      field(3, Array(version.utf8))
      var source = WireWriter()
      source.tag(1, 2)
      source.block(Array("tensorflow.core.util.events_writer".utf8))
      field(10, source.bytes)
    case .sessionStart: field(7, [8, 1])
    case .graph(let graph): field(4, graph)
    case .summary(let summary): field(5, summary)
    case .metaGraph(let graph): field(9, graph)
    case .runMetadata(let tag, let metadata):
      var run = WireWriter()
      run.tag(1, 2)
      run.block(Array(tag.utf8))
      run.tag(2, 2)
      run.block(metadata)
      field(8, run.bytes)
    }
    return writer.bytes
  }

  /// Checks that bytes are a graph.
  ///
  /// - Throws: `DATA_LOSS` when they are not.
  package static func checkGraph(_ bytes: [UInt8]) throws {
    do {
      try bytes.withUnsafeBytes { try ProtoArena.check(jk_schema_graph_def(), $0) }
    } catch {
      throw TFError(.dataLoss, "Bad tf.GraphDef binary proto tensor string")
    }
  }

  /// Checks that bytes are an event.
  ///
  /// - Throws: `DATA_LOSS` when they are not.
  package static func check(_ bytes: [UInt8]) throws {
    let fields: [Int: Int] = [
      1: 1, 2: 0, 3: 2, 4: 2, 5: 2, 6: 2, 7: 2, 8: 2, 9: 2, 10: 2,
    ]
    let isValid = (try? splitFields(bytes))?.allSatisfy { field in
      guard let wireType = fields[field.number], wireType == field.wireType else {
        return fields[field.number] == nil
      }
      return field.number != 5 || SummaryMessage.isValid(field.content)
    }
    guard isValid == true else {
      throw TFError(.dataLoss, "Bad tf.Event binary proto tensor string")
    }
  }
}

extension UnknownField {
  /// The bytes of a field that has their number before them.
  var content: [UInt8] {
    let start = bytes.firstIndex { $0 < 128 }
    return start.map { Array(bytes[($0 + 1)...]) } ?? []
  }
}
