import CKernels

/// Ops that make sequences, and those that look for elements.
package struct SearchOps: OpFamily {
  package static let family: Self = define(Self())

  package let range: OpDef = OpDef(
    "Range",
    """
    start: Tidx, limit: Tidx, delta: Tidx -> output: Tidx
    Tidx: {bfloat16, half, float, double, int8, int16, int32, int64, uint16, uint32, uint64} = int32
    """,
    shape: { context in
      for (index, name) in ["start", "limit", "delta"].enumerated() {
        if let shape = context.shapes[index].known, shape.rank != 0 {
          throw TFError.invalidArgument("\(name) must be a scalar, not shape \(shape)")
        }
      }
      guard let start = context.values[0], let limit = context.values[1],
        let delta = context.values[2]
      else { return [.unknown(rank: 1)] }
      return [[try rangeSize(start, limit, delta)]]
    },
    kernel: .raw { context in
      { specialise in
        let count = specialise.outputs[0].elementCount
        let (start, delta) = (try specialise.value(0), try specialise.value(2))
        let output = try Tensor.uninitialized(start.dtype, [count])
        if start.dtype.isFloating {
          let (first, step) = (try start.doubles()[0], try delta.doubles()[0])
          let (a, b) = (Float(first), Float(step))
          let rounded = Self.rounding(start.dtype)
          try output.fill(
            floats: { a + rounded(rounded(Float($0)) * b) }, doubles: { first + Double($0) * step })
        } else {
          let (first, step) = (try start.wrappingIntegers()[0], try delta.wrappingIntegers()[0])
          try output.fill { first &+ $0 &* step }
        }
        return .constant([output])
      }
    }, gradient: .zero)

  /// Every step of the arithmetic of a narrow dtype is rounded to it.
  private static func rounding(_ dtype: DType) -> (Float) -> Float {
    switch dtype {
    case .half: { Float(Float16($0)) }
    case .bfloat16: { BFloat16($0).float }
    default: { $0 }
    }
  }

  private static func rangeSize(_ start: Tensor, _ limit: Tensor, _ delta: Tensor) throws -> Int {
    if start.dtype.isFloating {
      let (a, b, step) = (try start.doubles()[0], try limit.doubles()[0], try delta.doubles()[0])
      try require(step != 0, "Requires delta != 0: \(step)")
      try require(
        step > 0 ? a <= b : a >= b,
        """
        Requires start \(step > 0 ? "<=" : ">=") limit when delta \(step > 0 ? ">" : "<") 0: \
        \(a)/\(b)
        """
      )
      let size = ((b - a) / step).magnitude.rounded(.up)
      try require(size < 9e15, "Requires ((limit - start) / delta) <= 2^63 - 1: \(size)")
      return Int(size)
    }
    let isUnsigned = start.dtype == .uint64
    let (a, b, step) = (
      try start.wrappingIntegers()[0], try limit.wrappingIntegers()[0],
      try delta.wrappingIntegers()[0]
    )
    try require(step != 0, "Requires delta != 0: \(step)")
    if isUnsigned {
      let (low, high) = (UInt(bitPattern: a), UInt(bitPattern: b))
      try require(low <= high, "Requires start <= limit when delta > 0: \(low)/\(high)")
      let span = high - low
      let stride = UInt(bitPattern: step)
      let size = span / stride + (span % stride == 0 ? 0 : 1)
      try require(size <= UInt(Int.max), "Requires ((limit - start) / delta) <= 2^63 - 1")
      return Int(size)
    }
    try require(
      step > 0 ? a <= b : a >= b,
      """
      Requires start \(step > 0 ? "<=" : ">=") limit when delta \(step > 0 ? ">" : "<") 0: \
      \(a)/\(b)
      """
    )
    let span = step > 0 ? UInt(bitPattern: b &- a) : UInt(bitPattern: a &- b)
    let size = span / step.magnitude + (span % step.magnitude == 0 ? 0 : 1)
    try require(size <= UInt(Int.max), "Requires ((limit - start) / delta) <= 2^63 - 1")
    return Int(size)
  }

  package let linSpace: OpDef = OpDef(
    "LinSpace",
    """
    start: T, stop: T, num: Tidx -> output: T
    T: {bfloat16, half, float, double}
    Tidx: {int32, int64} = int32
    """,
    shape: { context in
      for (index, name) in ["start", "stop", "num"].enumerated() {
        if let shape = context.shapes[index].known, shape.rank != 0 {
          throw TFError.invalidArgument("\(name) must be a scalar, not shape \(shape)")
        }
      }
      guard let count = try context.integers(2)?.first else { return [.unknown(rank: 1)] }
      try require(count > 0, "Requires num > 0: \(count)")
      return [[count]]
    },
    kernel: .raw(["T": [.floats]]) { _ in
      { specialise in
        let count = specialise.outputs[0].elementCount
        let (start, stop) = (try specialise.value(0), try specialise.value(1))
        let (a, b) = (try start.doubles()[0], try stop.doubles()[0])
        let output = try Tensor.uninitialized(start.dtype, [count])
        let step = (b - a) / Double(count - 1)
        let (first, last) = (Float(a), Float(b))
        let narrowStep = (last - first) / Float(count - 1)
        try output.fill(
          floats: { $0 == 0 ? first : $0 == count - 1 ? last : first + narrowStep * Float($0) },
          doubles: { $0 == 0 ? a : $0 == count - 1 ? b : a + step * Double($0) })
        return .constant([output])
      }
    }, gradient: .zero)

  package let `where`: OpDef = OpDef(
    "Where",
    """
    input: T -> index: int64
    T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64, bool} = bool
    """,
    shape: { [PartialShape([nil, $0.shapes[0].rank])] },
    kernel: .run(["T": [.numbers, .bool]]) { context in
      let input = context.inputs[0]
      guard input.dtype != .half else {
        throw TFError.unimplemented("No WhereOp available for float16/half type on CPU")
      }
      try require(
        1...8 ~= input.dims.rank, "WhereOp: Unhandled input dimensions: \(input.dims.rank)")
      let type = Int32(input.dtype.rawValue)
      let count = Int(jk_count_nonzero(type, input.pointer, Int64(input.dims.elementCount)))
      let output = try Tensor.uninitialized(.int64, [count, input.dims.rank])
      let dims = input.dims.dims.map { Int64($0) } + [0]
      jk_where(
        type, input.pointer, Int32(input.dims.rank), dims,
        output.pointer.assumingMemoryBound(to: Int64.self))
      return [output]
    }, gradient: .none("Where has no gradient"))

  private static let searched: DTypeSet = [.reals, .bool, .string]

  package let unique: OpDef = uniqueOp("Unique", hasAxis: false, hasCounts: false)
  package let uniqueV2: OpDef = uniqueOp("UniqueV2", hasAxis: true, hasCounts: false)
  package let uniqueWithCounts: OpDef = uniqueOp(
    "UniqueWithCounts", hasAxis: false, hasCounts: true)
  package let uniqueWithCountsV2: OpDef = uniqueOp(
    "UniqueWithCountsV2", hasAxis: true, hasCounts: true)

  private static func uniqueOp(_ name: String, hasAxis: Bool, hasCounts: Bool) -> OpDef {
    OpDef(
      name,
      """
      x: T\(hasAxis ? ", axis: Taxis" : "") -> \
        y: T, idx: out_idx\(hasCounts ? ", count: out_idx" : "")
      T: type\(hasAxis ? "\nTaxis: {int32, int64} = int64" : "")
      out_idx: {int32, int64} = int32
      """,
      shape: { context in
        let shape = context.shapes[0]
        let axes = hasAxis ? try context.integers(1) : []
        var output: [PartialShape]
        if let axis = axes?.first, let rank = shape.rank {
          let position = try uniqueAxis(axis, rank)
          var dims = shape.dims ?? []
          let count = dims[position]
          dims[position] = nil
          output = [PartialShape(dims), PartialShape([count])]
        } else if axes?.isEmpty == true {
          output = [.unknown(rank: 1), PartialShape([shape[0]])]
          if let rank = shape.rank { try require(rank == 1, "unique expects a 1D vector.") }
        } else {
          output = [shape.rank.map { .unknown(rank: $0) } ?? .unknown, .unknown(rank: 1)]
        }
        return output + (hasCounts ? [.unknown(rank: 1)] : [])
      },
      kernel: .dynamic(["T": searched], objects: .compare()) { context in
        let wide = try context.type("out_idx") == .int64
        return { run in
          let x = run.inputs[0]
          var axis = 0
          if hasAxis {
            try require(run.inputs[1].dims.rank == 1, "axis expects a 1D vector.")
            let axes = try run.inputs[1].integers()
            try require(
              axes.count <= 1, "axis does not support input tensors larger than 1 elements")
            if let given = axes.first {
              axis = try uniqueAxis(given, x.dims.rank)
            } else {
              try require(x.dims.rank == 1, "unique expects a 1D vector.")
            }
          } else {
            try require(x.dims.rank == 1, "unique expects a 1D vector.")
          }
          let found = EqualRows(x, axis: axis)
          var outputs = [
            try found.rows(), try integerTensor(found.ids.map { Int($0) }, wide),
          ]
          if hasCounts {
            var counts = [Int](repeating: 0, count: found.firsts.count)
            for id in found.ids { counts[Int(id)] += 1 }
            outputs.append(try integerTensor(counts, wide))
          }
          return outputs
        }
      }, gradient: .none("\(name) has no gradient"))
  }

  private static func uniqueAxis(_ axis: Int, _ rank: Int) throws -> Int {
    let position = axis < 0 ? axis + rank : axis
    try require(position >= 0 && position < rank, "axis has to be between [0, \(rank))")
    return position
  }

  private static func integerTensor(_ values: [Int], _ wide: Bool) throws -> Tensor {
    wide
      ? try Tensor(values, dims: [values.count])
      : try Tensor(values.map { Int32(truncatingIfNeeded: $0) }, dims: [values.count])
  }

  package let listDiff: OpDef = OpDef(
    "ListDiff",
    """
    x: T, y: T -> out: T, idx: out_idx
    T: type
    out_idx: {int32, int64} = int32
    """,
    shape: { context in
      _ = try context.shape(0, rank: 1, "x")
      _ = try context.shape(1, rank: 1, "y")
      return [.unknown(rank: 1), .unknown(rank: 1)]
    },
    kernel: .dynamic(["T": [.reals, .string]], objects: .compare()) { context in
      let wide = try context.type("out_idx") == .int64
      return { run in
        let (x, y) = (run.inputs[0], run.inputs[1])
        try require(x.dims.rank == 1, "x should be a 1D vector.")
        try require(y.dims.rank == 1, "y should be a 1D vector.")
        let removed = EqualRows.keys(y, axis: 0)
        let excluded = Set(zip(removed.keys, removed.never).filter { $0.1 == 0 }.map(\.0))
        let own = EqualRows.keys(x, axis: 0)
        let kept = own.keys.indices.filter {
          own.never[$0] != 0 || !excluded.contains(own.keys[$0])
        }
        return [
          try EqualRows.take(kept.map { Int64($0) }, of: x, axis: 0), try integerTensor(kept, wide),
        ]
      }
    }, gradient: .none("ListDiff has no gradient"))

  package let unravelIndex: OpDef = OpDef(
    "UnravelIndex",
    """
    indices: Tidx, dims: Tidx -> output: Tidx
    Tidx: {int32, int64} = int32
    """,
    shape: { context in
      let dims = try context.shape(1, rank: 1, "dims")
      guard let rank = context.shapes[0].rank else { return [.unknown] }
      try require(rank <= 1, "The indices can only be scalar or 1-D, got \(context.shapes[0])")
      return [PartialShape([dims[0]] + (context.shapes[0].dims ?? []))]
    },
    kernel: .run { context in
      let (indices, dims) = (context.inputs[0], context.inputs[1])
      try require(
        indices.dims.rank <= 1, "The indices can only be scalar or 1-D, got \(indices.dims)")
      try require(dims.dims.rank == 1, "The indices can only be 1-D, got \(dims.dims)")
      try require(indices.dims.elementCount > 0, "received empty tensor indices: \(indices.dims)")
      let sizes = try dims.integers()
      for (index, size) in sizes.enumerated() where size < 0 {
        throw TFError.invalidArgument(
          "Input dims cannot be negative. Got dim = \(size) at index \(index)")
      }
      guard let count = Shape(sizes).checkedElementCount, !sizes.contains(0) else {
        throw TFError.invalidArgument(
          "Input dims cannot be zero or have a product that overflows: \(Shape(sizes))")
      }
      let flat = try indices.integers()
      for index in flat {
        try require(!sizes.isEmpty && index < count, "index is out of bound as with dims")
      }
      var values: [Int] = []
      var inner = count
      try MemoryLimit.room(for: sizes.count * flat.count * 8)
      for size in sizes {
        try Cancellation.checkCurrent()
        let outer = inner
        inner /= size
        values += flat.map { $0 % outer / inner }
      }
      return [try Tensor.wrapping(values, dims.dtype, Shape([sizes.count] + indices.dims.dims))]
    }, gradient: .none("UnravelIndex has no gradient"))

  /// A scalar is true when it is not zero or empty, any other tensor when it has elements.
  package let toBool: OpDef = OpDef(
    "ToBool",
    """
    input: T -> output: bool
    T: type
    """,
    shape: ShapeRules.scalar,
    kernel: .run(["T": [.numbers, .bool, .string]]) { context in
      let input = context.inputs[0]
      guard input.dims.rank == 0 else { return [try Tensor(scalar: input.dims.elementCount > 0)] }
      if input.dtype == .string { return [try Tensor(scalar: !input.strings[0].isEmpty)] }
      let testable: DTypeSet = [.float32, .float64, .signedInts, DTypeSet(.uint8), .bool]
      try require(
        testable.contains(input.dtype),
        "\(input.dtype.signatureName) cannot be converted to a boolean.")
      return [
        try Tensor(scalar: jk_count_nonzero(Int32(input.dtype.rawValue), input.pointer, 1) == 1)
      ]
    }, gradient: .zero)

  package let lowerBound: OpDef = bound("LowerBound", isUpper: false)
  package let upperBound: OpDef = bound("UpperBound", isUpper: true)

  private static func bound(_ name: String, isUpper: Bool) -> OpDef {
    OpDef(
      name,
      """
      sorted_inputs: T, values: T -> output: out_type
      T: type
      out_type: {int32, int64} = int32
      """,
      shape: { context in
        let inputs = try context.shape(0, rank: 2, "sorted_inputs")
        let values = try context.shape(1, rank: 2, "values")
        if let a = inputs[0], let b = values[0] {
          try require(a == b, "Leading dim_size of both tensors must match.")
        }
        return [values]
      },
      kernel: .raw(["T": [.reals]]) { context in
        let type = Int32(try context.type("T").rawValue)
        let wide: Int32 = try context.type("out_type") == .int64 ? 1 : 0
        return { specialise in
          let (inputs, values) = (specialise.inputs[0], specialise.inputs[1])
          let (rows, count, width) = (Int64(values[0]), Int64(inputs[1]), Int64(values[1]))
          if wide == 0 {
            try require(
              count < Int64(Int32.max),
              "trailing dim_size must less than INT_MAX for int32 result type")
          }
          return .run { pointers in
            _ = jk_bounds(
              type, isUpper ? 1 : 0, rows, count, width, pointers[0], pointers[1], wide, pointers[2]
            )
          }
        }
      }, gradient: .none("\(name) has no gradient"))
  }

  package let bucketize: OpDef = OpDef(
    "Bucketize",
    """
    input: T -> output: int32
    T: {int32, int64, float, double}
    boundaries: list(float)
    """,
    shape: ShapeRules.same,
    kernel: .raw { context in
      let type = Int32(try context.type("T").rawValue)
      let boundaries = try context.floats("boundaries")
      try require(
        zip(boundaries, boundaries.dropFirst()).allSatisfy { $0 <= $1 },
        "Expected sorted boundaries")
      return { specialise in
        let count = Int64(specialise.inputs[0].elementCount)
        return .run { pointers in
          _ = jk_bucketize(
            type, count, pointers[0], boundaries, Int64(boundaries.count),
            pointers[1].assumingMemoryBound(to: Int32.self))
        }
      }
    }, gradient: .none("Bucketize has no gradient"))

  /// For each value the first boundary that is not less than it, or the last of all.
  package let boostedTreesBucketize: OpDef = OpDef(
    "BoostedTreesBucketize",
    """
    float_values: num_features * float, bucket_boundaries: num_features * float \
      -> buckets: num_features * int32
    num_features: int >= 0
    """,
    shape: { context in
      let count = try context.int("num_features")
      return try (0..<count).map { feature in
        _ = try context.shape(count + feature, rank: 1, "bucket_boundaries")
        return try context.shape(feature, rank: 1, "float_values")
      }
    },
    kernel: .dynamic { context in
      let count = try context.int("num_features")
      return { run in
        try (0..<count).map { feature in
          let (values, boundaries) = (run.inputs[feature], run.inputs[count + feature])
          try require(
            values.dims.rank == 1, "float_values should be vectors, got shape \(values.dims)")
          try require(
            boundaries.dims.rank == 1,
            "bucket_boundaries should be vectors, got shape \(boundaries.dims)")
          let ends = boundaries.elements(Float.self)
          let buckets = values.elements(Float.self).map { value -> Int32 in
            var (low, high) = (0, ends.count)
            while low < high {
              let middle = (low + high) / 2
              if ends[middle] < value { low = middle + 1 } else { high = middle }
            }
            return Int32(max(min(low, ends.count - 1), 0))
          }
          return try Tensor(buckets, dims: values.dims)
        }
      }
    }, gradient: .none("BoostedTreesBucketize has no gradient"))
}
