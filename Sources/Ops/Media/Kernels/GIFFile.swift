import CoreOps

/// A GIF file (version 89a): images that are painted one over the other.
struct GIFFile {
  /// An image of the file.
  struct Frame {
    let left: Int
    let top: Int
    let width: Int
    let height: Int
    let isInterlaced: Bool
    /// Where its colours begin in the file, and how many bytes they have; nil for the file's.
    let colors: Range<Int>?
    /// The index that stands for the pixel below.
    let transparent: Int?
    /// Where the blocks of its pixels begin.
    let data: Int
    /// The indices of its colours, row by row as the file has them.
    var pixels: [UInt8] = []

    /// The rows in the order in which the file has them.
    var rows: [Int] {
      guard isInterlaced else { return Array(0..<height) }
      return [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap {
        Array(stride(from: $0.0, to: height, by: $0.1))
      }
    }
  }

  private let bytes: UnsafeRawBufferPointer
  private let colors: Range<Int>?
  /// The images up to the first that is damaged.
  private(set) var frames: [Frame] = []

  /// Reads the images.
  ///
  /// - Parameter bytes: outlive the value.
  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words when there is none that is whole;
  ///   `RESOURCE_EXHAUSTED`; when the run is to end.
  init(_ bytes: UnsafeRawBufferPointer) throws {
    self.bytes = bytes
    guard bytes.starts(with: "GIF".utf8) else {
      throw Self.error(bytes, "failed to open gif file: Data is not in GIF format")
    }
    var reader = ByteReader(bytes, at: 6)
    guard let screen = reader.take(7),
      let colors = Self.colors(bytes[screen.lowerBound + 4], &reader)
    else { throw Self.error(bytes, "failed to open gif file: No screen descriptor detected") }
    self.colors = colors.isEmpty ? nil : colors
    var damage = readRecords(&reader)
    damage = try decode() ?? damage
    if frames.isEmpty {
      throw Self.error(
        bytes, "failed to slurp gif file: \(damage ?? "No Image Descriptor detected")")
    }
  }

  static func error(_ bytes: UnsafeRawBufferPointer, _ reason: String) -> TFError {
    .invalidArgument("Invalid GIF data (size \(bytes.count)), \(reason)")
  }

  private static let readFailed = "Failed to read from given file"

  /// The colours that a byte of flags announces, empty where there are none; nil at the file's end.
  private static func colors(_ flags: UInt8, _ reader: inout ByteReader) -> Range<Int>? {
    flags & 0x80 == 0 ? 0..<0 : reader.take(3 << Int(flags & 7 + 1))
  }

  /// Goes through the records, as far as they are whole.
  ///
  /// - Returns: what ends them in place of the mark for the end, in the words of giflib.
  private mutating func readRecords(_ reader: inout ByteReader) -> String? {
    var transparent: Int?
    while true {
      guard let mark = reader.byte() else { return Self.readFailed }
      switch mark {
      case 0x2c:
        guard let place = reader.take(9),
          let local = Self.colors(bytes[place.lowerBound + 8], &reader)
        else { return Self.readFailed }
        func word(_ offset: Int) -> Int {
          Int(bytes[place.lowerBound + offset]) | Int(bytes[place.lowerBound + offset + 1]) << 8
        }
        let frame = Frame(
          left: word(0), top: word(2), width: word(4), height: word(6),
          isInterlaced: bytes[place.lowerBound + 8] & 0x40 != 0,
          colors: local.isEmpty ? nil : local, transparent: transparent, data: reader.position)
        guard let pixelBits = reader.byte(), pixelBits <= 8 else { return Self.readFailed }
        if frame.width == 0 || frame.height == 0 { return "Unknown error" }
        guard reader.skipBlocks() else { return Self.readFailed }
        frames.append(frame)
        transparent = nil
      case 0x21:
        guard let label = reader.byte(), let size = reader.byte() else { return Self.readFailed }
        if size > 0 {
          guard let block = reader.take(Int(size)) else { return Self.readFailed }
          // The control of the image that follows.
          if label == 0xf9, size == 4, bytes[block.lowerBound] & 1 != 0 {
            transparent = transparent ?? Int(bytes[block.lowerBound + 3])
          }
          guard reader.skipBlocks() else { return Self.readFailed }
        }
      case 0x3b: return nil
      default: return "Wrong record type detected"
      }
    }
  }

