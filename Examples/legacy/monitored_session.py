"""A MonitoredTrainingSession that is killed between two checkpoints, and a second that goes on."""

import tensorflow.compat.v1 as tf

from data import Numbers


class Killed(Exception):
    """Stands for whatever ends a process."""


def build():
    numbers = Numbers(19)
    features = tf.constant(numbers.uniform(32, 3), name="features")
    targets = tf.constant(numbers.uniform(32, 1), name="targets")
    global_step = tf.train.get_or_create_global_step()
    hidden = tf.layers.dense(features, 8, activation=tf.nn.tanh, name="hidden")
    prediction = tf.layers.dense(hidden, 1, name="prediction")
    loss = tf.losses.mean_squared_error(targets, prediction)
    train = tf.train.AdamOptimizer(0.05).minimize(loss, global_step=global_step)
    tf.summary.scalar("loss", loss)
    return loss, train


def saved_step(directory):
    return tf.train.load_variable(tf.train.latest_checkpoint(directory), "global_step")


def train_on(report, last_step, killed_after=None):
    with tf.Graph().as_default():
        tf.set_random_seed(20)
        loss, train = build()
        hooks = [tf.train.StopAtStepHook(last_step=last_step), tf.train.NanTensorHook(loss)]
        with tf.train.MonitoredTrainingSession(
                checkpoint_dir=report.directory, hooks=hooks, save_checkpoint_steps=5,
                save_summaries_steps=4, log_step_count_steps=None) as sess:
            report.initialized(sess)
            steps = 0
            while not sess.should_stop():
                _, value = sess.run([train, loss])
                report.loss(value)
                steps += 1
                if steps == killed_after:
                    raise Killed()


def run(report):
    try:
        train_on(report, last_step=16, killed_after=8)
    except Killed:
        pass
    resumed = saved_step(report.directory)
    train_on(report, last_step=18)
    report.final(resumed=resumed, step=saved_step(report.directory))
