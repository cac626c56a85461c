"""Digits read row by row by an LSTM with dynamic_rnn, trained on clipped gradients."""

import numpy as np
import tensorflow.compat.v1 as tf

from data import digits


def run(report):
    tf.set_random_seed(8)
    images, labels = digits(160)
    images = images.reshape(-1, 8, 8)
    lengths = np.array([8 - step % 3 for step in range(160)], np.int32)

    x = tf.placeholder(tf.float32, [None, 8, 8], name="rows")
    y = tf.placeholder(tf.int32, [None], name="labels")
    length = tf.placeholder(tf.int32, [None], name="lengths")

    cell = tf.nn.rnn_cell.BasicLSTMCell(24)
    outputs, state = tf.nn.dynamic_rnn(cell, x, sequence_length=length, dtype=tf.float32)
    W = tf.get_variable("W", [24, 10])
    b = tf.get_variable("b", [10], initializer=tf.zeros_initializer())
    logits = tf.matmul(state.h, W) + b

    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    variables = tf.trainable_variables()
    gradients, norm = tf.clip_by_global_norm(tf.gradients(loss, variables), 1.0)
    optimizer = tf.train.RMSPropOptimizer(0.02)
    train = optimizer.apply_gradients(zip(gradients, variables))

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        report.initialized(sess)
        for step in range(60):
            batch = slice(step % 4 * 40, step % 4 * 40 + 40)
            feeds = {x: images[batch], y: labels[batch], length: lengths[batch]}
            _, value, _ = sess.run([train, loss, norm], feeds)
            report.loss(value)
        report.final(loss=sess.run(loss, feeds))
