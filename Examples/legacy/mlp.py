"""A perceptron with two hidden layers and dropout, trained by Adam."""

import tensorflow.compat.v1 as tf

from data import digits


def run(report):
    tf.set_random_seed(6)
    images, labels = digits(240)
    images = images.reshape(-1, 64)

    x = tf.placeholder(tf.float32, [None, 64], name="x")
    y = tf.placeholder(tf.int32, [None], name="y")
    keep_prob = tf.placeholder_with_default(1.0, [], name="keep_prob")

    def layer(inputs, size, name):
        with tf.variable_scope(name):
            w = tf.get_variable(
                "w", [inputs.shape[1], size], initializer=tf.truncated_normal_initializer(stddev=0.1))
            b = tf.get_variable("b", [size], initializer=tf.constant_initializer(0.1))
            return tf.nn.bias_add(tf.matmul(inputs, w), b)

    h1 = tf.nn.dropout(tf.nn.relu(layer(x, 48, "hidden1")), keep_prob)
    h2 = tf.nn.dropout(tf.nn.relu(layer(h1, 32, "hidden2")), keep_prob, seed=11)
    logits = layer(h2, 10, "output")

    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train = tf.train.AdamOptimizer(0.01).minimize(loss)
    correct = tf.nn.in_top_k(logits, y, 1)
    accuracy = tf.reduce_mean(tf.to_float(correct))

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        report.initialized(sess)
        for step in range(40):
            batch = slice(step % 4 * 50, step % 4 * 50 + 50)
            _, value = sess.run([train, loss], {x: images[batch], y: labels[batch], keep_prob: 0.8})
            report.loss(value)
        report.final(accuracy=sess.run(accuracy, {x: images[200:], y: labels[200:]}))
