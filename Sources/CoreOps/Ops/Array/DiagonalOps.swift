import CKernels

/// Ops on the diagonals and bands of matrices.
package struct DiagonalOps: OpFamily {
  package static let family: Self = define(Self())

  package let diag: OpDef = OpDef(
    "Diag",
    """
    diagonal: T -> output: T
    T: {bfloat16, half, float, double, int32, int64, complex64, complex128}
    """,
    shape: { context in
      if let rank = context.shapes[0].rank {
        try require(rank >= 1, "Input must be at least rank 1, got 0")
      }
      return [context.shapes[0].concatenated(with: context.shapes[0])]
    },
    kernel: .copies { specialise, _, copies in
      let count = specialise.inputs[0].elementCount
      try copies.zero(1, Region([count * count]))
      copies.wait()
      try copies.add(0, Region([count]), to: 1, Region(dims: [count], strides: [count + 1]))
    },
    gradient: .rule(needs: .nothing) { [try family.diagPart([$0.gradient()])] })

  package let diagPart: OpDef = OpDef(
    "DiagPart",
    """
    input: T -> diagonal: T
    T: {bfloat16, half, float, double, int32, int64, complex64, complex128}
    """,
    shape: { context in
      guard let dims = context.shapes[0].dims else { return [.unknown] }
      try require(
        dims.count % 2 == 0 && !dims.isEmpty,
        "Input must have even and non-zero rank, input rank is \(dims.count)")
      let half = dims.count / 2
      return [
        PartialShape(
          try (0..<half).map { axis in
            if let a = dims[axis], let b = dims[axis + half], a != b {
              throw TFError.invalidArgument(
                """
                Invalid shape, got \(context.shapes[0]): dimensions \(axis) and \(axis + half) do \
                not match.
                """
              )
            }
            return dims[axis] ?? dims[axis + half]
          })
      ]
    },
    kernel: .copies { specialise, _, copies in
      let count = specialise.outputs[0].elementCount
      try copies.add(0, Region(dims: [count], strides: [count + 1]), to: 1, Region([count]))
    },
    gradient: .rule(needs: .nothing) { [try family.diag([$0.gradient()])] })

  package let matrixBandPart: OpDef = bandPart(
    "MatrixBandPart", "Tindex", "\nTindex: {int32, int64} = int64")
  package let batchMatrixBandPart: OpDef = bandPart("BatchMatrixBandPart", "int64", "")

  private static func bandPart(_ name: String, _ index: String, _ extra: String) -> OpDef {
    OpDef(
      name,
      """
      input: T, num_lower: \(index), num_upper: \(index) -> band: T
      T: type\(extra)
      """,
      shape: { context in
        for (position, name) in [(1, "num_lower"), (2, "num_upper")] {
          if let shape = context.shapes[position].known, shape.rank != 0 {
            throw TFError.invalidArgument("\(name) must be scalar, got shape \(shape)")
          }
        }
        guard let dims = context.shapes[0].dims else { return [.unknown] }
        try require(
          dims.count >= 2, "input must be at least 2-dim, received shape: \(context.shapes[0])")
        if let lower = try context.integers(1)?.first, let rows = dims[dims.count - 2] {
          try require(
            rows >= lower,
            "num_lower must be negative or less or equal to number of rows (\(rows)) got: \(lower)")
        }
        if let upper = try context.integers(2)?.first, let columns = dims[dims.count - 1] {
          try require(
            columns >= upper,
            """
            num_upper must be negative or less or equal to number of cols (\(columns)) got: \
            \(upper)
            """
          )
        }
        return [context.shapes[0]]
      },
      kernel: .raw(["T": .plain]) { context in
        let size = Int32(try context.type("T").byteSize)
        return { specialise in
          let dims = specialise.inputs[0].dims
          let (lower, upper) = (try specialise.integers(1)[0], try specialise.integers(2)[0])
          let (rows, columns) = (Int64(dims[dims.count - 2]), Int64(dims[dims.count - 1]))
          let batch = Int64(dims.dropLast(2).reduce(1, *))
          return .run { pointers in
            jk_band_part(
              batch, rows, columns, Int64(lower), Int64(upper), size, pointers[0], pointers[3])
          }
        }
      },
      gradient: .rule(needs: .inputs(1, 2)) { context in
        [
          try family.matrixBandPart([context.gradient(), context.inputs[1], context.inputs[2]]),
          nil, nil,
        ]
      })
  }

  package let matrixDiag: OpDef = makeDiag("MatrixDiag", .first)
  package let matrixDiagV2: OpDef = makeDiag("MatrixDiagV2", .second)
  package let matrixDiagV3: OpDef = makeDiag("MatrixDiagV3", .third)
  package let batchMatrixDiag: OpDef = makeDiag("BatchMatrixDiag", .first)
  package let matrixDiagPart: OpDef = takeDiag("MatrixDiagPart", .first)
  package let matrixDiagPartV2: OpDef = takeDiag("MatrixDiagPartV2", .second)
  package let matrixDiagPartV3: OpDef = takeDiag("MatrixDiagPartV3", .third)
  package let batchMatrixDiagPart: OpDef = takeDiag("BatchMatrixDiagPart", .first)
  package let matrixSetDiag: OpDef = setDiag("MatrixSetDiag", .first)
  package let matrixSetDiagV2: OpDef = setDiag("MatrixSetDiagV2", .second)
  package let matrixSetDiagV3: OpDef = setDiag("MatrixSetDiagV3", .third)
  package let batchMatrixSetDiag: OpDef = setDiag("BatchMatrixSetDiag", .first)

  /// The first has only the main diagonal, the second a band, the third says how shorter diagonals
  /// are aligned.
  private enum Version { case first, second, third }

  private static let align =
    "\nalign: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = 'RIGHT_LEFT'"

  private static func alignment(_ context: some AttrAccess, _ version: Version) throws -> String {
    version == .third ? try context.string("align") : "LEFT_LEFT"
  }

  private static func alignAttrs(_ context: GradientContext, _ version: Version) throws -> Attrs {
    ["align": .string(try alignment(context, version))]
  }

  private static func requireScalar(_ shape: PartialShape, _ name: String) throws {
    if let known = shape.known, known.rank != 0 {
      throw TFError.invalidArgument("\(name) must be a scalar, received shape: \(known)")
    }
  }

  private static func makeDiag(_ name: String, _ version: Version) -> OpDef {
    OpDef(
      name,
      version == .first
        ? "diagonal: T -> output: T\nT: type"
        : """
        diagonal: T, k: int32, num_rows: int32, num_cols: int32, padding_value: T -> output: T
        T: type\(version == .third ? align : "")
        """,
      shape: { context in
        let diagonal = context.shapes[0]
        guard let dims = diagonal.dims else { return [.unknown] }
        try require(dims.count >= 1, "diagonal must be at least 1-dim, received shape: \(diagonal)")
        if version == .first { return [PartialShape(dims + [dims[dims.count - 1]])] }
        for (index, name) in [(2, "num_rows"), (3, "num_cols"), (4, "padding_value")] {
          try requireScalar(context.shapes[index], name)
        }
        guard let k = try DiagonalBand.offsets(context, 1) else { return [.unknown] }
        guard let rows = try context.integers(2)?.first,
          let columns = try context.integers(3)?.first
        else { return [.unknown(rank: k.isSingle ? dims.count + 1 : dims.count)] }
        if !k.isSingle {
          try require(
            dims.count >= 2, "diagonal must be at least 2-dim, received shape: \(diagonal)")
          if let given = dims[dims.count - 2], given != k.count {
            throw TFError.invalidArgument(
              """
              The number of diagonals provided in the input does not match the lower_diag_index \
              and upper_diag_index range: \(given) for \(k.low)...\(k.high)
              """
            )
          }
        }
        guard let longest = dims[dims.count - 1] else {
          return [.unknown(rank: k.isSingle ? dims.count + 1 : dims.count)]
        }
        let band = try DiagonalBand.fitted(
          k, longest: longest.value, rows: rows, columns: columns)
        return [
          PartialShape(
            dims.dropLast(k.isSingle ? 1 : 2)
              + [Dimension(band.rows), Dimension(band.columns)])
        ]
      },
      kernel: .copies { specialise, context, copies in
        let output = specialise.inputs.count
        let shape = specialise.outputs[0]
        let band = try DiagonalBand(
          version == .first ? [0] : specialise.integers(1), rows: shape[shape.rank - 2],
          columns: shape[shape.rank - 1], align: alignment(context, version))
        let all = Region([shape.elementCount])
        if version == .first {
          try copies.zero(output, all)
        } else {
          try copies.add(4, Region(dims: all.dims, strides: [0]), to: output, all)
        }
        copies.wait()
        try band.each(batch: shape.dims.dropLast(2).reduce(1, *)) { matrix, packed in
          try copies.add(0, packed, to: output, matrix)
        }
      },
      gradient: .rule { context in
        if version == .first { return [try family.matrixDiagPart([context.gradient()])] }
        let zero = try Tensor.zeros(context.inputs[0].dtype, Shape())
        return [
          try family.matrixDiagPartV3(
            [context.gradient(), context.inputs[1], zero], alignAttrs(context, version)),
          nil, nil, nil, nil,
        ]
      })
  }

  private static func matrixShape(_ context: ShapeContext) throws -> [Dimension?]? {
    guard let dims = context.shapes[0].dims else { return nil }
    try require(
      dims.count >= 2, "input must be at least 2-dim, received shape: \(context.shapes[0])")
    return dims
  }

  private static func takeDiag(_ name: String, _ version: Version) -> OpDef {
    OpDef(
      name,
      version == .first
        ? "input: T -> diagonal: T\nT: type"
        : """
        input: T, k: int32, padding_value: T -> diagonal: T
        T: type\(version == .third ? align : "")
        """,
      shape: { context in
        guard let dims = try matrixShape(context) else { return [.unknown] }
        if version != .first { try requireScalar(context.shapes[2], "padding_value") }
        let k =
          version == .first
          ? DiagonalBand.Offsets(low: 0, high: 0) : try DiagonalBand.offsets(context, 1)
        guard let k else { return [.unknown] }
        let batch = dims.dropLast(2)
        var longest: Dimension?
        if let rows = dims[dims.count - 2], let columns = dims[dims.count - 1] {
          let band = try DiagonalBand(
            k, rows: rows.value, columns: columns.value, align: "LEFT_LEFT",
            checked: version != .first)
          longest = Dimension(band.longest)
        }
        return [PartialShape(batch + (k.isSingle ? [longest] : [Dimension(k.count), longest]))]
      },
      kernel: .copies { specialise, context, copies in
        let output = specialise.inputs.count
        let dims = specialise.inputs[0].dims
        let band = try DiagonalBand(
          version == .first ? [0] : specialise.integers(1), rows: dims[dims.count - 2],
          columns: dims[dims.count - 1], align: alignment(context, version))
        let all = Region([specialise.outputs[0].elementCount])
        if version != .first, !band.isDense {
          try copies.add(2, Region(dims: all.dims, strides: [0]), to: output, all)
          copies.wait()
        }
        try band.each(batch: dims.dropLast(2).reduce(1, *)) { matrix, packed in
          try copies.add(0, matrix, to: output, packed)
        }
      },
      gradient: .rule { context in
        let zeros = try BasicOps.zerosLike(context.inputs[0])
        if version == .first { return [try family.matrixSetDiag([zeros, context.gradient()])] }
        return [
          try family.matrixSetDiagV3(
            [zeros, context.gradient(), context.inputs[1]], alignAttrs(context, version)), nil, nil,
        ]
      })
  }

  private static func setDiag(_ name: String, _ version: Version) -> OpDef {
    OpDef(
      name,
      """
      input: T, diagonal: T\(version == .first ? "" : ", k: int32") -> output: T
      T: type\(version == .third ? align : "")
      """,
      shape: { context in
        guard let dims = try matrixShape(context) else { return [.unknown] }
        let k =
          version == .first
          ? DiagonalBand.Offsets(low: 0, high: 0) : try DiagonalBand.offsets(context, 2)
        guard let k, let rows = dims[dims.count - 2], let columns = dims[dims.count - 1] else {
          return [context.shapes[0]]
        }
        let band = try DiagonalBand(
          k, rows: rows.value, columns: columns.value, align: "LEFT_LEFT",
          checked: version != .first)
        let expected = PartialShape(
          dims.dropLast(2) + (k.isSingle ? [] : [Dimension(k.count)])
            + [Dimension(band.longest)])
        if let rank = context.shapes[1].rank {
          try require(
            rank >= 1, "diagonal must be at least 1-dim, received shape: \(context.shapes[1])")
        }
        guard context.shapes[1].isCompatible(with: expected) else {
          throw TFError.invalidArgument(
            """
            Either first dimensions of diagonal don't match input.shape[:-2], or \
            diagonal.shape[-1] must equal the longest diagonal in the band; received diagonal \
            shape: \(context.shapes[1]) and input shape: \(context.shapes[0])
            """
          )
        }
        return [context.shapes[0]]
      },
      kernel: .copies { specialise, context, copies in
        let output = specialise.inputs.count
        let dims = specialise.inputs[0].dims
        let band = try DiagonalBand(
          version == .first ? [0] : specialise.integers(2), rows: dims[dims.count - 2],
          columns: dims[dims.count - 1], align: alignment(context, version))
        let all = Region([specialise.outputs[0].elementCount])
        try copies.add(0, all, to: output, all)
        copies.wait()
        try band.each(batch: dims.dropLast(2).reduce(1, *)) { matrix, packed in
          try copies.add(1, packed, to: output, matrix)
        }
      },
      gradient: .rule { context in
        let gradient = try context.gradient()
        let zeros = try BasicOps.zerosLike(context.inputs[1])
        if version == .first {
          return [
            try family.matrixSetDiag([gradient, zeros]), try family.matrixDiagPart([gradient]),
          ]
        }
        let attrs = try alignAttrs(context, version)
        let k = context.inputs[2]
        let zero = try Tensor.zeros(gradient.dtype, Shape())
        return [
          try family.matrixSetDiagV3([gradient, zeros, k], attrs),
          try family.matrixDiagPartV3([gradient, k, zero], attrs), nil,
        ]
      })
  }
}

