"""A variational autoencoder: noise drawn in the graph, a reconstruction loss and a divergence."""

import tensorflow.compat.v1 as tf

from data import digits


def run(report):
    tf.set_random_seed(13)
    images, _ = digits(160)
    images = images.reshape(-1, 64)

    x = tf.placeholder(tf.float32, [None, 64], name="x")
    with tf.variable_scope("encoder"):
        hidden = tf.layers.dense(x, 32, activation=tf.nn.softplus)
        mean = tf.layers.dense(hidden, 4)
        log_variance = tf.layers.dense(hidden, 4, kernel_initializer=tf.zeros_initializer())

    noise = tf.random_normal(tf.shape(mean), 0.0, 1.0, dtype=tf.float32, seed=4)
    z = mean + tf.exp(0.5 * log_variance) * noise

    with tf.variable_scope("decoder"):
        hidden = tf.layers.dense(z, 32, activation=tf.nn.softplus)
        reconstruction = tf.layers.dense(hidden, 64, activation=tf.nn.sigmoid)

    clipped = tf.clip_by_value(reconstruction, 1e-6, 1.0 - 1e-6)
    likelihood = tf.reduce_sum(x * tf.log(clipped) + (1.0 - x) * tf.log(1.0 - clipped), 1)
    divergence = -0.5 * tf.reduce_sum(1.0 + log_variance - tf.square(mean) - tf.exp(log_variance), 1)
    loss = tf.reduce_mean(divergence - likelihood)
    train = tf.train.AdamOptimizer(learning_rate=0.005).minimize(loss)

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        report.initialized(sess)
        for step in range(30):
            batch = images[step % 4 * 40:step % 4 * 40 + 40]
            _, value = sess.run([train, loss], {x: batch})
            report.loss(value)
        report.final(mean=sess.run(mean, {x: images[:4]}))
