"""Linear regression by gradient descent on a feed."""

import tensorflow.compat.v1 as tf

from data import Numbers


def run(report):
    numbers = Numbers(4)
    features = numbers.uniform(64, 3)
    targets = features @ [[2.0], [-3.0], [0.5]] + 1.0

    X = tf.placeholder(tf.float32, [None, 3], name="X")
    Y = tf.placeholder(tf.float32, [None, 1], name="Y")

    W = tf.Variable(tf.zeros([3, 1]), name="weight")
    b = tf.Variable(0.1, name="bias")

    prediction = tf.add(tf.matmul(X, W), b)
    cost = tf.reduce_sum(tf.pow(prediction - Y, 2)) / (2 * 64)
    optimizer = tf.train.GradientDescentOptimizer(0.3).minimize(cost)

    init = tf.global_variables_initializer()
    with tf.Session() as sess:
        sess.run(init)
        report.initialized(sess)
        for step in range(200):
            _, c = sess.run([optimizer, cost], feed_dict={X: features, Y: targets})
            report.loss(c)
        report.final(cost=cost.eval({X: features, Y: targets}), weight=W.eval(), bias=b.eval())
