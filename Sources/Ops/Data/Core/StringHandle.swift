import CoreOps

/// A resource handle as text: the fields of TensorFlow's `ResourceHandleProto` by which it is
/// found.
struct StringHandle {
  let container: String
  let name: String

  /// The one device.
  static let device = "/job:localhost/replica:0/task:0/device:CPU:0"

  init(container: String, name: String) {
    self.container = container
    self.name = name
  }

  var bytes: [UInt8] {
    [Self.device, container, name].enumerated().flatMap { index, text in
      // A field of bytes: number and kind, length, content.
      [UInt8(index + 1) << 3 | 2] + Self.varint(text.utf8.count) + Array(text.utf8)
    }
  }

  /// nil when the bytes are no such message.
  init?(_ string: ByteString) {
    let bytes = Array(string)
    var position = 0
    var fields: [Int: [UInt8]] = [:]
    func varint() -> Int? {
      var (value, shift) = (UInt64(0), UInt64(0))
      while position < bytes.count, shift < 64 {
        let byte = bytes[position]
        position += 1
        value |= UInt64(byte & 0x7f) << shift
        if byte < 0x80 { return Int(exactly: value) }
        shift += 7
      }
      return nil
    }
    while position < bytes.count {
      guard let key = varint() else { return nil }
      switch key & 7 {
      case 0:
        guard varint() != nil else { return nil }
      case 2:
        guard let count = varint(), count >= 0, count <= bytes.count - position else { return nil }
        fields[key >> 3] = Array(bytes[position..<position + count])
        position += count
      default: return nil
      }
    }
    guard let name = fields[3] else { return nil }
    self.name = String(decoding: name, as: UTF8.self)
    container = String(decoding: fields[2] ?? [], as: UTF8.self)
  }

  private static func varint(_ value: Int) -> [UInt8] {
    var (rest, bytes): (Int, [UInt8]) = (value, [])
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  /// The resource whose handle input 0 is.
  ///
  /// - Parameter kind: TensorFlow's name of such resources.
  /// - Throws: `INVALID_ARGUMENT` when the input is no handle; `NOT_FOUND`.
  static func resource<R: TensorObject>(_ run: DynamicContext, _ kind: String) throws -> R {
    try require(run.inputs[0].dims.rank == 0, "string_handle must be a scalar")
    guard let handle = StringHandle(run.inputs[0].strings[0]) else {
      throw TFError.invalidArgument("string_handle could not be parsed as a valid ResourceHandle")
    }
    guard let found: R = run.execution.resources.find(handle.container, handle.name) else {
      throw TFError.notFound("Resource \(handle.container)/\(handle.name)/\(kind) does not exist.")
    }
    return found
  }
}