extension SharedAPI {
  public typealias linalg = LinalgAPI
}

/// `tf.linalg`.
public enum LinalgAPI {
  /// A tensor with the given diagonal. Follows `tf.linalg.tensor_diag`.
  ///
  /// - Parameters:
  ///   - diagonal: of rank 1 or more.
  ///   - name: the node's name in a graph.
  public static func tensorDiag(_ diagonal: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try DiagonalOps.family.diag([diagonal.asTensor()], name: name)
  }

  /// The diagonal of a tensor. Follows `tf.linalg.tensor_diag_part`.
  ///
  /// - Parameters:
  ///   - input: of even rank, whose two halves of dimensions are equal.
  ///   - name: the node's name in a graph.
  public static func tensorDiagPart(_ input: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try DiagonalOps.family.diagPart([input.asTensor()], name: name)
  }

  /// Matrices with given diagonals. Follows `tf.linalg.diag`.
  ///
  /// - Parameters:
  ///   - diagonal: `[…, n]`, or `[…, count, n]` for a band.
  ///   - k: the diagonal's offset, or the lowest and highest of a band; above the main one is
  ///     positive.
  ///   - numRows, numCols: the matrices' size; -1 for the smallest that fits.
  ///   - paddingValue: what is elsewhere.
  ///   - align: how shorter diagonals of a band are aligned.
  ///   - name: the node's name in a graph.
  public static func diag(
    _ diagonal: some TensorConvertible, k: some TensorConvertible = 0, numRows: Int = -1,
    numCols: Int = -1, paddingValue: some TensorConvertible = 0, align: String = "RIGHT_LEFT",
    name: String? = nil
  ) throws -> Tensor {
    let diagonal = try diagonal.asTensor()
    return try DiagonalOps.family.matrixDiagV3(
      [
        diagonal, k.asTensor(), ShapeOps.scalar(numRows), ShapeOps.scalar(numCols),
        paddingValue.asTensor(preferring: diagonal.dtype),
      ], Attrs().with("align", .string(align), unless: align == "RIGHT_LEFT"), name: name ?? "diag")
  }

