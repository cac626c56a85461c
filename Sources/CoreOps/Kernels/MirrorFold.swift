import CKernels

/// The gradient of mirror padding adds what lies in the border to where it was mirrored from.
enum MirrorFold {
  static let kernel = Kernel.raw(["T": .numbers]) { context in
    let dtype = try context.type("T")
    let skipped: Int32 = try context.string("mode") == "REFLECT" ? 1 : 0
    return { specialise in
      let paddings = try specialise.integers(1)
      let output = specialise.outputs[0]
      let byteCount = output.elementCount * dtype.byteSize
      guard output.rank <= Int(JK_COPY_RANK) else {
        throw TFError.unimplemented("Unhandled rank: \(output.rank) dimensions are not supported")
      }
      let dims = specialise.inputs[0].dims.map { Int64($0) }
      let inner = output.dims.map { Int64($0) }
      let before = (0..<output.rank).map { Int64(paddings[2 * $0]) }
      let isEmpty = output.elementCount == 0
      return .run { pointers in
        memsetZero(pointers[2], byteCount)
        if isEmpty { return }
        guard !dims.isEmpty else {
          pointers[2].copyMemory(from: pointers[0], byteCount: byteCount)
          return
        }
        jk_mirror_fold(
          Int32(dtype.rawValue), Int32(dims.count), dims, inner, before, skipped, pointers[0], pointers[2])
      }
    }
  }
}

/// Sets `count` bytes to 0.
package func memsetZero(_ pointer: UnsafeMutableRawPointer, _ count: Int) {
  UnsafeMutableRawBufferPointer(start: pointer, count: count).initializeMemory(as: UInt8.self, repeating: 0)
}
