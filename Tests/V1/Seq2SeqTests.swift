import CompatV1
import CoreGraph
import CoreOps
import Testing

/// Decoders, attention and the cells of `tf.contrib`.
@Suite struct Seq2SeqTests {
  private typealias seq2seq = tf.contrib.seq2seq
  private typealias cells = tf.contrib.rnn

  /// Runs a program in a graph of its own, in both forms of loops.
  private func inGraphs(_ body: () throws -> Void) throws {
    for form in ["v1", "v2"] {
      let graph = Graph()
      graph.seed = 3
      try withBehavior(RecurrentTests.behavior(form)) { try graph.asDefault(body) }
    }
  }

  private func values(_ tensors: [Tensor]) throws -> [[Double]] {
    let session = try Session(graph: tensors[0].graph)
    try session.run(tf.globalVariablesInitializer())
    return try session.run(tensors).map { try $0.doubles() }
  }

  private func expectClose(_ a: [Double], _ b: [Double]) {
    #expect(a.count == b.count)
    for (x, y) in zip(a, b) { #expect(abs(x - y) < 1e-5, "\(x), not \(y)") }
  }

  private static func row(_ batch: Int, _ time: Int) -> [Float] {
    (0..<3).map { (index: Int) -> Float in
      let number = (7 * batch + 3 * time + 5 * index) % 11
      return Float(number) / 11 - 0.5
    }
  }
  private static let inputs: [[[Float]]] = (0..<2).map { batch in
    (0..<4).map { row(batch, $0) }
  }

  @Test func trainingGivesWhatADynamicNetGives() throws {
    try inGraphs {
      let x = try tf.constant(Self.inputs, dtype: .float32)
      let cell = try cells.GRUCell(5)
      let (outputs, state) = try tf.nn.dynamicRnn(
        cell, x, sequenceLength: [4, 2], dtype: .float32)
      let helper = try seq2seq.TrainingHelper(x, [4, 2])
      let decoder = seq2seq.BasicDecoder(cell, helper, try cell.zeroState(2, .float32))
      let (decoded, last, lengths) = try seq2seq.dynamicDecode(decoder, imputeFinished: true)
      let gradient = try #require(
        try tf.gradients(tf.reduceSum(decoded.rnnOutput), [x])[0])
      let other = try #require(try tf.gradients(tf.reduceSum(outputs), [x])[0])
      let found = try values([
        outputs, decoded.rnnOutput, try state.tensor, try last.tensor, gradient, other, lengths,
      ])
      expectClose(found[1], found[0])
      expectClose(found[3], found[2])
      expectClose(found[4], found[5])
      #expect(found[6] == [4, 2])
      #expect(
        try tf.trainableVariables().map(\.name).sorted() == [
          "rnn/gru_cell/candidate/bias:0", "rnn/gru_cell/candidate/kernel:0",
          "rnn/gru_cell/gates/bias:0", "rnn/gru_cell/gates/kernel:0",
        ])
    }
  }

  @Test func greedyDecodingEndsAtTheEndTokenOrTheLastStep() throws {
    try inGraphs {
      let embedding = try tf.constant([[1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype: .float32)
      let cell = try cells.BasicRNNCell(3)
      let helper = try seq2seq.GreedyEmbeddingHelper(embedding, [0, 1], 2)
      // Says the number after the one that it is given.
      let next = try tf.constant([[0, 1, 0], [0, 0, 1], [0, 0, 1]], dtype: .float32)
      var given: Tensor?
      let decoder = seq2seq.BasicDecoder(
        try Echo(), helper, try cell.zeroState(2, .float32),
        outputLayer: {
          given = $0
          return try tf.matmul($0, next)
        }, outputSize: 3)
      let (decoded, _, lengths) = try seq2seq.dynamicDecode(decoder, maximumIterations: 5)
      #expect(given != nil)
      let found = try values([decoded.sampleId, lengths])
      #expect(found == [[1, 2, 2, 2], [2, 1]])
      let (short, _, _) = try seq2seq.dynamicDecode(decoder, maximumIterations: 1)
      #expect(try values([short.sampleId]) == [[1, 2]])
    }
  }

  /// Gives what it takes.
  private final class Echo: RNNCell {
    override var stateSize: RNNStateSize { 3 }
    override var outputSize: Int { 3 }
    override func call(_ inputs: Tensor, _ state: RNNState) throws -> (
      output: Tensor, state: RNNState
    ) { (inputs, state) }
  }

  @Test(arguments: ["luong", "bahdanau", "normalised"])
  func attentionLooksAtWhatIsInTheSequences(kind: String) throws {
    try inGraphs {
      let memory = try tf.constant(Self.inputs, dtype: .float32)
      let mechanism: AttentionMechanism =
        switch kind {
        case "luong": try seq2seq.LuongAttention(5, memory, memorySequenceLength: [4, 2])
        case "bahdanau": try seq2seq.BahdanauAttention(5, memory, memorySequenceLength: [4, 2])
        default:
          try seq2seq.BahdanauAttention(
            5, memory, memorySequenceLength: [4, 2], normalize: true)
        }
      let cell = try seq2seq.AttentionWrapper(
        cells.BasicLSTMCell(5), mechanism, attentionLayerSize: 4)
      let helper = try seq2seq.TrainingHelper(memory, [4, 3])
      let decoder = seq2seq.BasicDecoder(cell, helper, try cell.zeroState(2, .float32))
      let (decoded, state, _) = try seq2seq.dynamicDecode(decoder)
      let weights = try state[3].tensor
      let found = try values([decoded.rnnOutput, weights, try state[2].tensor])
      #expect(found[0].count == 2 * 4 * 4 && found[0].allSatisfy(\.isFinite))
      #expect(abs(found[1][0..<4].reduce(0, +) - 1) < 1e-5)
      #expect(abs(found[1][4..<6].reduce(0, +) - 1) < 1e-5)
      #expect(found[1][6] == 0 && found[1][7] == 0 && found[1][0] > 0 && found[2] == [4])
      let names = try Set(tf.trainableVariables().map(\.name))
      #expect(
        names.isSuperset(of: [
          "memory_layer/kernel:0", "decoder/attention_wrapper/attention_layer/kernel:0",
          "decoder/attention_wrapper/basic_lstm_cell/kernel:0",
        ]), "\(names.sorted())")
    }
  }

  @Test func sequenceLossIsTheWeightedCrossEntropy() throws {
    try inGraphs {
      let logits = try tf.constant([[[0, 0], [1, 1]], [[2, 2], [0, 0]]], dtype: .float32)
      let weights = try tf.constant([[1, 1], [1, 0]], dtype: .float32)
      let all = try seq2seq.sequenceLoss(logits, [[0, 1], [1, 0]], weights)
      let each = try seq2seq.sequenceLoss(
        logits, [[0, 1], [1, 0]], weights, averageAcrossTimesteps: false,
        averageAcrossBatch: false)
      let rows = try seq2seq.sequenceLoss(
        logits, [[0, 1], [1, 0]], weights, averageAcrossBatch: false)
      let found = try values([all, each, rows])
      let ln2 = 0.6931472
      expectClose(found[0], [ln2])
      expectClose(found[1], [ln2, ln2, ln2, 0])
      expectClose(found[2], [ln2, ln2])
    }
  }

  @Test func normalisedCellsHaveScalesAndShifts() throws {
    try inGraphs {
      let x = try tf.constant(Self.inputs, dtype: .float32)
      let (outputs, state) = try tf.nn.dynamicRnn(
        cells.LayerNormBasicLSTMCell(4), x, dtype: .float32)
      let found = try values([outputs, try state.c])
      #expect(found[0].allSatisfy { abs($0) < 1 })
      // What is kept is normalised in each step.
      for row in [found[1][0..<4], found[1][4..<8]] {
        #expect(abs(row.reduce(0, +)) < 1e-4)
        #expect(abs(row.reduce(0) { $0 + $1 * $1 } - 4) < 1e-3)
      }
      let names = try tf.trainableVariables().map(\.name)
      #expect(names.count == 11)
      #expect(names.contains("rnn/layer_norm_basic_lstm_cell/state/gamma:0"), "\(names)")
    }
  }

  @Test func netsOnEachOtherTakeBothOutputs() throws {
    try inGraphs {
      let x = try tf.constant(Self.inputs, dtype: .float32)
      let (outputs, forward, backward) = try cells.stackBidirectionalDynamicRnn(
        [cells.GRUCell(2), cells.GRUCell(3)], [cells.GRUCell(2), cells.GRUCell(3)], x,
        dtype: .float32)
      let found = try values([outputs] + forward.flatMap(\.tensors) + backward.flatMap(\.tensors))
      #expect(found.map(\.count) == [48, 4, 6, 4, 6])
      // The last output forward, and the first backward, are the states.
      let last = found[0][18..<24]
      #expect(Array(last.prefix(3)) == Array(found[2].prefix(3)))
      #expect(Array(found[0][3..<6]) == Array(found[4].prefix(3)))
    }
  }
}
