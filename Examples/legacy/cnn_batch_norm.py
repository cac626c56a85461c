"""A convolutional network with batch normalization, whose update ops run before Momentum's step."""

import tensorflow.compat.v1 as tf

from data import digits


def run(report):
    tf.set_random_seed(7)
    images, labels = digits(200)

    x = tf.placeholder(tf.float32, [None, 8, 8, 1], name="images")
    y = tf.placeholder(tf.int32, [None], name="labels")
    training = tf.placeholder_with_default(False, [], name="training")

    net = tf.layers.conv2d(x, 8, 3, padding="same", use_bias=False, name="conv1")
    net = tf.layers.batch_normalization(net, training=training, momentum=0.8, name="norm1")
    net = tf.nn.relu(net)
    net = tf.layers.max_pooling2d(net, 2, 2)
    net = tf.layers.separable_conv2d(net, 16, 3, padding="same", name="conv2")
    net = tf.layers.batch_normalization(net, training=training, momentum=0.8, fused=False, name="norm2")
    net = tf.nn.relu(net)
    net = tf.layers.average_pooling2d(net, 2, 2)
    net = tf.layers.flatten(net)
    net = tf.layers.dropout(net, 0.25, training=training, seed=5)
    logits = tf.layers.dense(net, 10, name="logits")

    loss = tf.losses.sparse_softmax_cross_entropy(labels=y, logits=logits)
    global_step = tf.train.create_global_step()
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        train = tf.train.MomentumOptimizer(0.05, 0.9, use_nesterov=True).minimize(loss, global_step)
    accuracy, update_accuracy = tf.metrics.accuracy(y, tf.argmax(logits, axis=1))

    with tf.Session() as sess:
        sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        report.initialized(sess)
        for step in range(40):
            batch = slice(step % 4 * 40, step % 4 * 40 + 40)
            _, value = sess.run([train, loss], {x: images[batch], y: labels[batch], training: True})
            report.loss(value)
        sess.run(update_accuracy, {x: images[160:], y: labels[160:]})
        report.final(accuracy=sess.run(accuracy))
