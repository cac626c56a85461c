"""Word vectors by the skip-gram model with noise-contrastive estimation."""

import math

import numpy as np
import tensorflow.compat.v1 as tf

from data import Numbers

VOCABULARY, SIZE, SAMPLED = 50, 16, 8


def run(report):
    tf.set_random_seed(9)
    # A text in which each word is near the one before it.
    numbers = Numbers(10)
    text = [0]
    for step in numbers.integers(5, 400):
        text.append((text[-1] + step) % VOCABULARY)
    pairs = [(text[i], text[j]) for i in range(1, 400) for j in (i - 1, i + 1)]

    inputs = tf.placeholder(tf.int32, [None])
    labels = tf.placeholder(tf.int32, [None, 1])
    embeddings = tf.Variable(tf.random_uniform([VOCABULARY, SIZE], -1.0, 1.0), name="embeddings")
    embed = tf.nn.embedding_lookup(embeddings, inputs)
    nce_weights = tf.Variable(
        tf.truncated_normal([VOCABULARY, SIZE], stddev=1.0 / math.sqrt(SIZE)), name="nce_weights")
    nce_biases = tf.Variable(tf.zeros([VOCABULARY]), name="nce_biases")

    loss = tf.reduce_mean(
        tf.nn.nce_loss(
            weights=nce_weights, biases=nce_biases, labels=labels, inputs=embed,
            num_sampled=SAMPLED, num_classes=VOCABULARY))
    optimizer = tf.train.GradientDescentOptimizer(1.0).minimize(loss)

    norm = tf.sqrt(tf.reduce_sum(tf.square(embeddings), 1, keep_dims=True))
    normalized = embeddings / norm
    near = tf.matmul(tf.nn.embedding_lookup(normalized, [3, 30]), normalized, transpose_b=True)

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        report.initialized(sess)
        for step in range(40):
            batch = np.array(pairs[step * 16:step * 16 + 16], np.int32)
            _, value = sess.run([optimizer, loss], {inputs: batch[:, 0], labels: batch[:, 1:]})
            report.loss(value)
        report.final(near=sess.run(near)[:, :5])
