import CKernels

/// A strided region of a dense tensor, in elements.
package struct Region: Sendable {
  package var dims: [Int]
  package var strides: [Int]
  package var offset = 0

  package init(dims: [Int], strides: [Int], offset: Int = 0) {
    self.dims = dims
    self.strides = strides
    self.offset = offset
  }

  /// All of a tensor of that shape.
  package init(_ dims: [Int]) { self.init(dims: dims, strides: Shape(dims).strides) }
  package init(_ shape: Shape) { self.init(shape.dims) }

  /// The part that starts at `start` along `axis` and has `size` elements there.
  package func window(_ axis: Int, _ start: Int, _ size: Int) -> Region {
    var region = self
    region.offset += start * strides[axis]
    region.dims[axis] = size
    return region
  }

  /// The dimensions in another order.
  package func permuted(_ order: [Int]) -> Region {
    Region(dims: order.map { dims[$0] }, strides: order.map { strides[$0] }, offset: offset)
  }

  /// Dimension `axis` as two, the inner one of size `inner`.
  package func split(_ axis: Int, inner: Int) -> Region {
    var region = self
    region.dims.replaceSubrange(axis...axis, with: [dims[axis] / max(inner, 1), inner])
    region.strides.replaceSubrange(axis...axis, with: [strides[axis] * inner, strides[axis]])
    return region
  }

  /// The same elements backwards along `axis`.
  package func reversed(_ axis: Int) -> Region {
    var region = self
    region.offset += (dims[axis] - 1) * strides[axis]
    region.strides[axis] = -strides[axis]
    return region
  }

  /// With a dimension of size `size` before `axis` along which it stays where it is.
  package func repeated(_ axis: Int, _ size: Int) -> Region {
    var region = self
    region.dims.insert(size, at: axis)
    region.strides.insert(0, at: axis)
    return region
  }
}

/// What a kernel does that only moves elements: copies between regions of its inputs and outputs.
package struct Copies: Sendable {
  private var list: [jk_copy] = []
  private let elementSize: Int
  private var isOrdered = false

  package init(_ dtype: DType) { elementSize = dtype.byteSize }

  /// Copies a region of tensor number `source` (inputs come before outputs) to one of
  /// `destination`.
  ///
  /// - Throws: `UNIMPLEMENTED` for more dimensions than the loops take.
  package mutating func add(_ source: Int, _ from: Region, to destination: Int, _ region: Region)
    throws
  {
    precondition(from.dims == region.dims)
    try append(Int32(source), from, Int32(destination), region)
  }

  /// Sets a region to zeros.
  package mutating func zero(_ destination: Int, _ region: Region) throws {
    try append(-1, region, Int32(destination), region)
  }

  /// What follows overwrites what came before, and so starts when that is done.
  package mutating func wait() { isOrdered = true }

  private mutating func append(
    _ source: Int32, _ from: Region, _ destination: Int32, _ region: Region
  ) throws {
    if region.dims.contains(0) { return }
    let axes = region.dims.indices.filter { region.dims[$0] != 1 }
    guard axes.count <= Int(JK_COPY_RANK) else {
      throw TFError.unimplemented(
        "Unhandled rank: \(region.dims.count) dimensions are not supported")
    }
    let size = elementSize
    var copy = jk_copy()
    copy.src = source
    copy.dst = destination
    copy.rank = Int32(axes.count)
    copy.size = Int32(size)
    copy.waits = isOrdered ? 1 : 0
    isOrdered = false
    copy.src_offset = Int64(from.offset * size)
    copy.dst_offset = Int64(region.offset * size)
    func fill<T>(_ field: inout T, _ values: (Int) -> Int) {
      withUnsafeMutableBytes(of: &field) { bytes in
        for (position, axis) in axes.enumerated() {
          bytes.storeBytes(of: Int64(values(axis)), toByteOffset: position * 8, as: Int64.self)
        }
      }
    }
    fill(&copy.dims) { region.dims[$0] }
    fill(&copy.src_stride) { from.strides[$0] * size }
    fill(&copy.dst_stride) { region.strides[$0] * size }
    jk_copy_prepare(&copy)
    list.append(copy)
  }

  package func run(_ pointers: Pointers) {
    list.withUnsafeBufferPointer { copies in
      if let base = copies.baseAddress { jk_copies(base, copies.count, pointers) }
    }
  }

  /// The kernel; no copy at all where the only output is one of the inputs, element by element.
  package func specialised(_ context: SpecialiseContext) -> Specialised {
    if list.count == 1, context.outputs.count == 1,
      let source = context.inputs.indices.first(where: { list[0].src == $0 }),
      list[0].rank == 1, list[0].src_offset == 0, list[0].dst_offset == 0,
      list[0].src_stride.0 == Int64(list[0].size), list[0].dst_stride.0 == Int64(list[0].size),
      Int(list[0].bytes) == context.outputs[0].elementCount * elementSize,
      context.inputs[source].elementCount == context.outputs[0].elementCount
    {
      return .alias(of: source)
    }
    let copies = self
    return .run(RunSpec(run: { copies.run($0) }, rows: rows))
  }

  /// The copies row by row, if they all go through the same rows of all tensors.
  private var rows: RowForm? {
    var rowCopies: [jk_row_copy] = []
    var count: Int64 = 0
    for var copy in list {
      var row = jk_row_copy()
      let own = jk_copy_rows(&copy, &row)
      guard own > 1, count == 0 || own == count, row.src_row > 0, row.dst_row > 0 else {
        return nil
      }
      count = own
      rowCopies.append(row)
    }
    guard count > 0 else { return nil }
    // Rows that are the same parts of all: those of one tensor are as long in every copy.
    var lengths: [Int32: Int64] = [:]
    for row in rowCopies {
      for (tensor, length, end) in [
        (row.src, row.src_row, row.src_offset + row.bytes),
        (row.dst, row.dst_row, row.dst_offset + row.bytes),
      ] {
        guard lengths[tensor] == nil || lengths[tensor] == length, end <= length else { return nil }
        lengths[tensor] = length
      }
    }
    let bytes = Int(rowCopies.reduce(0) { $0 + $1.bytes })
    return RowForm(count: Int(count), work: bytes / 16) { [rowCopies] pointers, range in
      rowCopies.withUnsafeBufferPointer {
        jk_run_row_copies(
          $0.baseAddress!, $0.count, pointers, Int64(range.lowerBound), Int64(range.upperBound))
      }
    }
  }
}

extension Kernel {
  /// A kernel whose elements, of type `attribute`, are only moved; strings, resources and variants
  /// among them.
  package static func copies(
    _ types: [String: DTypeSet] = [:], _ attribute: String = "T",
    _ body: @escaping @Sendable (SpecialiseContext, KernelContext, inout Copies) throws -> Void
  ) -> Kernel {
    .raw(types, objects: .move(attribute)) { context in
      let dtype = try context.type(attribute)
      return { specialise in
        var copies = Copies(dtype)
        try body(specialise, context, &copies)
        return copies.specialised(specialise)
      }
    }
  }
}
