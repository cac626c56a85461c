"""Mixed variables and tf.layers: the third program of TensorFlow's migration guide, and its training."""

import numpy as np
import tensorflow.compat.v1 as tf
from tf_slim import l2_regularizer

from data import digits


def run(report):
    tf.set_random_seed(3)
    images, _ = digits(8)
    train_data = tf.constant(images[:4])
    test_data = tf.constant(images[4:])

    def model(x, training, scope="model"):
        with tf.variable_scope(scope, reuse=tf.AUTO_REUSE):
            W = tf.get_variable(
                "W", dtype=tf.float32,
                initializer=tf.ones(shape=x.shape),
                regularizer=l2_regularizer(0.04),
                trainable=True)
            if training:
                x = x + W
            else:
                x = x + W * 0.5
            x = tf.layers.conv2d(x, 32, 3, activation=tf.nn.relu)
            x = tf.layers.max_pooling2d(x, (2, 2), 1)
            x = tf.layers.flatten(x)
            return x

    train_out = model(train_data, training=True)
    test_out = model(test_data, training=False)

    loss = tf.reduce_mean(tf.square(train_out)) + tf.losses.get_regularization_loss()
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        report.initialized(sess)
        for step in range(20):
            _, value = sess.run([train, loss])
            report.loss(value)
        report.final(mean=np.mean(sess.run(test_out)))
