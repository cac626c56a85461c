import CProtos
public import CoreGraph
import CoreOps
import Serialization

extension GraphDef {
  /// Reads a serialized `GraphDef` protocol buffer.
  ///
  /// - Throws: `DATA_LOSS` when the bytes are not a graph; `INVALID_ARGUMENT`, `UNIMPLEMENTED` or
  ///   `RESOURCE_EXHAUSTED` when a tensor in it is malformed, of a dtype that has no value in a
  ///   file, or too large, with the name of its node.
  public init(serialized bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBytes { try GraphDef(serialized: $0) }
  }

  /// Reads a serialized `GraphDef` protocol buffer from memory.
  ///
  /// - Throws: as the initialiser that takes an array.
  public init(serialized bytes: UnsafeRawBufferPointer) throws {
    let arena = try ProtoArena()
    let message: UnsafeMutablePointer<Tensorflow__GraphDef> = try arena.unpack(
      jk_schema_graph_def(), bytes)
    var decoder = GraphDefDecoder()
    self = try withExtendedLifetime(arena) { try decoder.graph(message) }
  }

  /// The graph as a `GraphDef` protocol buffer: the same graph always gives the same bytes.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it would pass 2 GiB; `UNIMPLEMENTED` when it holds a
  ///   resource or variant tensor.
  public func serialized() throws -> [UInt8] {
    let arena = try ProtoArena()
    let encoder = GraphDefEncoder(arena: arena)
    return try withExtendedLifetime((arena, self)) { try packed(encoder.graph(self)) }
  }

  /// Reads a graph in protocol buffer text format (`.pbtxt`).
  ///
  /// - Throws: `INVALID_ARGUMENT` with line and column when the text is not a graph; else as
  ///   `init(serialized:)`.
  public init(text: String) throws {
    let bytes = try TextFormat.parse(text, as: jk_schema_graph_def())
    try self.init(serialized: bytes)
  }

  /// The graph in protocol buffer text format.
  ///
  /// - Throws: as `serialized()`.
  public func text() throws -> String {
    try TextFormat.print(serialized(), as: jk_schema_graph_def())
  }

  /// Reads a graph from a file, binary or text, told apart by content.
  ///
  /// - Throws: `NOT_FOUND` when there is no such file; else as the other initialisers, with the
  ///   file's name.
  public init(contentsOf path: String) throws {
    let bytes = try readFile(path)
    do {
      try self.init(binaryOrText: bytes)
    } catch let error as TFError {
      throw TFError(error.code, "\(path): \(error.message)", node: error.node, op: error.op)
    }
  }

  /// Reads a graph that is either binary or text.
  ///
  /// - Throws: as the other initialisers.
  public init(binaryOrText bytes: [UInt8]) throws {
    if TextFormat.looksLikeText(bytes) {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw TFError.invalidArgument("the text is not valid UTF-8")
      }
      try self.init(text: text)
    } else {
      try self.init(serialized: bytes)
    }
  }
}
