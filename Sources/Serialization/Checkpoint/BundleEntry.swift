import CoreOps

/// What the index of a checkpoint says about itself, as TensorFlow's `BundleHeaderProto`.
struct BundleHeader {
  var shardCount = 1
  /// The version of the format that Janus writes, as TensorFlow does.
  var producer = 1
  private static let newestKnown = 1

  init(shardCount: Int) { self.shardCount = shardCount }

  /// - Throws: `DATA_LOSS`; `UNIMPLEMENTED` for big-endian checkpoints; `FAILED_PRECONDITION` for
  ///   later versions of the format.
  init(_ bytes: [UInt8]) throws {
    shardCount = 0
    var minConsumer = 0
    try bytes.withUnsafeBytes { bytes in
      var reader = WireReader(bytes)
      while let tag = try reader.tag() {
        switch (tag.number, tag.wireType) {
        case (1, 0): shardCount = Int(truncatingIfNeeded: try reader.varint())
        case (2, 0):
          guard try reader.varint() == 0 else {
            throw TFError.unimplemented("the checkpoint is big-endian")
          }
        case (3, 2):
          var version = WireReader(try reader.block())
          while let tag = try version.tag() {
            guard tag.number == 2, tag.wireType == 0 else {
              try version.skip(tag.wireType)
              continue
            }
            minConsumer = Int(truncatingIfNeeded: try version.varint())
          }
        default: try reader.skip(tag.wireType)
        }
      }
    }
    guard minConsumer <= Self.newestKnown else {
      throw TFError.failedPrecondition(
        "the checkpoint needs version \(minConsumer) of the format, which is newer than 1")
    }
    guard (0..<BundleEntry.mostShards).contains(shardCount) else {
      throw TFError(.dataLoss, "the checkpoint has \(shardCount) shards")
    }
  }

  var bytes: [UInt8] {
    var writer = WireWriter()
    writer.tag(1, 0)
    writer.varint(UInt64(shardCount))
    var version = WireWriter()
    version.tag(1, 0)
    version.varint(UInt64(producer))
    writer.tag(3, 2)
    writer.block(version.bytes)
    return writer.bytes
  }
}

/// What the index of a checkpoint says about one tensor, as TensorFlow's `BundleEntryProto`.
struct BundleEntry {
  /// The number of the dtype, which may be one that Janus does not have.
  var dtypeNumber = 0
  var dims: [Int] = []
  var shard = 0
  var offset = 0
  var size = 0
  /// The masked checksum of the bytes.
  var crc: UInt32 = 0
  /// The parts in which the tensor is stored, under keys of their own; none where it is whole.
  var slices: [TensorSlice] = []

  /// How many data files a checkpoint may have: their names have five digits.
  static let mostShards = 100_000

  var dtype: DType? { UInt8(exactly: dtypeNumber).flatMap(DType.init) }

  init() {}

  /// - Throws: `DATA_LOSS`.
  init(_ bytes: UnsafeRawBufferPointer) throws {
    var reader = WireReader(bytes)
    while let tag = try reader.tag() {
      switch (tag.number, tag.wireType) {
      case (1, 0): dtypeNumber = Int(truncatingIfNeeded: try reader.varint())
      case (2, 2): dims = try Self.shape(reader.block())
      case (3, 0): shard = Int(truncatingIfNeeded: try reader.varint())
      case (4, 0): offset = Int(truncatingIfNeeded: try reader.varint())
      case (5, 0): size = Int(truncatingIfNeeded: try reader.varint())
      case (6, 5): crc = try reader.fixed32()
      case (7, 2): slices.append(try Self.slice(reader.block()))
      default: try reader.skip(tag.wireType)
      }
    }
    guard dtypeNumber >= 0, (0..<Self.mostShards).contains(shard), offset >= 0, size >= 0,
      Shape.elementCount(dims) != nil,
      slices.allSatisfy({ $0.extents.allSatisfy { $0.start >= 0 && ($0.length ?? 0) >= 0 } })
    else { throw TFError(.dataLoss, "the entry has a number that is out of range") }
  }

  private static func shape(_ bytes: UnsafeRawBufferPointer) throws -> [Int] {
    var reader = WireReader(bytes)
    var dims: [Int] = []
    while let tag = try reader.tag() {
      guard tag.number == 2, tag.wireType == 2 else {
        try reader.skip(tag.wireType)
        continue
      }
      var dim = WireReader(try reader.block())
      var size = 0
      while let tag = try dim.tag() {
        if tag.number == 1, tag.wireType == 0 {
          size = Int(truncatingIfNeeded: try dim.varint())
        } else {
          try dim.skip(tag.wireType)
        }
      }
      dims.append(size)
    }
    guard dims.count <= PartialShape.maxRank else {
      throw TFError(.dataLoss, "the entry's shape has \(dims.count) dimensions")
    }
    return dims
  }

  private static func slice(_ bytes: UnsafeRawBufferPointer) throws -> TensorSlice {
    var reader = WireReader(bytes)
    var extents: [TensorSlice.Extent] = []
    while let tag = try reader.tag() {
      guard tag.number == 1, tag.wireType == 2 else {
        try reader.skip(tag.wireType)
        continue
      }
      var extent = TensorSlice.Extent.full
      var inner = WireReader(try reader.block())
      while let tag = try inner.tag() {
        switch (tag.number, tag.wireType) {
        case (1, 0): extent.start = Int(truncatingIfNeeded: try inner.varint())
        case (2, 0): extent.length = Int(truncatingIfNeeded: try inner.varint())
        default: try inner.skip(tag.wireType)
        }
      }
      extents.append(extent)
    }
    return TensorSlice(extents)
  }

  var bytes: [UInt8] {
    var writer = WireWriter()
    func field(_ number: Int, _ value: Int) {
      guard value != 0 else { return }
      writer.tag(number, 0)
      writer.varint(UInt64(value))
    }
    func message(_ number: Int, _ content: [UInt8], in writer: inout WireWriter) {
      writer.tag(number, 2)
      writer.block(content)
    }
    field(1, dtypeNumber)
    var shape = WireWriter()
    for size in dims {
      var dim = WireWriter()
      if size != 0 {
        dim.tag(1, 0)
        dim.varint(UInt64(size))
      }
      message(2, dim.bytes, in: &shape)
    }
    message(2, shape.bytes, in: &writer)
    field(3, shard)
    field(4, offset)
    field(5, size)
    if crc != 0 {
      writer.tag(6, 5)
      writer.fixed32(crc)
    }
    for slice in slices {
      var list = WireWriter()
      for extent in slice.extents {
        var one = WireWriter()
        if extent.start != 0 {
          one.tag(1, 0)
          one.varint(UInt64(extent.start))
        }
        if let length = extent.length {
          one.tag(2, 0)
          one.varint(UInt64(length))
        }
        message(1, one.bytes, in: &list)
      }
      message(7, list.bytes, in: &writer)
    }
    return writer.bytes
  }
}
