import CompatV1

/// The programs of `script/recurrent-graphs`.
enum RecurrentPrograms {
  struct Program: Sendable {
    let name: String
    /// Gives the outputs of the net and its last state.
    let body: @Sendable () throws -> [Tensor]
  }

  private typealias cells = tf.nn.rnnCell

  private static func inputs(_ shape: [Int?] = [nil, 5, 3]) throws -> Tensor {
    try tf.placeholder(.float32, shape: shape, name: "x")
  }
  private static func lengths() throws -> Tensor {
    try tf.placeholder(.int32, shape: [nil], name: "lengths")
  }

  static let all: [Program] = [
    Program(name: "basic_lstm") {
      let (outputs, state) = try tf.nn.dynamicRnn(
        cells.BasicLSTMCell(4), inputs(), dtype: .float32)
      return [outputs] + state.tensors
    },
    Program(name: "cells_on_each_other") {
      let cell = try cells.MultiRNNCell([cells.GRUCell(4), cells.LSTMCell(3)])
      let (outputs, state) = try tf.nn.dynamicRnn(
        cell, inputs([2, 5, 3]), sequenceLength: lengths(), dtype: .float32)
      return [outputs] + state.tensors
    },
    Program(name: "peepholes_and_projection") {
      let cell = try cells.LSTMCell(
        4, usePeepholes: true, cellClip: 0.5, numProj: 2, projClip: 0.2, forgetBias: 0.7)
      let (outputs, state) = try tf.nn.dynamicRnn(
        cell, inputs(), sequenceLength: lengths(), dtype: .float32)
      return [outputs] + state.tensors
    },
    Program(name: "concatenated_states") {
      let cell = try cells.MultiRNNCell(
        [cells.BasicLSTMCell(3, stateIsTuple: false), cells.LSTMCell(2, stateIsTuple: false)],
        stateIsTuple: false)
      let (outputs, state) = try tf.nn.dynamicRnn(cell, inputs(), dtype: .float32)
      return [outputs] + state.tensors
    },
    Program(name: "both_directions") {
      let (outputs, states) = try tf.nn.bidirectionalDynamicRnn(
        cells.BasicRNNCell(4), cells.GRUCell(2, activation: { try tf.nn.relu($0) }), inputs(),
        sequenceLength: lengths(), dtype: .float32)
      return [outputs.fw, outputs.bw] + states.fw.tensors + states.bw.tensors
    },
    Program(name: "time_first") {
      let x = try inputs([5, 2, 3])
      let cell = try cells.ResidualWrapper(cells.GRUCell(3))
      let (outputs, state) = try tf.nn.dynamicRnn(
        cell, x, initialState: tf.ones([2, 3]), timeMajor: true, scope: "net")
      return [outputs] + state.tensors
    },
    Program(name: "unrolled") {
      let x = try tf.unstack(inputs([2, 5, 3]), axis: 1)
      let (outputs, state) = try tf.nn.staticRnn(cells.BasicRNNCell(4), x, dtype: .float32)
      return outputs + state.tensors
    },
    Program(name: "unrolled_with_lengths") {
      let x = try tf.unstack(inputs([2, 5, 3]), axis: 1)
      let (outputs, state) = try tf.nn.staticRnn(
        cells.BasicLSTMCell(4), x, dtype: .float32, sequenceLength: lengths())
      return outputs + state.tensors
    },
    Program(name: "unrolled_in_both_directions") {
      let x = try tf.unstack(inputs([2, 5, 3]), axis: 1)
      let (outputs, forward, backward) = try tf.nn.staticBidirectionalRnn(
        cells.GRUCell(4), cells.GRUCell(3), x, dtype: .float32)
      return outputs + forward.tensors + backward.tensors
    },
    Program(name: "raw") {
      let x = try inputs([2, 5, 3])
      let array = try tf.TensorArray(.float32, size: 5).unstack(tf.transpose(x, [1, 0, 2]))
      let cell = try cells.GRUCell(4)
      let (emitted, state) = try tf.nn.rawRnn(cell) { time, output, state in
        let done = try tf.greaterEqual(time, tf.constant([3, 5]))
        let next = try output == nil ? cell.zeroState(2, .float32) : state
        let following = try tf.cond(
          tf.reduceAll(done), { try tf.zeros([2, 3]) }, { try array.read(time) })
        return (done, following, next, output)
      }
      return [try emitted.stack()] + state.tensors
    },
    Program(name: "dropout") {
      let cell = try cells.DropoutWrapper(
        cells.BasicLSTMCell(4), inputKeepProb: 0.7, outputKeepProb: 0.5, stateKeepProb: 0.8,
        seed: 3)
      let (outputs, state) = try tf.nn.dynamicRnn(cell, inputs([2, 5, 3]), dtype: .float32)
      return [outputs] + state.tensors
    },
    Program(name: "the_same_dropout_in_all_steps") {
      let cell = try cells.DropoutWrapper(
        cells.GRUCell(4), inputKeepProb: 0.7, outputKeepProb: 0.5, variationalRecurrent: true,
        inputSize: 3, dtype: .float32, seed: 5)
      let (outputs, state) = try tf.nn.dynamicRnn(cell, inputs([2, 5, 3]), dtype: .float32)
      return [outputs] + state.tensors
    },
  ]
}