  /// Diagonals of matrices. Follows `tf.linalg.diag_part`.
  ///
  /// - Parameters:
  ///   - input: `[…, rows, cols]`.
  ///   - k: the diagonal's offset, or the lowest and highest of a band.
  ///   - paddingValue: what fills up shorter diagonals.
  ///   - align: how shorter diagonals of a band are aligned.
  ///   - name: the node's name in a graph.
  public static func diagPart(
    _ input: some TensorConvertible, k: some TensorConvertible = 0,
    paddingValue: some TensorConvertible = 0, align: String = "RIGHT_LEFT", name: String? = nil
  ) throws -> Tensor {
    let input = try input.asTensor()
    return try DiagonalOps.family.matrixDiagPartV3(
      [input, k.asTensor(), paddingValue.asTensor(preferring: input.dtype)],
      Attrs().with("align", .string(align), unless: align == "RIGHT_LEFT"),
      name: name ?? "diag_part")
  }

  /// Matrices with other diagonals. Follows `tf.linalg.set_diag`.
  ///
  /// - Parameters:
  ///   - input: `[…, rows, cols]`.
  ///   - diagonal: the new diagonals.
  ///   - k: the diagonal's offset, or the lowest and highest of a band.
  ///   - align: how shorter diagonals of a band are aligned.
  ///   - name: the node's name in a graph.
  public static func setDiag(
    _ input: some TensorConvertible, _ diagonal: some TensorConvertible,
    k: some TensorConvertible = 0, align: String = "RIGHT_LEFT", name: String? = nil
  ) throws -> Tensor {
    let input = try input.asTensor()
    return try DiagonalOps.family.matrixSetDiagV3(
      [input, diagonal.asTensor(preferring: input.dtype), k.asTensor()],
      Attrs().with("align", .string(align), unless: align == "RIGHT_LEFT"), name: name ?? "set_diag"
    )
  }

  /// The same with its arguments by label.
  public static func setDiag(
    _ input: some TensorConvertible, diagonal: some TensorConvertible,
    k: some TensorConvertible = 0, align: String = "RIGHT_LEFT", name: String? = nil
  ) throws -> Tensor {
    try setDiag(input, diagonal, k: k, align: align, name: name)
  }

  /// Matrices with zeros outside a band. Follows `tf.linalg.band_part`.
  ///
  /// - Parameters:
  ///   - input: `[…, rows, cols]`.
  ///   - numLower, numUpper: how many diagonals below and above the main one stay; negative keeps
  ///     all.
  ///   - name: the node's name in a graph.
  public static func bandPart(
    _ input: some TensorConvertible, _ numLower: Int, _ numUpper: Int, name: String? = nil
  ) throws -> Tensor {
    try DiagonalOps.family.matrixBandPart(
      [input.asTensor(), Tensor(scalar: numLower), Tensor(scalar: numUpper)], name: name)
  }

  /// The same with its arguments by label.
  public static func bandPart(
    _ input: some TensorConvertible, numLower: Int, numUpper: Int, name: String? = nil
  ) throws -> Tensor {
    try bandPart(input, numLower, numUpper, name: name)
  }
}
