"""Low-level variables and operator execution: the first program of TensorFlow's migration guide."""

import tensorflow.compat.v1 as tf
from tf_slim import l2_regularizer

from data import Numbers


def run(report):
    in_a = tf.placeholder(dtype=tf.float32, shape=(2))
    in_b = tf.placeholder(dtype=tf.float32, shape=(2))

    def forward(x):
        with tf.variable_scope("matmul", reuse=tf.AUTO_REUSE):
            W = tf.get_variable("W", initializer=tf.ones(shape=(2, 2)), regularizer=l2_regularizer(0.04))
            b = tf.get_variable("b", initializer=tf.zeros(shape=(2)))
            return W * x + b

    out_a = forward(in_a)
    out_b = forward(in_b)

    reg_loss = tf.losses.get_regularization_loss(scope="matmul")

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        report.initialized(sess)
        numbers = Numbers(1)
        for step in range(20):
            feeds = {in_a: numbers.uniform(2), in_b: numbers.uniform(2)}
            a, b, loss = sess.run([out_a, out_b, reg_loss], feed_dict=feeds)
            report.loss(loss + a.sum() - b.sum())
        outs = sess.run([out_a, out_b, reg_loss], feed_dict={in_a: [1, 0], in_b: [0, 1]})
        report.final(out_a=outs[0], out_b=outs[1], reg_loss=outs[2])
