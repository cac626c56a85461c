import CKernels
package import CoreOps
import OpsLinalg

/// Whole cells and layers of recurrent networks.
package struct RecurrentOps: OpFamily {
  package static let family: Self = define(Self())

  package let lstmBlockCell: OpDef = OpDef(
    "LSTMBlockCell",
    """
    x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T -> i: T, cs: T, f: T, o: T, \
      ci: T, co: T, h: T
    forget_bias: float = 1.0
    cell_clip: float = 3.0
    use_peephole: bool = false
    T: {half, float}
    """,
    shape: { context in
      let cell = try LSTMShapes(context, first: 0, steps: false)
      return [PartialShape](repeating: cell.state, count: 7)
    },
    kernel: .raw(["T": .float32]) { context in
      let form = try LSTMForm(context)
      return { try form.forward($0, first: 0, steps: false) }
    },
    gradient: .none("TensorFlow has no gradient for LSTMBlockCell"))

  package let lstmBlockCellGrad: OpDef = OpDef(
    "LSTMBlockCellGrad",
    """
    x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T, i: T, cs: T, f: T, o: T, \
      ci: T, co: T, cs_grad: T, h_grad: T -> cs_prev_grad: T, dicfo: T, wci_grad: T, wcf_grad: T, \
      wco_grad: T
    use_peephole: bool
    T: {half, float}
    """,
    shape: { context in
      let cell = try LSTMShapes(context, first: 0, steps: false)
      for index in 8..<16 { _ = try context.shapes[index].merged(with: cell.state) }
      let vector = PartialShape([cell.cells])
      return [cell.state, .of(cell.batch, cell.cells.map { 4 * $0 }), vector, vector, vector]
    },
    kernel: .raw(["T": .float32]) { context in
      let form = try LSTMForm(context)
      return { specialise in
        var lstm = form.lstm
        lstm.batch = Int64(specialise.inputs[1][0])
        lstm.cells = Int64(specialise.inputs[1][1])
        let cells = specialise.inputs[1][1]
        let ready = lstm
        return .run { pointers in
          var lstm = ready
          let p = Floats(pointers)
          for output in 18..<21 { p[output].update(repeating: 0, count: cells) }
          jk_lstm_step_gradient(
            &lstm, jk_lstm_inputs(wci: p[4], wcf: p[5], wco: p[6], cs_prev: p[1]),
            jk_lstm_states(i: p[8], cs: p[9], f: p[10], o: p[11], ci: p[12], co: p[13]), p[14],
            p[15], p[16],
            p[17], p[18], p[19], p[20])
        }
      }
    },
    gradient: .none("TensorFlow has no gradient for LSTMBlockCellGrad"))

  package let blockLSTM: OpDef = OpDef(
    "BlockLSTM",
    """
    seq_len_max: int64, x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T -> i: T, \
      cs: T, f: T, o: T, ci: T, co: T, h: T
    forget_bias: float = 1.0
    cell_clip: float = 3.0
    use_peephole: bool = false
    T: {half, float}
    """,
    shape: LSTMShapes.block, kernel: LSTMForm.block,
    gradient: .rule { try LSTMForm.gradient($0, by: family.blockLSTMGrad) })

  package let blockLSTMV2: OpDef = OpDef(
    "BlockLSTMV2",
    """
    seq_len_max: int64, x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T -> i: T, \
      cs: T, f: T, o: T, ci: T, co: T, h: T
    cell_clip: float = 0.0
    use_peephole: bool = false
    T: {half, float}
    """,
    shape: LSTMShapes.block, kernel: LSTMForm.block,
    gradient: .rule { try LSTMForm.gradient($0, by: family.blockLSTMGradV2) })

  package let blockLSTMGrad: OpDef = blockGradient("BlockLSTMGrad")
  package let blockLSTMGradV2: OpDef = blockGradient("BlockLSTMGradV2")

  private static func blockGradient(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      seq_len_max: int64, x: T, cs_prev: T, h_prev: T, w: T, wci: T, wcf: T, wco: T, b: T, i: T, \
        cs: T, f: T, o: T, ci: T, co: T, h: T, cs_grad: T, h_grad: T -> x_grad: T, \
        cs_prev_grad: T, h_prev_grad: T, w_grad: T, wci_grad: T, wcf_grad: T, wco_grad: T, \
        b_grad: T
      use_peephole: bool
      T: {half, float}
      """,
      shape: LSTMShapes.blockGradient, kernel: LSTMForm.blockGradient,
      gradient: .none("TensorFlow has no gradient for \(name)"))
  }

  package let gruBlockCell: OpDef = OpDef(
    "GRUBlockCell",
    """
    x: T, h_prev: T, w_ru: T, w_c: T, b_ru: T, b_c: T -> r: T, u: T, c: T, h: T
    T: {float}
    """,
    shape: { context in
      let cell = try GRUShapes(context)
      return [PartialShape](repeating: cell.state, count: 4)
    },
    kernel: .raw(["T": .float32]) { _ in { try GRU.forward($0) } },
    gradient: .none("TensorFlow has no gradient for GRUBlockCell"))

  package let gruBlockCellGrad: OpDef = OpDef(
    "GRUBlockCellGrad",
    """
    x: T, h_prev: T, w_ru: T, w_c: T, b_ru: T, b_c: T, r: T, u: T, c: T, d_h: T -> d_x: T, \
      d_h_prev: T, d_c_bar: T, d_r_bar_u_bar: T
    T: {float}
    """,
    shape: { context in
      let cell = try GRUShapes(context)
      for index in 6..<10 { _ = try context.shape(index, rank: 2).merged(with: cell.state) }
      return [
        context.shapes[0], cell.state, cell.state, .of(cell.state[0], cell.state[1].map { 2 * $0 }),
      ]
    },
    kernel: .raw(["T": .float32]) { _ in { try GRU.gradient($0) } },
    gradient: .none("TensorFlow has no gradient for GRUBlockCellGrad"))
}

/// Pointers to floats by position.
struct Floats {
  let pointers: Pointers
  init(_ pointers: Pointers) { self.pointers = pointers }
  subscript(index: Int) -> UnsafeMutablePointer<Float> {
    pointers[index].assumingMemoryBound(to: Float.self)
  }
}

/// The sizes of an LSTM, checked.
struct LSTMShapes {
  let batch: Dimension?
  let cells: Dimension?
  let inputs: Dimension?
  let time: Dimension?
  var state: PartialShape { .of(batch, cells) }

  /// - Parameters:
  ///   - first: the position of x; the other inputs follow it.
  ///   - steps: whether x has a time dimension before the batch.
  init(_ context: ShapeContext, first: Int, steps: Bool) throws {
    let x = try context.shape(first, rank: steps ? 3 : 2, "x")
    let states = try context.shape(first + 1, rank: 2, "cs_prev")
      .merged(with: try context.shape(first + 2, rank: 2, "h_prev"))
    let w = try context.shape(first + 3, rank: 2, "w")
    var cells = states[1]
    for index in first + 4..<first + 7 {
      let vector = try context.shape(index, rank: 1, "peephole weights")
      if let cells, let count = vector[0], cells != count {
        throw TFError.invalidArgument("peephole weights must have \(cells) elements, have \(count)")
      }
      cells = cells ?? vector[0]
    }
    let batch = try PartialShape([x[steps ? 1 : 0]]).merged(with: .of(states[0]))[0]
    let inputs = x[steps ? 2 : 1]
    let expected = PartialShape.of(
      inputs.flatMap { a in cells.map { a + $0 } }, cells.map { 4 * $0 })
    guard w.isCompatible(with: expected) else {
      throw TFError.invalidArgument("w.dims must be \(expected), are \(w)")
    }
    let b = try context.shape(first + 7, rank: 1, "b")
    guard b.isCompatible(with: .of(cells.map { 4 * $0 })) else {
      throw TFError.invalidArgument("b.dim_size(0) must be 4 times the number of cells, is \(b)")
    }
    self.batch = batch
    self.cells = cells
    self.inputs = inputs
    time = steps ? x[0] : 1
  }

  static let block: ShapeRule = { context in
    let cell = try LSTMShapes(context, first: 1, steps: true)
    _ = try context.shape(0, rank: 0, "seq_len_max")
    return [PartialShape](repeating: .of(cell.time, cell.batch, cell.cells), count: 7)
  }

  static let blockGradient: ShapeRule = { context in
    let cell = try LSTMShapes(context, first: 1, steps: true)
    _ = try context.shape(0, rank: 0, "seq_len_max")
    for index in 9..<18 {
      _ = try context.shape(index, rank: 3).merged(with: .of(cell.time, cell.batch, cell.cells))
    }
    return [
      context.shapes[1], cell.state, cell.state, context.shapes[4], context.shapes[5],
      context.shapes[6],
      context.shapes[7], context.shapes[8],
    ]
  }
}

/// The attributes of an LSTM op, and its runs.
struct LSTMForm: Sendable {
  let lstm: jk_lstm

  init(_ context: KernelContext) throws {
    var lstm = jk_lstm()
    let has = { context.signature.attr($0) != nil }
    lstm.forget_bias = has("forget_bias") ? try context.float("forget_bias") : 0
    lstm.cell_clip = has("cell_clip") ? try context.float("cell_clip") : 0
    lstm.peephole = try context.bool("use_peephole") ? 1 : 0
    lstm.forget_second = context.op.name.hasSuffix("V2") ? 1 : 0
    self.lstm = lstm
  }

  static let block: Kernel = .raw(["T": .float32]) { context in
    let form = try LSTMForm(context)
    return { try form.forward($0, first: 1, steps: true) }
  }

  static let blockGradient: Kernel = .raw(["T": .float32]) { context in
    let form = try LSTMForm(context)
    return { try form.blockGradient($0) }
  }

  private func sized(_ batch: Int, _ cells: Int) -> jk_lstm {
    var lstm = lstm
    lstm.batch = Int64(batch)
    lstm.cells = Int64(cells)
    return lstm
  }

  /// Rounds up to whole cache lines of floats.
  private static func lines(_ count: Int) -> Int { (count + 15) & ~15 }

  /// - Parameter first: the position of x; before it comes the number of steps, if any.
  func forward(_ specialise: SpecialiseContext, first: Int, steps: Bool) throws -> Specialised {
    let x = specialise.inputs[first]
    let (batch, cells) = (specialise.inputs[first + 1][0], specialise.inputs[first + 1][1])
    let width = x[x.rank - 1]
    let time = steps ? x[0] : 1
    let ready = sized(batch, cells)
    let product = try MatMulPlan(
      .float32, [batch, width + cells], [width + cells, 4 * cells], [batch, 4 * cells], .plain,
      .plain)
    let joined = Self.lines(batch * (width + cells))
    let gates = Self.lines(batch * 4 * cells)
    let out = first + 8
    let state = batch * cells
    return .run(scratch: (joined + gates) * 4 + product.scratchBytes) { pointers in
      var lstm = ready
      let p = Floats(pointers)
      let scratch = p[out + 7]
      var length = time
      if steps {
        let asked = pointers[0].load(as: Int64.self)
        guard asked >= 0, asked <= Int64(time) else {
          throw TFError.invalidArgument("seq_len_max must be between 0 and \(time), is \(asked)")
        }
        length = Int(asked)
      }
      for step in 0..<length {
        if step & 15 == 15 { try Cancellation.checkCurrent() }
        let at = step * state
        let hPrev = step == 0 ? p[first + 2] : p[out + 6] + (at - state)
        let csPrev = step == 0 ? p[first + 1] : p[out + 1] + (at - state)
        jk_join_rows(
          Int64(batch), Int64(width), Int64(cells), p[first] + step * batch * width, hPrev, scratch)
        try product.run(scratch, pointers[first + 3], scratch + joined, scratch + joined + gates)
        jk_lstm_step(
          &lstm,
          jk_lstm_inputs(wci: p[first + 4], wcf: p[first + 5], wco: p[first + 6], cs_prev: csPrev),
          scratch + joined, p[first + 7],
          jk_lstm_states(
            i: p[out] + at, cs: p[out + 1] + at, f: p[out + 2] + at, o: p[out + 3] + at,
            ci: p[out + 4] + at, co: p[out + 5] + at), p[out + 6] + at)
      }
      // Steps that are not taken give zeros.
      for output in out..<out + 7 {
        (p[output] + length * state).update(repeating: 0, count: (time - length) * state)
      }
    }
  }

  func blockGradient(_ specialise: SpecialiseContext) throws -> Specialised {
    let x = specialise.inputs[1]
    let (time, batch, width) = (x[0], x[1], x[2])
    let cells = specialise.inputs[2][1]
    let ready = sized(batch, cells)
    let rows = width + cells
    let back = try MatMulPlan(
      .float32, [batch, 4 * cells], [rows, 4 * cells], [batch, rows], .plain, .transposed)
    let weights = try MatMulPlan(
      .float32, [batch, rows], [batch, 4 * cells], [rows, 4 * cells], .transposed, .plain)
    let state = batch * cells
    let (joined, gates, square) = (
      Self.lines(batch * rows), Self.lines(4 * state), Self.lines(rows * 4 * cells)
    )
    let single = Self.lines(state)
    let floats = 2 * joined + gates + square + 2 * single
    return .run(scratch: floats * 4 + max(back.scratchBytes, weights.scratchBytes)) { pointers in
      var lstm = ready
      let p = Floats(pointers)
      let asked = pointers[0].load(as: Int64.self)
      guard asked >= 0, asked <= Int64(time) else {
        throw TFError.invalidArgument("seq_len_max must be between 0 and \(time), is \(asked)")
      }
      let xh = p[26]
      let dxh = xh + joined
      let dgates = dxh + joined
      let dw = dgates + gates
      let csGrad = dw + square
      let hGrad = csGrad + single
      let rest = hGrad + single
      for (output, count) in [
        (18, time * batch * width), (19, state), (20, state), (21, rows * 4 * cells), (22, cells),
        (23, cells),
        (24, cells), (25, 4 * cells),
      ] {
        p[output].update(repeating: 0, count: count)
      }
      for step in stride(from: Int(asked) - 1, through: 0, by: -1) {
        if step & 15 == 15 { try Cancellation.checkCurrent() }
        let at = step * state
        let hPrev = step == 0 ? p[3] : p[15] + (at - state)
        let csPrev = step == 0 ? p[2] : p[10] + (at - state)
        csGrad.update(from: p[16] + at, count: state)
        jk_accumulate(Int64(state), p[19], csGrad)
        hGrad.update(from: p[17] + at, count: state)
        jk_accumulate(Int64(state), p[20], hGrad)
        jk_lstm_step_gradient(
          &lstm, jk_lstm_inputs(wci: p[5], wcf: p[6], wco: p[7], cs_prev: csPrev),
          jk_lstm_states(
            i: p[9] + at, cs: p[10] + at, f: p[11] + at, o: p[12] + at, ci: p[13] + at,
            co: p[14] + at),
          csGrad, hGrad, p[19], dgates, p[22], p[23], p[24])
        try back.run(dgates, pointers[4], dxh, rest)
        jk_split_rows(
          Int64(batch), Int64(width), Int64(cells), dxh, p[18] + step * batch * width, p[20])
        jk_join_rows(
          Int64(batch), Int64(width), Int64(cells), p[1] + step * batch * width, hPrev, xh)
        try weights.run(xh, dgates, dw, rest)
        jk_accumulate(Int64(rows * 4 * cells), dw, p[21])
        jk_accumulate_rows(Int64(batch), Int64(4 * cells), dgates, p[25])
      }
    }
  }

  static func gradient(_ context: GradientContext, by op: OpDef) throws -> [Tensor?] {
    let results = try apply(
      op,
      context.inputs + context.outputs + [try context.gradient(1), try context.gradient(6)],
      PoolingRules.attrs(context, ["use_peephole"]))
    return [nil] + results
  }
}

/// The sizes of a GRU, checked.
struct GRUShapes {
  let state: PartialShape

  init(_ context: ShapeContext) throws {
    let x = try context.shape(0, rank: 2, "x")
    let h = try context.shape(1, rank: 2, "h_prev").merged(with: .of(x[0], nil))
    let rows = x[1].flatMap { a in h[1].map { a + $0 } }
    let double = h[1].map { 2 * $0 }
    func expect(_ index: Int, _ name: String, _ expected: Dimension?...) throws {
      let shape = try context.shape(index, rank: expected.count, name)
      guard shape.isCompatible(with: PartialShape(expected)) else {
        throw TFError.invalidArgument(
          "\(name) must have shape \(PartialShape(expected)), has \(shape)")
      }
    }
    try expect(2, "w_ru", rows, double)
    try expect(3, "w_c", rows, h[1])
    try expect(4, "b_ru", double)
    try expect(5, "b_c", h[1])
    state = h
  }
}

/// The runs of the GRU ops.
enum GRU {
  private static func lines(_ count: Int) -> Int { (count + 15) & ~15 }

  static func forward(_ specialise: SpecialiseContext) throws -> Specialised {
    let (batch, width) = (specialise.inputs[0][0], specialise.inputs[0][1])
    let cells = specialise.inputs[1][1]
    let gates = try MatMulPlan(
      .float32, [batch, width + cells], [width + cells, 2 * cells], [batch, 2 * cells], .plain,
      .plain)
    let candidate = try MatMulPlan(
      .float32, [batch, width + cells], [width + cells, cells], [batch, cells], .plain, .plain)
    let (joined, wide, single) = (
      lines(batch * (width + cells)), lines(2 * batch * cells), lines(batch * cells)
    )
    let scratch = (joined + wide + single) * 4 + max(gates.scratchBytes, candidate.scratchBytes)
    return .run(scratch: scratch) { pointers in
      let p = Floats(pointers)
      let xh = p[10]
      let product = xh + joined
      let reset = product + wide
      let rest = reset + single
      let (rows, inputs, n) = (Int64(batch), Int64(width), Int64(cells))
      jk_join_rows(rows, inputs, n, p[0], p[1], xh)
      try gates.run(xh, pointers[2], product, rest)
      jk_gru_gates(rows, n, product, p[4], p[1], p[6], p[7], reset)
      jk_join_rows(rows, inputs, n, p[0], reset, xh)
      try candidate.run(xh, pointers[3], product, rest)
      jk_gru_state(rows, n, product, p[5], p[7], p[1], p[8], p[9])
    }
  }

  static func gradient(_ specialise: SpecialiseContext) throws -> Specialised {
    let (batch, width) = (specialise.inputs[0][0], specialise.inputs[0][1])
    let cells = specialise.inputs[1][1]
    let rows = width + cells
    let candidate = try MatMulPlan(
      .float32, [batch, cells], [rows, cells], [batch, rows], .plain, .transposed)
    let gates = try MatMulPlan(
      .float32, [batch, 2 * cells], [rows, 2 * cells], [batch, rows], .plain, .transposed)
    let (joined, single, narrow) = (lines(batch * rows), lines(batch * cells), lines(batch * width))
    let scratch = (joined + single + narrow) * 4 + max(gates.scratchBytes, candidate.scratchBytes)
    return .run(scratch: scratch) { pointers in
      let p = Floats(pointers)
      let product = p[14]
      let part = product + joined
      let dx = part + single
      let rest = dx + narrow
      let (n, inputs, k) = (Int64(batch), Int64(width), Int64(cells))
      let (r, u, c, dh) = (p[6], p[7], p[8], p[9])
      jk_gru_candidate_gradient(n, k, dh, u, c, p[1], p[12], p[13])
      try candidate.run(p[12], pointers[3], product, rest)
      jk_split_rows(n, inputs, k, product, p[10], part)
      jk_gru_reset_gradient(n, k, part, dh, r, u, p[1], p[13], p[11])
      try gates.run(p[13], pointers[2], product, rest)
      jk_split_rows(n, inputs, k, product, dx, part)
      jk_accumulate(n * inputs, dx, p[10])
      jk_accumulate(n * k, part, p[11])
    }
  }
}
