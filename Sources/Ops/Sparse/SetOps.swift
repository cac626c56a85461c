public import CoreOps

/// Operations on the sets that the last dimension of tensors holds, dense or sparse.
package struct SetOps: OpFamily {
  package static let family: Self = define(Self())

  private static let types = "T: {int8, int16, int32, int64, uint8, uint16, string}"
  private static let kernelTypes: DTypeSet = DTypeSet(
    .int8, .int16, .int32, .int64, .uint8, .uint16, .string)

  private enum Operand { case dense, sparse }

  package let denseToDense: OpDef = operation("DenseToDenseSetOperation", .dense, .dense)
  package let denseToSparse: OpDef = operation("DenseToSparseSetOperation", .dense, .sparse)
  package let sparseToSparse: OpDef = operation("SparseToSparseSetOperation", .sparse, .sparse)

  private static func arguments(_ operand: Operand, _ number: Int) -> String {
    operand == .dense
      ? "set\(number): T"
      : "set\(number)_indices: int64, set\(number)_values: T, set\(number)_shape: int64"
  }

  private static func operation(_ name: String, _ first: Operand, _ second: Operand) -> OpDef {
    OpDef(
      name,
      """
      \(arguments(first, 1)), \(arguments(second, 2)) -> \
        result_indices: int64, result_values: T, result_shape: int64
      set_operation: string
      validate_indices: bool = true
      \(types)
      """,
      shape: { context in
        var rank: Dimension?
        var input = 0
        for operand in [first, second] {
          let own =
            operand == .dense
            ? context.shapes[input].rank.map { Dimension($0) }
            : try SparseCells.rank(context, at: input, name: "Set")
          if let own {
            try require(own >= 2, "Input rank must be >= 2, got \(own)")
            try require(rank == nil || rank == own, "Ranks do not match: \(rank ?? 0), \(own)")
            rank = own
          }
          input += operand == .dense ? 1 : 3
        }
        return [.of(nil, rank), [nil], .of(rank)]
      },
      kernel: .dynamic(["T": kernelTypes]) { context in
        let text = try context.string("set_operation").lowercased()
        guard let operation = SetOperation(rawValue: text) else {
          throw TFError.invalidArgument("Invalid set_operation \(text).")
        }
        let validates = try context.bool("validate_indices")
        return { run in
          let inputs = run.inputs
          let width = first == .dense ? 1 : 3
          var table = ElementTable(inputs)
          let a = try Sets(inputs, 0, first, &table, validates: validates)
          let b = try Sets(inputs, width, second, &table, validates: validates)
          try require(
            a.groups.count == b.groups.count,
            "Ranks do not match: \(a.groups.count + 1), \(b.groups.count + 1)")
          try require(
            a.groups == b.groups, "Mismatched shapes \(Shape(a.groups)) vs \(Shape(b.groups))")
          return try operation.results(a, b, table)
        }
      }, gradient: SparseOps.noGradient)
  }

  package let size: OpDef = OpDef(
    "SetSize",
    """
    set_indices: int64, set_values: T, set_shape: int64 -> size: int32
    validate_indices: bool = true
    \(types)
    """,
    shape: { context in
      guard let rank = try SparseCells.rank(context, name: "Set") else { return [.unknown] }
      try require(rank >= 1, "Set shape must have at least one dimension")
      guard let dims = try context.integers(2) else { return [try .unknown(rank: rank - 1)] }
      try require(dims.allSatisfy { $0 >= 0 }, "Set shape \(Shape(dims)) has a negative dimension")
      return [PartialShape(dims.dropLast())]
    },
    kernel: .dynamic(["T": kernelTypes]) { context in
      let validates = try context.bool("validate_indices")
      return { run in
        var table = ElementTable(run.inputs)
        let sets = try Sets(run.inputs, 0, .sparse, &table, validates: validates, lowestRank: 1)
        let sizes = try Tensor.zeros(.int32, Shape(sets.groups))
        let out = sizes.elements(Int32.self)
        for (group, members) in sets.members { out[group] = Int32(members.count) }
        return [sizes]
      }
    }, gradient: SparseOps.noGradient)

  /// The elements as integers that are ordered as they are: strings by their place in the alphabet
  /// of all.
  private struct ElementTable {
    private let strings: [ByteString]
    private let places: [ByteString: Int]

    init(_ inputs: [Tensor]) {
      let all = Set(inputs.flatMap { $0.dtype == .string ? Array($0.strings) : [] })
      strings = all.sorted()
      places = Dictionary(uniqueKeysWithValues: zip(strings, strings.indices))
    }

    func integers(_ values: Tensor) throws -> [Int] {
      values.dtype == .string ? values.strings.map { places[$0] ?? 0 } : try values.integers()
    }

    func tensor(_ values: [Int], _ dtype: DType) throws -> Tensor {
      guard dtype == .string else { return try Tensor.wrapping(values, dtype, [values.count]) }
      let builder = try StringBuilder(count: values.count)
      for value in values { try builder.append(strings[value]) }
      return Tensor(strings: try builder.finish(), dims: [values.count])
    }
  }

  /// The sets of one operand: for the number of each group that has elements, these in order, each
  /// once.
  private struct Sets {
    let groups: [Int]
    let members: [Int: [Int]]
    let dtype: DType

    init(
      _ inputs: [Tensor], _ first: Int, _ operand: Operand, _ table: inout ElementTable,
      validates: Bool,
      lowestRank: Int = 2
    ) throws {
      var members: [Int: Set<Int>] = [:]
      switch operand {
      case .dense:
        let set = inputs[first]
        try require(
          set.dims.rank >= lowestRank, "Shape \(set.dims) has rank \(set.dims.rank) < \(lowestRank)"
        )
        groups = Array(set.dims.dims.dropLast())
        dtype = set.dtype
        let width = set.dims[set.dims.rank - 1]
        for (place, value) in try table.integers(set).enumerated() {
          members[place / width, default: []].insert(value)
        }
      case .sparse:
        let values = inputs[first + 1]
        let cells = try SparseCells(inputs[first], values, inputs[first + 2], "Set")
        try cells.requireShape()
        try require(
          cells.rank >= lowestRank,
          "Shape \(Shape(cells.dims)) has rank \(cells.rank) < \(lowestRank)")
        try require(
          Shape(cells.dims).checkedElementCount != nil,
          "Set shape \(Shape(cells.dims)) has too many elements")
        if validates { try cells.requireOrdered() } else { try cells.requireInside() }
        groups = Array(cells.dims.dropLast())
        dtype = values.dtype
        let strides = Shape(groups).strides
        for (element, value) in try table.integers(values).enumerated() {
          let group = groups.indices.reduce(0) { $0 + cells[element, $1] * strides[$1] }
          members[group, default: []].insert(value)
        }
      }
      self.members = members.mapValues { $0.sorted() }
    }
  }

  private enum SetOperation: String {
    case aMinusB = "a-b"
    case bMinusA = "b-a"
    case intersection
    case union

    func combine(_ a: [Int], _ b: [Int]) -> [Int] {
      switch self {
      case .aMinusB: Self.subtract(b, from: a)
      case .bMinusA: Self.subtract(a, from: b)
      case .intersection: a.filter(Set(b).contains)
      case .union: Set(a).union(b).sorted()
      }
    }

    private static func subtract(_ b: [Int], from a: [Int]) -> [Int] {
      let removed = Set(b)
      return a.filter { !removed.contains($0) }
    }

    func results(_ a: Sets, _ b: Sets, _ table: ElementTable) throws -> [Tensor] {
      let numbers = Set(a.members.keys).union(b.members.keys).sorted()
      let rank = a.groups.count + 1
      let strides = Shape(a.groups).strides
      var (indices, values): ([Int], [Int]) = ([], [])
      var largest = 0
      for group in numbers {
        let members = combine(a.members[group] ?? [], b.members[group] ?? [])
        largest = max(largest, members.count)
        for position in members.indices {
          for axis in a.groups.indices { indices.append(group / strides[axis] % a.groups[axis]) }
          indices.append(position)
        }
        values += members
      }
      return [
        try Tensor(indices, dims: [values.count, rank]), try table.tensor(values, a.dtype),
        try SparseRows.vector(a.groups + [largest]),
      ]
    }
  }
}

