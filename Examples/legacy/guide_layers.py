"""A model based on tf.layers: the second program of TensorFlow's migration guide, and its training."""

import tensorflow.compat.v1 as tf
from tf_slim import l2_regularizer

from data import digits


def run(report):
    tf.set_random_seed(2)
    images, labels = digits(120)
    images = images[:, 1:7, 1:7, :]

    def model(x, training, scope="model"):
        with tf.variable_scope(scope, reuse=tf.AUTO_REUSE):
            x = tf.layers.conv2d(x, 32, 3, activation=tf.nn.relu, kernel_regularizer=l2_regularizer(0.04))
            x = tf.layers.max_pooling2d(x, (2, 2), 1)
            x = tf.layers.flatten(x)
            x = tf.layers.dropout(x, 0.1, training=training)
            x = tf.layers.dense(x, 64, activation=tf.nn.relu)
            x = tf.layers.batch_normalization(x, training=training)
            x = tf.layers.dense(x, 10)
            return x

    train_data = tf.placeholder(tf.float32, [None, 6, 6, 1])
    train_labels = tf.placeholder(tf.int32, [None])
    test_data = tf.placeholder(tf.float32, [None, 6, 6, 1])

    train_out = model(train_data, training=True)
    test_out = model(test_data, training=False)

    loss = tf.losses.sparse_softmax_cross_entropy(train_labels, train_out)
    total_loss = tf.losses.get_total_loss()
    update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    with tf.control_dependencies(update_ops):
        train = tf.train.GradientDescentOptimizer(0.1).minimize(total_loss)

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        report.initialized(sess)
        for step in range(20):
            batch = slice(step % 3 * 40, step % 3 * 40 + 40)
            _, value = sess.run([train, total_loss], {train_data: images[batch], train_labels: labels[batch]})
            report.loss(value)
        report.final(logits=sess.run(test_out, {test_data: images[:2]}))