  /// Decodes the images up to the first that is damaged, and drops it and those behind it.
  ///
  /// - Returns: what is wrong with it, in the words of giflib.
  private mutating func decode() throws -> String? {
    var lzw = LZWReader()
    var pace = Pace()
    var total = 0
    for index in frames.indices {
      lzw.start(bytes, at: frames[index].data)
      var line = [UInt8](repeating: 0, count: frames[index].width)
      for _ in 0..<frames[index].height {
        try pace.step(16 * line.count + 64)
        if let damage = lzw.read(bytes, &line) {
          frames.removeSubrange(index...)
          return damage
        }
        total += line.count
        try MemoryLimit.room(for: total)
        frames[index].pixels += line
      }
    }
    return nil
  }

  /// Paints images, each over those before it, as three bytes a pixel.
  ///
  /// - Parameters:
  ///   - count: how many, at most those there are.
  ///   - width, height: of the canvas.
  ///   - canvas: room for `count` canvases of zeros.
  /// - Throws: `INVALID_ARGUMENT` for colours that are not there; when the run is to end.
  func paint(
    _ count: Int, width: Int, height: Int, _ canvas: UnsafeMutableBufferPointer<UInt8>
  ) throws {
    var pace = Pace()
    let size = width * height * 3
    for (number, frame) in frames.prefix(count).enumerated() {
      let to = UnsafeMutableBufferPointer(rebasing: canvas[number * size..<(number + 1) * size])
      if number > 0 {
        _ = to.update(fromContentsOf: canvas[(number - 1) * size..<number * size])
      }
      try pace.step(size / 8)
      guard let palette = frame.colors ?? colors else {
        throw Self.error(bytes, "missing color map for frame \(number)")
      }
      for (row, y) in frame.rows.enumerated() where frame.top + y < height {
        try pace.step(8 * frame.width)
        for x in 0..<max(0, min(frame.width, width - frame.left)) {
          let index = Int(frame.pixels[row * frame.width + x])
          if index == frame.transparent { continue }
          guard index < palette.count / 3 else {
            throw Self.error(
              bytes,
              "found color index \(index) outside of color map range \(palette.count / 3)")
          }
          let pixel = ((frame.top + y) * width + frame.left + x) * 3
          for part in 0..<3 { to[pixel + part] = bytes[palette.lowerBound + index * 3 + part] }
        }
      }
    }
  }
}

/// Goes through bytes from front to end.
private struct ByteReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position: Int

  init(_ bytes: UnsafeRawBufferPointer, at position: Int) {
    self.bytes = bytes
    self.position = position
  }

  mutating func byte() -> UInt8? { take(1).map { bytes[$0.lowerBound] } }

  /// Where the next `count` bytes are; nil where there are fewer.
  mutating func take(_ count: Int) -> Range<Int>? {
    guard position <= bytes.count, bytes.count - position >= count else { return nil }
    defer { position += count }
    return position..<position + count
  }

  /// Passes blocks, each of them with its size before it, up to the empty one.
  ///
  /// - Returns: false where the bytes end before.
  mutating func skipBlocks() -> Bool {
    while let size = byte() {
      if size == 0 { return true }
      if take(Int(size)) == nil { return false }
    }
    return false
  }
}

/// The compression of GIF, by Lempel, Ziv and Welch: codes of growing width stand for strings of
/// pixels, each of them an earlier one and one pixel more.
private struct LZWReader {
  private static let mostBits = 12
  /// giflib's bound on the pixels that one code stands for, and so on a circle of codes.
  private static let longestString = 1 << mostBits - 1
  /// giflib's mark for a code that is not there, 4098, as a byte.
  private static let missing: UInt8 = 2

