package import CKernels

/// The loop of an element-wise op, for fixed dtypes: what running alone and running fused have in
/// common.
package struct ElementwiseLoop: Sendable {
  package let loop: jk_loop
  package let params: LoopParams?
  package let inputTypes: [DType]
  package let outputType: DType
  /// Rough cost per element, in additions of a float.
  package let cost: Int
  /// Turns a loop's status that is not 0 into an error.
  package let failure: @Sendable (Int32) -> TFError

  package init(
    _ loop: @escaping jk_loop, inputs: [DType], output: DType, cost: Int = 1,
    params: LoopParams? = nil,
    failure: @escaping @Sendable (Int32) -> TFError = { .internal("loop status \($0)") }
  ) {
    self.loop = loop
    self.params = params
    inputTypes = inputs
    outputType = output
    self.cost = cost
    self.failure = failure
  }

  /// The kernel for input shapes that broadcast to `output`.
  package func specialised(_ shapes: [Shape], output: Shape) throws -> Specialised {
    let layout = try BroadcastLayout(
      shapes, output, sizes: inputTypes.map(\.byteSize), outputSize: outputType.byteSize,
      grain: max(1024, 65_536 / cost))
    var overwrites: [Int] = []
    for (index, shape) in shapes.enumerated()
    where shape == output && inputTypes[index].byteSize == outputType.byteSize {
      overwrites.append(index)
    }
    let (loop, failure) = (loop, failure)
    // The parameters and the layout live as long as the closure that uses them.
    let params = params
    if layout.value.rank <= 1, layout.value.count <= layout.value.grain, layout.value.count > 0 {
      // A loop over few elements is called directly, without being split into parts.
      let direct = DirectLoop(
        loop, arity: shapes.count, count: Int(layout.value.count), layout.scalars, params)
      return .run(
        RunSpec(
          run: { pointers in
            let status = direct(pointers)
            if status != 0 { throw failure(status) }
          }, overwrites: overwrites, elementwise: self, direct: direct))
    }
    let shape = LoopParams(layout.value)
    return .run(
      RunSpec(
        run: { pointers in
          let status = jk_elementwise(
            loop, shape.pointer.assumingMemoryBound(to: jk_broadcast.self), pointers,
            params?.pointer)
          if status != 0 { throw failure(status) }
        }, overwrites: overwrites, elementwise: self, rows: rows(layout, shapes, output)))
  }

  /// Rows of two dimensions, along the first of which an input either moves or stays.
  private func rows(_ layout: BroadcastLayout, _ shapes: [Shape], _ output: Shape) -> RowForm? {
    guard layout.value.rank == 2, layout.value.count > 0 else { return nil }
    let count = Int(layout.value.dims.0)
    let whole = output.elementCount
    let shared = shapes.indices.filter { layout.step(of: $0, 0) == 0 }
    let (loop, failure, params, shape) = (loop, failure, params, LoopParams(layout.value))
    return RowForm(count: count, shared: shared, work: whole / count * cost) { pointers, range in
      let status = jk_elementwise_rows(
        loop, shape.pointer.assumingMemoryBound(to: jk_broadcast.self), pointers, params?.pointer,
        range.lowerBound,
        range.upperBound)
      if status != 0 { throw failure(status) }
    }
  }
}

/// A call of a C loop over few elements, on this thread.
package final class DirectLoop: Sendable {
  package struct Call: @unchecked Sendable {
    let loop: jk_loop
    let arity: Int
    let count: Int
    let scalars: UnsafePointer<Int32>
    let params: UnsafeRawPointer?

    /// - Returns: the loop's status.
    @inline(__always)
    package func callAsFunction(_ pointers: Pointers) -> Int32 {
      loop(
        UnsafeRawPointer(pointers).assumingMemoryBound(to: UnsafeRawPointer?.self), pointers[arity],
        count, scalars,
        params)
    }
  }

  /// The call with nothing that is counted; it must not outlive this object.
  package let call: Call
  private let scalars: LoopParams
  private let params: LoopParams?

  init(
    _ loop: @escaping jk_loop, arity: Int, count: Int, _ scalars: InlineArray<4, Int32>,
    _ params: LoopParams?
  ) {
    let scalars = LoopParams(scalars)
    self.scalars = scalars
    self.params = params
    call = Call(
      loop: loop, arity: arity, count: count,
      scalars: scalars.pointer.assumingMemoryBound(to: Int32.self),
      params: params?.pointer)
  }

  @inline(__always)
  func callAsFunction(_ pointers: Pointers) -> Int32 { call(pointers) }
}