extension SharedAPI {
  public typealias sets = SetsAPI
}

/// `tf.sets`: operations on the sets that the last dimension of dense tensors holds; the others
/// must be equal.
public enum SetsAPI {
  /// The elements that are in both sets. Follows `tf.sets.intersection`.
  public static func intersection(
    _ a: some TensorConvertible, _ b: some TensorConvertible, validateIndices: Bool = true
  ) throws -> SparseTensor { try combine("intersection", a, b, validateIndices) }

  /// The same with its arguments by label.
  public static func intersection(
    _ a: some TensorConvertible, b: some TensorConvertible, validateIndices: Bool = true
  ) throws -> SparseTensor {
    try intersection(a, b, validateIndices: validateIndices)
  }

  /// The elements that are in one of the sets. Follows `tf.sets.union`.
  public static func union(
    _ a: some TensorConvertible, _ b: some TensorConvertible, validateIndices: Bool = true
  ) throws -> SparseTensor { try combine("union", a, b, validateIndices) }

  /// The same with its arguments by label.
  public static func union(
    _ a: some TensorConvertible, b: some TensorConvertible, validateIndices: Bool = true
  ) throws -> SparseTensor {
    try union(a, b, validateIndices: validateIndices)
  }

  /// The elements that are in one set and not in the other. Follows `tf.sets.difference`.
  ///
  /// - Parameter aminusb: whether those of `a` are meant.
  public static func difference(
    _ a: some TensorConvertible, _ b: some TensorConvertible, aminusb: Bool = true,
    validateIndices: Bool = true
  ) throws -> SparseTensor { try combine(aminusb ? "a-b" : "b-a", a, b, validateIndices) }

  /// The same with its arguments by label.
  public static func difference(
    _ a: some TensorConvertible, b: some TensorConvertible, aminusb: Bool = true,
    validateIndices: Bool = true
  ) throws -> SparseTensor {
    try difference(a, b, aminusb: aminusb, validateIndices: validateIndices)
  }

  /// How many different elements each set has. Follows `tf.sets.size`.
  public static func size(_ a: SparseTensor, validateIndices: Bool = true) throws -> Tensor {
    try SetOps.family.size(
      a.parts, Attrs().with("validate_indices", .bool(validateIndices), unless: validateIndices))
  }

  private static func combine(
    _ operation: String, _ a: some TensorConvertible, _ b: some TensorConvertible, _ validates: Bool
  ) throws -> SparseTensor {
    let a = try a.asTensor()
    return try SparseTensor(
      apply(
        SetOps.family.denseToDense, [a, b.asTensor(preferring: a.dtype)],
        Attrs().with("set_operation", .string(operation))
          .with("validate_indices", .bool(validates), unless: validates)))
  }
}
