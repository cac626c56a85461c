import CoreOps
import Serialization

/// What `SummaryWriter` stands for: a file of events, once one is made for it.
final class SummaryWriterObject: TensorObject {
  private let name: String
  private let file = Lock<EventFile?>(nil)

  init(name: String) { self.name = name }

  /// Makes the file, unless there is one.
  func create(_ make: () throws -> EventFile) throws {
    try file.withLock { file in
      if file == nil { file = try make() }
    }
  }

  /// - Throws: `NOT_FOUND` where no file was made yet, or it is closed.
  func open() throws -> EventFile {
    guard let file = file.withLock({ $0 }) else { throw missing }
    return file
  }

  func close() throws {
    guard
      let file = file.withLock({ file in
        defer { file = nil }
        return file
      })
    else { throw missing }
    try file.close()
  }

  private var missing: TFError {
    .notFound(
      """
      Resource \(ResourceContainer.defaultName)/\(name) does not exist: the summary writer has no \
      file; create it first
      """)
  }
}

extension Tensor {
  func summaryWriter() throws -> SummaryWriterObject { try resource() }
}