/// Constants that a C loop reads, such as the slope of a leaky ReLU.
package final class LoopParams: @unchecked Sendable {
  package let pointer: UnsafeRawPointer
  package init<T: BitwiseCopyable>(_ value: T) {
    let memory = UnsafeMutablePointer<T>.allocate(capacity: 1)
    memory.initialize(to: value)
    pointer = UnsafeRawPointer(memory)
  }
  deinit { UnsafeMutableRawPointer(mutating: pointer).deallocate() }
}

/// How the inputs of an element-wise op are walked.
package struct BroadcastLayout: Sendable {
  package let value: jk_broadcast

  /// Of a flat layout: which inputs are one element for all.
  var scalars: InlineArray<4, Int32> {
    var result = InlineArray<4, Int32>(repeating: 0)
    withUnsafeBytes(of: value.strides) { strides in
      for input in 0..<Int(value.inputs) {
        result[input] = strides.load(fromByteOffset: input * 64, as: Int64.self) == 0 ? 1 : 0
      }
    }
    return result
  }

  /// How far an input moves from one place to the next along an axis, in elements.
  func step(of input: Int, _ axis: Int) -> Int {
    withUnsafeBytes(of: value.strides) {
      Int($0.load(fromByteOffset: (input * 8 + axis) * 8, as: Int64.self))
    }
  }

  /// - Throws: `UNIMPLEMENTED` when more than 8 dimensions stay after merging.
  package init(_ shapes: [Shape], _ output: Shape, sizes: [Int], outputSize: Int, grain: Int) throws
  {
    var layout = jk_broadcast()
    layout.inputs = Int32(shapes.count)
    layout.count = Int64(output.elementCount)
    layout.out_size = Int64(outputSize)
    layout.grain = Int64(grain)
    // Merge neighbours along which every input either moves or stays; skip dimensions of size 1.
    var dims: [Int] = []
    var moves: [[Bool]] = []
    for axis in 0..<output.rank where output[axis] != 1 {
      let moving = shapes.map { shape in
        let own = axis - (output.rank - shape.rank)
        return own >= 0 && shape[own] != 1
      }
      if let last = moves.last, last == moving {
        dims[dims.count - 1] *= output[axis]
      } else {
        dims.append(output[axis])
        moves.append(moving)
      }
    }
    if dims.isEmpty {
      dims = [1]
      moves = [[Bool](repeating: false, count: shapes.count)]
    }
    guard dims.count <= 8 else {
      throw TFError.unimplemented("Broadcast between \(shapes) is not supported yet.")
    }
    layout.rank = Int32(dims.count)
    for (axis, dim) in dims.enumerated() {
      withUnsafeMutableBytes(of: &layout.dims) {
        $0.storeBytes(of: Int64(dim), toByteOffset: axis * 8, as: Int64.self)
      }
    }
    for input in shapes.indices {
      var stride = 1
      for axis in dims.indices.reversed() {
        let step = moves[axis][input] ? stride : 0
        withUnsafeMutableBytes(of: &layout.strides) {
          $0.storeBytes(of: Int64(step), toByteOffset: (input * 8 + axis) * 8, as: Int64.self)
        }
        if moves[axis][input] { stride *= dims[axis] }
      }
      withUnsafeMutableBytes(of: &layout.in_size) {
        $0.storeBytes(of: Int64(sizes[input]), toByteOffset: input * 8, as: Int64.self)
      }
    }
    value = layout
  }
}
