"""Softmax regression on digits: a decayed learning rate, weight decay by a collection, shuffled epochs."""

import numpy as np
import tensorflow.compat.v1 as tf

from data import digits


def run(report):
    tf.set_random_seed(5)
    images, labels = digits(300)

    x = tf.placeholder(tf.float32, [None, 8, 8, 1], name="images")
    y = tf.placeholder(tf.int64, [None], name="labels")
    order = tf.random_shuffle(tf.range(240), seed=7, name="order")

    with tf.variable_scope("softmax", regularizer=lambda w: 1e-3 * tf.nn.l2_loss(w)):
        weights = tf.get_variable("weights", [64, 10], initializer=tf.random_normal_initializer(stddev=0.1, seed=3))
        biases = tf.get_variable("biases", [10], initializer=tf.zeros_initializer(), regularizer=tf.no_regularizer)
        logits = tf.nn.xw_plus_b(tf.reshape(x, [-1, 64]), weights, biases, name="logits")

    cross_entropy = tf.reduce_mean(
        tf.nn.softmax_cross_entropy_with_logits_v2(labels=tf.one_hot(y, 10), logits=logits))
    decay = tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
    loss = tf.add(cross_entropy, decay, name="loss")

    global_step = tf.train.get_or_create_global_step()
    rate = tf.train.exponential_decay(0.5, global_step, 10, 0.9, staircase=True)
    train = tf.train.GradientDescentOptimizer(rate).minimize(loss, global_step=global_step)

    correct = tf.equal(tf.argmax(logits, 1), y)
    accuracy = tf.reduce_mean(tf.cast(correct, tf.float32), name="accuracy")
    tf.summary.scalar("loss", loss)
    tf.summary.histogram("weights", weights)
    summaries = tf.summary.merge_all()

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        report.initialized(sess)
        for epoch in range(5):
            permutation = sess.run(order)
            for batch in np.split(permutation, 6):
                _, value, _ = sess.run([train, loss, summaries], {x: images[batch], y: labels[batch]})
                report.loss(value)
        report.final(
            accuracy=sess.run(accuracy, {x: images[240:], y: labels[240:]}), global_step=sess.run(global_step))
