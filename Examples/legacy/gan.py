"""An adversarial pair: two Adam optimizers over variable lists found by scope."""

import tensorflow.compat.v1 as tf

from data import digits


def generator(z):
    with tf.variable_scope("generator"):
        h = tf.layers.dense(z, 32, activation=tf.nn.relu, name="hidden")
        return tf.layers.dense(h, 64, activation=tf.nn.sigmoid, name="image")


def discriminator(x, reuse=None):
    with tf.variable_scope("discriminator", reuse=reuse):
        h = tf.layers.dense(x, 32, activation=tf.nn.leaky_relu, name="hidden")
        return tf.layers.dense(h, 1, name="logit")


def run(report):
    tf.set_random_seed(10)
    images, _ = digits(160)
    images = images.reshape(-1, 64)

    x = tf.placeholder(tf.float32, [None, 64], name="real")
    z = tf.random_uniform([tf.shape(x)[0], 8], -1.0, 1.0, name="noise")
    fake = generator(z)
    real_logit = discriminator(x)
    fake_logit = discriminator(fake, reuse=True)

    d_loss = tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(logits=real_logit, labels=0.9 * tf.ones_like(real_logit))
        + tf.nn.sigmoid_cross_entropy_with_logits(logits=fake_logit, labels=tf.zeros_like(fake_logit)))
    g_loss = tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(logits=fake_logit, labels=tf.ones_like(fake_logit)))

    variables = tf.trainable_variables()
    d_vars = [v for v in variables if v.name.startswith("discriminator")]
    g_vars = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope="generator")
    d_train = tf.train.AdamOptimizer(0.002, beta1=0.5).minimize(d_loss, var_list=d_vars)
    g_train = tf.train.AdamOptimizer(0.002, beta1=0.5).minimize(g_loss, var_list=g_vars)

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        report.initialized(sess)
        for step in range(30):
            batch = images[step % 4 * 40:step % 4 * 40 + 40]
            _, d = sess.run([d_train, d_loss], {x: batch})
            _, g = sess.run([g_train, g_loss], {x: batch})
            report.loss(d)
            report.loss(g)
        report.final(real=sess.run(real_logit, {x: images[:4]}))
