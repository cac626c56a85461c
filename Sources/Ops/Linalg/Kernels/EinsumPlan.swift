import CKernels
import CoreOps

/// An equation of `Einsum`: the labels of each operand and of the result, `...` as a label of its
/// own until ranks are known.
struct EinsumEquation: Sendable {
  /// Labels are characters' numbers; negative ones are the dimensions of an ellipsis, -1 the last.
  static let ellipsis = Int.min
  let operands: [[Int]]
  let output: [Int]

  init(_ text: String) throws {
    func fail(_ reason: String) -> TFError {
      .invalidArgument("\(reason) in einsum equation: \(text)")
    }
    let compact = Array(text.unicodeScalars).filter { $0 != " " }.map { Int($0.value) }
    let (dash, greater, comma, dot) = (45, 62, 44, 46)
    guard let arrow = compact.firstIndex(of: dash), arrow + 1 < compact.count,
      compact[arrow + 1] == greater
    else {
      throw fail("Expecting exactly one '->'")
    }
    func labels(_ part: ArraySlice<Int>) throws -> [Int] {
      var result: [Int] = []
      var index = part.startIndex
      while index < part.endIndex {
        if part[index] == dot {
          guard index + 2 < part.endIndex, part[index + 1] == dot, part[index + 2] == dot,
            !result.contains(Self.ellipsis)
          else { throw fail("Expecting at most one '...' per term") }
          result.append(Self.ellipsis)
          index += 3
          continue
        }
        let isLetter = (65...90).contains(part[index]) || (97...122).contains(part[index])
        guard isLetter || part[index] > 127 else { throw fail("Invalid character") }
        result.append(part[index])
        index += 1
      }
      return result
    }
    operands = try compact[..<arrow].split(separator: comma, omittingEmptySubsequences: false).map(
      labels)
    output = try labels(compact[(arrow + 2)...])
    guard operands.count == 1 || operands.count == 2 else {
      throw fail("Expecting 1 or 2 input subscripts")
    }
    for label in output where label != Self.ellipsis {
      guard operands.contains(where: { $0.contains(label) }) else {
        throw fail("An output label is in no input")
      }
    }
  }

  /// The labels of operand `index` with its ellipsis written out.
  func labels(_ index: Int, rank: Int) throws -> [Int] {
    let named = operands[index]
    guard let place = named.firstIndex(of: Self.ellipsis) else {
      guard named.count == rank else {
        throw TFError.invalidArgument(
          "Expected input \(index) to have rank \(named.count) but got: \(rank)")
      }
      return named
    }
    let length = rank - (named.count - 1)
    guard length >= 0 else {
      throw TFError.invalidArgument(
        "Expected input \(index) to have rank at least \(named.count - 1) but got: \(rank)")
    }
    return named[..<place] + (0..<length).map { $0 - length } + named[(place + 1)...]
  }

  /// The labels of the output, given those of the operands.
  func outputLabels(_ operands: [[Int]]) throws -> [Int] {
    let length = operands.flatMap { $0 }.filter { $0 < 0 }.map { -$0 }.max() ?? 0
    guard let place = output.firstIndex(of: Self.ellipsis) else {
      if length > 0 {
        throw TFError.invalidArgument(
          "Expected the output to have an ellipsis for \(length) broadcasting dimensions")
      }
      return output
    }
    return output[..<place] + (0..<length).map { $0 - length } + output[(place + 1)...]
  }

  /// A label as the equation has it.
  private static func name(of label: Int) -> String {
    guard label >= 0, let scalar = Unicode.Scalar(UInt32(label)) else { return "'...'" }
    return "'\(scalar)'"
  }

  /// The size of each label.
  ///
  /// - Throws: `INVALID_ARGUMENT` when two dimensions of one label differ.
  static func sizes(_ operands: [[Int]], _ shapes: [[Dimension?]]) throws -> [Int: Dimension?] {
    var sizes: [Int: Dimension?] = [:]
    for (labels, dims) in zip(operands, shapes) {
      for (label, dim) in zip(labels, dims) {
        guard let known = sizes[label] else {
          sizes[label] = .some(dim)
          continue
        }
        guard let known, let dim else {
          sizes[label] = .some(known ?? dim)
          continue
        }
        if label < 0, known == 1 || dim == 1 {
          sizes[label] = .some(known == 1 ? dim : known)
        } else if known != dim {
          throw TFError.invalidArgument(
            "Expected dimension \(known) but got dimension \(dim) for label \(name(of: label))")
        }
      }
    }
    return sizes
  }
}