  private var bits = 0
  private var bitCount = 0
  private var position = 0
  /// How many bytes are left of a block.
  private var block = 0

  private var pixelBits = 0
  private var width = 0
  private var next = 0
  private var last: Int?
  /// What is wrong with the data, in the words of giflib.
  private var damage: String?
  private var prefixes = [UInt16](repeating: 0, count: 1 << mostBits)
  private var suffixes = [UInt8](repeating: 0, count: 1 << mostBits)
  /// The first pixel of each string.
  private var firsts = [UInt8](repeating: 0, count: 1 << mostBits)
  /// Pixels that were decoded and not given yet, the next one last.
  private var pending: [UInt8] = []

  private var clear: Int { 1 << pixelBits }

  /// Begins at the byte that says how many bits a pixel has.
  mutating func start(_ bytes: UnsafeRawBufferPointer, at position: Int) {
    self = LZWReader(prefixes: prefixes, suffixes: suffixes, firsts: firsts)
    pixelBits = Int(bytes[position])
    self.position = position + 1
    reset()
  }

  init() {}
  private init(prefixes: [UInt16], suffixes: [UInt8], firsts: [UInt8]) {
    self.prefixes = prefixes
    self.suffixes = suffixes
    self.firsts = firsts
  }

  private mutating func reset() {
    width = pixelBits + 1
    next = clear + 2
    last = nil
    for code in prefixes.indices {
      prefixes[code] = .max
      firsts[code] = Self.missing
    }
  }

  /// Fills a line with the next pixels.
  ///
  /// - Returns: what is wrong with the data.
  mutating func read(_ bytes: UnsafeRawBufferPointer, _ line: inout [UInt8]) -> String? {
    var filled = 0
    while filled < line.count {
      if let pixel = pending.popLast() {
        line[filled] = pixel
        filled += 1
      } else if let code = code(bytes) {
        if !decode(code) { return damage }
      } else {
        return damage
      }
    }
    return nil
  }

  private mutating func code(_ bytes: UnsafeRawBufferPointer) -> Int? {
    while bitCount < width {
      guard position < bytes.count else {
        damage = "Failed to read from given file"
        return nil
      }
      if block == 0 {
        block = Int(bytes[position])
        position += 1
        if block == 0 {
          damage = "Image is defective, decoding aborted"
          return nil
        }
        continue
      }
      bits |= Int(bytes[position]) << bitCount
      bitCount += 8
      position += 1
      block -= 1
    }
    defer {
      bits >>= width
      bitCount -= width
    }
    return bits & (1 << width - 1)
  }

  /// Puts the pixels of a code among those to be given.
  ///
  /// - Returns: false for the code that ends the image, and for one that stands for nothing.
  private mutating func decode(_ code: Int) -> Bool {
    if code == clear {
      reset()
      return true
    }
    damage =
      code == clear + 1
      ? "Image EOF detected before image complete" : "Image is defective, decoding aborted"
    guard code != clear + 1 else { return false }
    var string = code
    var final: UInt8?
    if code >= next {
      // The string that this code makes: the last one and its own first pixel. A code that none
      // makes yet has giflib's mark for that in place of the pixel.
      guard let last else { return false }
      final = code == next ? firsts(of: last) : Self.missing
      pending.append(final!)
      string = last
    }
    while string > clear {
      // What a code stands for that is not there; and a circle, which damaged codes may form.
      guard string < prefixes.count, pending.count < Self.longestString else { return false }
      pending.append(suffixes[string])
      string = Int(prefixes[string])
    }
    guard pending.count < Self.longestString else { return false }
    pending.append(UInt8(truncatingIfNeeded: string))
    if let last, next < 1 << Self.mostBits {
      prefixes[next] = UInt16(last)
      suffixes[next] = final ?? firsts(of: code)
      firsts[next] = firsts(of: last)
      next += 1
      if next == 1 << width, width < Self.mostBits { width += 1 }
    }
    last = code
    return true
  }

  private func firsts(of code: Int) -> UInt8 {
    code < clear ? UInt8(truncatingIfNeeded: code) : firsts[code]
  }
}
