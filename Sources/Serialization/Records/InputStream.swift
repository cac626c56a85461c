import CZlib
import CoreOps

/// How the bytes of a file are compressed as a whole.
package enum Compression: String, Sendable {
  case none = ""
  case zlib = "ZLIB"
  case gzip = "GZIP"

  /// zlib's number for the format.
  var windowBits: Int32 { self == .gzip ? 15 + 16 : 15 }
}

/// The bytes of a file from front to back, unpacked where they are compressed.
package final class InputStream {
  package let path: String
  private let file: RandomAccessFile
  /// Where the next bytes in the file are.
  private var offset = 0
  private let inflater: Inflater?

  private static let blockSize = 1 << 18

  /// - Throws: `NOT_FOUND`, `PERMISSION_DENIED`, `FAILED_PRECONDITION` as opening the file.
  package convenience init(_ path: String, _ compression: Compression = .none) throws {
    try self.init(RandomAccessFile(path), compression)
  }

  package init(_ file: RandomAccessFile, _ compression: Compression = .none) throws {
    path = file.path
    self.file = file
    inflater = compression == .none ? nil : try Inflater(compression)
  }

  /// The bytes that the file has, packed or not.
  package var fileSize: Int { file.size }

  /// Fills `target` as far as there are bytes.
  ///
  /// - Returns: how many there were: fewer only at the end.
  /// - Throws: `DATA_LOSS` where compressed bytes are damaged; as the system says.
  package func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    guard let inflater else {
      let count = min(target.count, file.size - offset)
      try file.read(into: UnsafeMutableRawBufferPointer(rebasing: target[..<count]), at: offset)
      offset += count
      return count
    }
    var done = 0
    while done < target.count {
      try Cancellation.checkCurrent()
      if inflater.needsInput, offset < file.size {
        let count = min(Self.blockSize, file.size - offset)
        inflater.add(try file.bytes(at: offset, count: count))
        offset += count
      }
      let count = try inflater.read(
        into: UnsafeMutableRawBufferPointer(rebasing: target[done...]), path)
      if count == 0, inflater.needsInput, offset == file.size { break }
      done += count
    }
    return done
  }
}

/// Unpacks compressed bytes as they come.
package final class Inflater {
  private let compression: Compression
  /// In a place of its own, as zlib wants.
  private let stream: UnsafeMutablePointer<z_stream>
  private var packed: [UInt8] = []
  private var used = 0
  /// Whether a member ended: another may follow.
  private var hasEnded = false

  /// - Throws: `RESOURCE_EXHAUSTED`.
  package init(_ compression: Compression) throws {
    self.compression = compression
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(stream, compression.windowBits, ZLIB_VERSION, size) == Z_OK else {
      stream.deallocate()
      throw TFError.resourceExhausted("out of memory")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Whether all bytes that were given are used up.
  package var needsInput: Bool { used == packed.count }

  /// Gives the next compressed bytes, once those before are used up.
  package func add(_ bytes: [UInt8]) {
    packed = bytes
    used = 0
  }

  /// Unpacks as much as there is room or input for.
  ///
  /// - Parameter name: what errors call the source.
  /// - Throws: `DATA_LOSS` where the bytes are damaged.
  package func read(into target: UnsafeMutableRawBufferPointer, _ name: String) throws -> Int {
    guard let start = target.baseAddress, !target.isEmpty, !needsInput else { return 0 }
    if hasEnded {
      // A stream of zlib is the whole; what follows one of gzip is another.
      guard compression == .gzip else {
        used = packed.count
        return 0
      }
      inflateReset(stream)
      hasEnded = false
    }
    let room = min(target.count, 1 << 30)
    let status = packed.withUnsafeMutableBufferPointer { packed -> Int32 in
      stream.pointee.next_in = packed.baseAddress! + used
      stream.pointee.avail_in = UInt32(packed.count - used)
      stream.pointee.next_out = start.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(room)
      let status = inflate(stream, Z_NO_FLUSH)
      used = packed.count - Int(stream.pointee.avail_in)
      return status
    }
    switch status {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: hasEnded = true
    default:
      let reason = stream.pointee.msg.map { ": \(String(cString: $0))" } ?? ""
      throw TFError(.dataLoss, "inflate() failed with error \(status)\(reason) in \(name)")
    }
    return room - Int(stream.pointee.avail_out)
  }

  /// All that compressed bytes unpack to.
  ///
  /// - Parameter most: the bytes that it may be.
  /// - Throws: `DATA_LOSS` where they are damaged; `INVALID_ARGUMENT` where it would be more;
  ///   `RESOURCE_EXHAUSTED`.
  package static func unpack(
    _ bytes: [UInt8], _ compression: Compression, most: Int
  ) throws -> [UInt8] {
    let inflater = try Inflater(compression)
    inflater.add(bytes)
    var result: [UInt8] = []
    let block = 1 << 18
    while !inflater.needsInput {
      try Cancellation.checkCurrent()
      try MemoryLimit.room(for: result.count + block)
      let part = try [UInt8](unsafeUninitializedCapacity: block) { buffer, count in
        count = try inflater.read(into: UnsafeMutableRawBufferPointer(buffer), "the input")
      }
      if part.isEmpty, !inflater.needsInput, !inflater.hasEnded { break }
      result += part
      guard result.count <= most else {
        throw TFError.invalidArgument("Decompressed size exceeds \(most >> 30)GB limit")
      }
    }
    return result
  }
}
