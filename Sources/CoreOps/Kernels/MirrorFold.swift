import CKernels

/// The gradient of mirror padding adds what lies in the border to where it was mirrored from.
enum MirrorFold {
  static let kernel = Kernel.raw(["T": .numbers]) { context in
    let dtype = try context.type("T")
    let skipped: Int32 = try context.string("mode") == "REFLECT" ? 1 : 0
    return { specialise in
      let paddings = try specialise.integers(1)
      let (input, output) = (specialise.inputs[0], specialise.outputs[0])
      let byteCount = input.elementCount * dtype.byteSize
      var inside = Region(input)
      for axis in 0..<output.rank { inside = inside.window(axis, paddings[2 * axis], output[axis]) }
      var copies = Copies(dtype)
      // The folded input is in the scratch memory, after the output.
      try copies.add(3, inside, to: 2, Region(output))
      let crop = copies
      let isEmpty = output.elementCount == 0
      return .run(scratch: byteCount) { pointers in
        if isEmpty { return }
        pointers[3].copyMemory(from: pointers[0], byteCount: byteCount)
        for axis in 0..<input.rank {
          jk_mirror_fold(
            Int32(dtype.rawValue), Int64((0..<axis).reduce(1) { $0 * input[$1] }),
            Int64(input[axis]),
            Int64((axis + 1..<input.rank).reduce(1) { $0 * input[$1] }), Int64(paddings[2 * axis]),
            Int64(output[axis]), skipped, pointers[3])
        }
        crop.run(pointers)
      }
    }
  }
}

/// Sets `count` bytes to 0.
package func memsetZero(_ pointer: UnsafeMutableRawPointer, _ count: Int) {
  UnsafeMutableRawBufferPointer(start: pointer, count: count).initializeMemory(
    as: UInt8.self, repeating: 0)
}
