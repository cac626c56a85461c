"""A sequence is read and then written backwards: a decoder of while_loop over TensorArrays."""

import tensorflow.compat.v1 as tf

from data import Numbers

VOCABULARY, LENGTH, UNITS = 10, 6, 20


def run(report):
    tf.set_random_seed(14)
    sources = Numbers(15).integers(VOCABULARY - 1, 96, LENGTH) + 1
    targets = sources[:, ::-1]

    source = tf.placeholder(tf.int32, [None, LENGTH], name="source")
    target = tf.placeholder(tf.int32, [None, LENGTH], name="target")
    embedding = tf.get_variable("embedding", [VOCABULARY, 12])

    with tf.variable_scope("encoder"):
        cell = tf.nn.rnn_cell.GRUCell(UNITS)
        _, encoded = tf.nn.dynamic_rnn(cell, tf.nn.embedding_lookup(embedding, source), dtype=tf.float32)

    with tf.variable_scope("decoder"):
        cell = tf.nn.rnn_cell.GRUCell(UNITS)
        cell.build([None, 12])
        projection = tf.get_variable("projection", [UNITS, VOCABULARY])

        start = tf.zeros_like(target[:, :1])
        shifted = tf.concat([start, target[:, :-1]], axis=1)
        inputs = tf.TensorArray(tf.float32, size=LENGTH).unstack(
            tf.transpose(tf.nn.embedding_lookup(embedding, shifted), [1, 0, 2]))
        outputs = tf.TensorArray(tf.float32, size=LENGTH)

        def condition(time, state, outputs):
            return time < LENGTH

        def body(time, state, outputs):
            output, state = cell(inputs.read(time), state)
            return time + 1, state, outputs.write(time, tf.matmul(output, projection))

        _, final_state, outputs = tf.while_loop(condition, body, [tf.constant(0), encoded, outputs])
        logits = tf.transpose(outputs.stack(), [1, 0, 2])

    loss = tf.losses.sparse_softmax_cross_entropy(target, logits)
    train = tf.train.AdamOptimizer(0.02).minimize(loss)
    accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 2, output_type=tf.int32), target), tf.float32))

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        report.initialized(sess)
        for step in range(40):
            batch = slice(step % 3 * 32, step % 3 * 32 + 32)
            _, value = sess.run([train, loss], {source: sources[batch], target: targets[batch]})
            report.loss(value)
        report.final(accuracy=sess.run(accuracy, {source: sources, target: targets}))