/// How an equation is computed for fixed shapes: operands laid out as stacks of matrices, one
/// product, the result laid out again.
struct EinsumPlan: Sendable {
  let specialised: Specialised

  init(_ equation: EinsumEquation, _ dtype: DType, _ shapes: [Shape], _ output: Shape) throws {
    let operands = try shapes.enumerated().map { try equation.labels($0, rank: $1.rank) }
    let result = try equation.outputLabels(operands)
    let known = try EinsumEquation.sizes(operands, shapes.map { PartialShape($0).dims ?? [] })
    let size: (Int) -> Int = { ((known[$0] ?? 1) ?? 1).value }
    func count(_ labels: [Int]) -> Int { labels.reduce(1) { $0 * size($1) } }
    func unique(_ labels: [Int]) -> [Int] {
      labels.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
    let a = unique(operands[0])
    let b = operands.count > 1 ? unique(operands[1]) : []
    let kept = unique(result)
    let batch = kept.filter { a.contains($0) && b.contains($0) }
    let contracted = a.filter { b.contains($0) && !kept.contains($0) }
    let free = [
      kept.filter { a.contains($0) && !b.contains($0) },
      kept.filter { b.contains($0) && !a.contains($0) },
    ]

    // Scratch memory: one part after the other, in elements of the dtype.
    var used = 0
    func reserve(_ elements: Int) -> Int {
      let at = used
      used += (elements * dtype.byteSize + 63) & ~63
      return at
    }
    let scratch = shapes.count + 1
    var steps: [@Sendable (Pointers) throws -> Void] = []

    /// Operand `index` with its labels in that order, as an offset into the scratch memory.
    func gathered(_ index: Int, _ order: [Int]) throws -> Int {
      let labels = operands[index]
      let strides = shapes[index].strides
      let dims = order.map(size)
      let source = Region(
        dims: dims,
        strides: order.map { label in
          labels.indices.filter { labels[$0] == label }.reduce(0) { sum, axis in
            sum + (shapes[index][axis] == 1 && size(label) != 1 ? 0 : strides[axis])
          }
        })
      let at = reserve(count(order))
      var copies = Copies(dtype)
      var target = Region(dims)
      target.offset = at / dtype.byteSize
      try copies.add(index, source, to: scratch, target)
      let ready = copies
      steps.append { ready.run($0) }
      return at
    }

    /// The same with the labels summed that only this operand has.
    func prepared(_ index: Int, _ order: [Int]) throws -> Int {
      let own = index == 0 ? a : b
      let summed = own.filter { !order.contains($0) }
      let at = try gathered(index, order + summed)
      if summed.isEmpty { return at }
      let (rows, depth) = (count(order), count(summed))
      let (ones, sums) = (reserve(depth), reserve(rows))
      let plan = try MatMulPlan(dtype, [rows, depth], [depth, 1], [rows, 1], .plain, .plain)
      let more = reserve(plan.scratchBytes / max(dtype.byteSize, 1) + 1)
      let code = Int32(dtype.rawValue)
      steps.append { pointers in
        let base = pointers[scratch]
        jk_fill_ones(code, base + ones, Int64(depth))
        try plan.run(base + at, base + ones, base + sums, base + more)
      }
      return sums
    }

    let first = try prepared(0, batch + free[0] + contracted)
    var place = first
    let inner = batch + free[0] + free[1]
    if operands.count > 1 {
      let second = try prepared(1, batch + contracted + free[1])
      place = reserve(count(inner))
      let (stack, m, k, n) = (count(batch), count(free[0]), count(contracted), count(free[1]))
      let plan = try MatMulPlan(
        dtype, [stack, m, k], [stack, k, n], [stack, m, n], .plain, .plain)
      let more = reserve(plan.scratchBytes / max(dtype.byteSize, 1) + 1)
      let target = place
      steps.append { pointers in
        let base = pointers[scratch]
        try plan.run(base + first, base + second, base + target, base + more)
      }
    }
    // The result in its own order; a label that stands twice in it fills a diagonal.
    var copies = Copies(dtype)
    let strides = output.strides
    var source = Region(inner.map(size))
    source.offset = place / dtype.byteSize
    let target = Region(
      dims: inner.map(size),
      strides: inner.map { label in
        result.indices.filter { result[$0] == label }.reduce(0) { $0 + strides[$1] }
      })
    if kept.count != result.count {
      try copies.zero(shapes.count, Region(output))
      copies.wait()
    }
    try copies.add(scratch, source, to: shapes.count, target)
    let last = copies
    let all = steps
    specialised = .run(scratch: max(used, 64)) { pointers in
      for step in all { try step(pointers) }
      last.run(pointers)
    }
  }
}
