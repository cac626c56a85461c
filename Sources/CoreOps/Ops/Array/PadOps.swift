/// Ops that pad, repeat, reverse and shift.
package struct PadOps: OpFamily {
  package static let family: Self = define(Self())

  package let pad: OpDef = OpDef(
    "Pad",
    """
    input: T, paddings: Tpaddings -> output: T
    T: type
    Tpaddings: {int32, int64} = int32
    """,
    shape: { [try padded($0)] },
    kernel: .copies { specialise, _, copies in
      try pad(specialise, value: nil, &copies)
    }, gradient: .rule(needs: .inputs(1)) { [try cropped($0), nil] })

  package let padV2: OpDef = OpDef(
    "PadV2",
    """
    input: T, paddings: Tpaddings, constant_values: T -> output: T
    T: type
    Tpaddings: {int32, int64} = int32
    """,
    shape: { context in
      if let shape = context.shapes[2].known, shape.rank != 0 {
        throw TFError.invalidArgument("constant_values must be a scalar. Found: \(shape)")
      }
      return [try padded(context)]
    },
    kernel: .copies { specialise, _, copies in
      try pad(specialise, value: 2, &copies)
    },
    gradient: .rule { context in
      let input = try cropped(context)
      return [input, nil, try sumAll(context.gradient()) - sumAll(input)]
    })

  private static func paddingRank(_ context: ShapeContext, limit: Int) throws -> Int? {
    let paddings = try context.shape(1, rank: 2, "paddings")
    if let width = paddings[1], width != 2 {
      throw TFError.invalidArgument("paddings must be a matrix with 2 columns: \(paddings)")
    }
    if let rows = paddings[0], let rank = context.shapes[0].rank, rows != rank {
      throw TFError.invalidArgument(
        "The first dimension of paddings must be the rank of inputs\(paddings) \(context.shapes[0])"
      )
    }
    let rank = try context.shapes[0].rank ?? paddings[0]?.asRank()
    if let rank, rank > limit {
      throw TFError.unimplemented("inputs rank not in [0,\(limit)]: \(rank)")
    }
    return rank
  }

  private static func padded(_ context: ShapeContext, limit: Int = 8) throws -> PartialShape {
    guard let rank = try paddingRank(context, limit: limit) else { return .unknown }
    guard let paddings = try context.sizes(1) else { return .unknown(rank: rank) }
    return PartialShape(
      try (0..<rank).map { axis in
        let (before, after) = (paddings[2 * axis], paddings[2 * axis + 1])
        try require(
          before >= 0 && after >= 0, "Paddings must be non-negative: \(before) \(after)")
        return context.shapes[0][axis].map { $0 + before + after }
      })
  }

  /// The border first, region by region along each dimension, then what is inside.
  private static func pad(_ specialise: SpecialiseContext, value: Int?, _ copies: inout Copies)
    throws
  {
    let paddings = try specialise.integers(1)
    let input = specialise.inputs[0]
    let output = specialise.inputs.count
    // Neighbouring dimensions without a border are merged into one.
    let borders = (0..<input.rank).map { paddings[2 * $0] + paddings[2 * $0 + 1] > 0 }
    let groups = zip(borders, borders.dropFirst()).reduce(1) { $0 + ($1.0 || $1.1 ? 1 : 0) }
    try require(groups <= 6, "Only ranks up to 6 supported: \(input)")
    var inside = Region(specialise.outputs[0])
    for axis in 0..<input.rank {
      let (before, after) = (paddings[2 * axis], paddings[2 * axis + 1])
      for border in [
        inside.window(axis, 0, before), inside.window(axis, before + input[axis], after),
      ] where !border.dims.contains(0) {
        if let value {
          try copies.add(
            value, Region(dims: border.dims, strides: border.dims.map { _ in 0 }), to: output,
            border)
        } else {
          try copies.zero(output, border)
        }
      }
      inside = inside.window(axis, before, input[axis])
    }
    try copies.add(0, Region(input), to: output, inside)
  }

  private static func cropped(_ context: GradientContext) throws -> Tensor {
    let paddings = context.inputs[1]
    let rank = try ShapeOps.integers(ShapeOps.rankTensor(of: context.inputs[0]), paddings.dtype)
    let one = try ShapeOps.integers(ShapeOps.scalar(1), paddings.dtype)
    // The first column of paddings says where the input begins.
    let column = try SliceOps.family.slice([
      paddings, ShapeOps.integers(ShapeOps.vector([0, 0]), paddings.dtype),
      JoinOps.family.pack([rank, one]),
    ])
    let begin = try ShapeOps.flat(column)
    let size = try ShapeOps.shapeTensor(of: context.inputs[0], paddings.dtype)
    return try SliceOps.family.slice([context.gradient(), begin, size])
  }

  private static let mirrorModes = "mode: {'REFLECT', 'SYMMETRIC'}"

  package let mirrorPad: OpDef = OpDef(
    "MirrorPad",
    """
    input: T, paddings: Tpaddings -> output: T
    T: type
    Tpaddings: {int32, int64} = int32
    \(mirrorModes)
    """,
    shape: { context in
      let shape = try padded(context, limit: 5)
      if let dims = context.shapes[0].dims, let paddings = try context.sizes(1) {
        let skipped = try context.string("mode") == "REFLECT" ? 1 : 0
        for (axis, dim) in dims.enumerated() {
          guard let dim else { continue }
          let (before, after) = (paddings[2 * axis], paddings[2 * axis + 1])
          guard before <= dim - skipped, after <= dim - skipped else {
            throw TFError.invalidArgument(
              """
              paddings must be \(skipped == 1 ? "less than" : "no greater than") the dimension \
              size: \(before), \(after) \(skipped == 1 ? "not less than" : "greater than") \(dim)
              """
            )
          }
        }
      }
      return [shape]
    },
    kernel: .copies { specialise, context, copies in
      let paddings = try specialise.integers(1)
      let skipped = try context.string("mode") == "REFLECT" ? 1 : 0
      let input = specialise.inputs[0]
      // Each dimension has three parts: mirrored, as it is, mirrored.
      var pieces = [(Region(input), Region(specialise.outputs[0]))]
      for axis in 0..<input.rank {
        let (before, after, dim) = (paddings[2 * axis], paddings[2 * axis + 1], input[axis])
        pieces = pieces.flatMap { source, target in
          var parts = [(source, target.window(axis, before, dim))]
          if before > 0 {
            parts.append(
              (source.window(axis, skipped, before).reversed(axis), target.window(axis, 0, before)))
          }
          if after > 0 {
            parts.append(
              (
                source.window(axis, dim - skipped - after, after).reversed(axis),
                target.window(axis, before + dim, after)
              ))
          }
          return parts
        }
      }
      for (source, target) in pieces { try copies.add(0, source, to: 2, target) }
    },
    gradient: .rule(needs: .inputs(1)) { context in
      [
        try family.mirrorPadGrad(
          [context.gradient(), context.inputs[1]], ["mode": context.attr("mode")]),
        nil,
      ]
    })

  package let mirrorPadGrad: OpDef = OpDef(
    "MirrorPadGrad",
    """
    input: T, paddings: Tpaddings -> output: T
    T: type
    Tpaddings: {int32, int64} = int32
    \(mirrorModes)
    """,
    shape: { context in
      guard let rank = try paddingRank(context, limit: 5) else { return [.unknown] }
      guard let paddings = try context.sizes(1) else { return [.unknown(rank: rank)] }
      let skipped = try context.string("mode") == "REFLECT" ? 1 : 0
      return [
        PartialShape(
          try (0..<rank).map { (axis: Int) -> Dimension? in
            let (before, after) = (paddings[2 * axis], paddings[2 * axis + 1])
            try require(
              before >= 0 && after >= 0,
              "Paddings must be non-negative: \(before), \(after)")
            guard let dim = context.shapes[0][axis] else { return nil }
            let inner = dim - before - after
            try require(
              before <= inner - skipped && after <= inner - skipped,
              """
              Paddings must be less than the dimension size: \(before), \(after) not less than \
              \(inner)
              """
            )
            return inner
          })
      ]
    },
    kernel: MirrorFold.kernel,
    gradient: .rule(needs: .inputs(1)) { context in
      [
        try family.mirrorPad(
          [context.gradient(), context.inputs[1]], ["mode": context.attr("mode")]),
        nil,
      ]
    })

  package let tile: OpDef = OpDef(
    "Tile",
    """
    input: T, multiples: Tmultiples -> output: T
    T: type
    Tmultiples: {int32, int64} = int32
    """,
    shape: { context in
      let multiplesShape = try context.shape(1, rank: 1, "multiples")
      guard let rank = try context.shapes[0].rank ?? multiplesShape[0]?.asRank() else {
        return [.unknown]
      }
      if let count = multiplesShape[0], count != rank {
        throw TFError.invalidArgument(
          "Expected multiples argument to be a vector of length \(rank) but got length \(count)")
      }
      guard let multiples = try context.sizes(1) else {
        let partial = try context.shapeValue(1)
        return [
          PartialShape(
            (0..<rank).map { axis -> Dimension? in
              guard let dim = context.shapes[0][axis], let times = partial[axis] else {
                return nil
              }
              return dim * times
            })
        ]
      }
      return [
        PartialShape(
          try (0..<rank).map { axis in
            try require(
              multiples[axis] >= 0, "Expected multiples[\(axis)] >= 0, but got \(multiples[axis])")
            return context.shapes[0][axis].map { $0 * multiples[axis] }
          })
      ]
    },
    kernel: .copies { specialise, context, copies in
      let multiples = try specialise.integers(1)
      let dtype = context.inputTypes[0]
      if dtype == .uint16 || dtype.isQuantized, specialise.outputs[0].elementCount > 0,
        multiples.contains(where: { $0 != 1 })
      {
        throw TFError.unimplemented(
          """
          TileOp : The input data type is not supported, DataType : \(dtype), Dimension : \
          \(multiples.count)
          """
        )
      }
      var input = Region(specialise.inputs[0])
      var output = Region(specialise.outputs[0])
      for axis in multiples.indices.reversed() where multiples[axis] != 1 {
        let dim = input.dims[axis]
        if dim == 1 {
          // A single element is repeated along one dimension.
          input.dims[axis] = multiples[axis]
          input.strides[axis] = 0
        } else {
          output = output.split(axis, inner: dim)
          input = input.repeated(axis, multiples[axis])
        }
      }
      if specialise.outputs[0].elementCount > 0 { try copies.add(0, input, to: 2, output) }
    },
    gradient: .rule(needs: .inputs(0, 1)) { context in
      // Each dimension as (multiple, size), summed over the multiples.
      let multiples = context.inputs[1]
      let shape = try ShapeOps.shapeTensor(of: context.inputs[0], multiples.dtype)
      let pairs = try ShapeOps.flat(JoinOps.family.pack([multiples, shape], ["axis": .int(1)]))
      let split = try ShapeOps.family.reshape([context.gradient(), pairs])
      let axes: Tensor
      if let rank = try context.inputs[0].shape.rank ?? multiples.shape[0]?.asRank() {
        axes = try ShapeOps.vector((0..<rank).map { 2 * $0 })
      } else {
        axes = try SearchOps.family.range([
          ShapeOps.scalar(0), ShapeOps.family.size([pairs]), ShapeOps.scalar(2),
        ])
      }
      return [try ShapeOps.family.reshape([sumOver(split, axes), shape]), nil]
    })

  package let reverseV2: OpDef = OpDef(
    "ReverseV2",
    """
    tensor: T, axis: Tidx -> output: T
    Tidx: {int32, int64} = int32
    T: {uint8, int8, uint16, int16, int32, uint32, int64, uint64, bool, bfloat16, half, float, \
      double, complex64, complex128, string}
    """,
    shape: { context in
      _ = try context.shape(1, rank: 1, "axis")
      if let rank = context.shapes[0].rank, let axes = try context.integers(1) {
        var seen = Set<Int>()
        for axis in axes {
          guard axis >= -rank, axis < rank else {
            throw TFError.invalidArgument(
              "'axis'[0] = \(axis) is out of valid range [0, \(rank - 1)")
          }
          let position = axis < 0 ? axis + rank : axis
          try require(seen.insert(position).inserted, "axis \(position) specified more than once.")
        }
      }
      return [context.shapes[0]]
    },
    kernel: .copies { specialise, _, copies in
      var input = Region(specialise.inputs[0])
      for axis in try specialise.integers(1) {
        input = input.reversed(axis < 0 ? axis + input.dims.count : axis)
      }
      try copies.add(0, input, to: 2, Region(specialise.outputs[0]))
    },
    gradient: .rule(needs: .inputs(1)) {
      [try family.reverseV2([$0.gradient(), $0.inputs[1]]), nil]
    })

  package let reverse: OpDef = OpDef(
    "Reverse",
    """
    tensor: T, dims: bool -> output: T
    T: {uint8, int8, uint16, int16, uint32, int32, uint64, int64, bool, bfloat16, half, float, \
      double, complex64, complex128, string}
    """,
    shape: { context in
      let dims = try context.shape(1, rank: 1, "dims")
      if let rank = context.shapes[0].rank {
        if let count = dims[0], count != rank {
          throw TFError.invalidArgument(
            """
            'dims' must have the same number of values as 'tensor' has dimensions. 'tensor' has \
            \(rank)'dims' has \(count) values
            """
          )
        }
        if context.shapes[0][0] == 0 {
          throw TFError.invalidArgument("Invalid input first dimension. Found 0.")
        }
        try require(rank <= 8, "reverse does not work on tensors with more than 8 dimensions")
      }
      return [context.shapes[0]]
    },
    kernel: .copies { specialise, _, copies in
      var input = Region(specialise.inputs[0])
      for (axis, isReversed) in try specialise.value(1).elements(Bool.self).enumerated()
      where isReversed {
        input = input.reversed(axis)
      }
      try copies.add(0, input, to: 2, Region(specialise.outputs[0]))
    },
    gradient: .rule(needs: .inputs(1)) {
      [try family.reverse([$0.gradient(), $0.inputs[1]]), nil]
    })

  package let roll: OpDef = OpDef(
    "Roll",
    """
    input: T, shift: Tshift, axis: Taxis -> output: T
    T: type
    Tshift: {int32, int64}
    Taxis: {int32, int64}
    """,
    shape: { context in
      if let rank = context.shapes[0].rank { try require(rank >= 1, "input must be 1-D or higher") }
      for (index, name) in [(1, "shift"), (2, "axis")] {
        if let rank = context.shapes[index].rank {
          try require(
            rank <= 1, "\(name) must be a scalar or a 1-D vector. Found: \(context.shapes[index])")
        }
      }
      if let a = context.shapes[1].known, let b = context.shapes[2].known {
        try require(a == b, "shift and axis must have the same size")
      }
      if let rank = context.shapes[0].rank, let axes = try context.integers(2) {
        for axis in axes {
          try require(axis >= -rank && axis < rank, "axis \(axis) is out of range")
        }
      }
      return [context.shapes[0]]
    },
    kernel: .copies { specialise, _, copies in
      let (shifts, axes) = (try specialise.integers(1), try specialise.integers(2))
      let dims = specialise.inputs[0].dims
      if dims.contains(0) { return }
      var total = [Int](repeating: 0, count: dims.count)
      for (shift, axis) in zip(shifts, axes) {
        let position = axis < 0 ? axis + dims.count : axis
        let step = shift % dims[position]
        total[position] = (total[position] + step + dims[position]) % dims[position]
      }
      // Along each rolled dimension, the end comes first.
      var pieces = [(Region(dims), Region(dims))]
      for axis in dims.indices where total[axis] != 0 {
        let (shift, rest) = (total[axis], dims[axis] - total[axis])
        pieces = pieces.flatMap { source, target in
          [
            (source.window(axis, rest, shift), target.window(axis, 0, shift)),
            (source.window(axis, 0, rest), target.window(axis, shift, rest)),
          ]
        }
      }
      for (source, target) in pieces { try copies.add(0, source, to: 3, target) }
    },
    gradient: .rule(needs: .inputs(1, 2)) { context in
      [try family.roll([context.gradient(), -context.inputs[1], context.inputs[2]]), nil, nil]
    })
}
