"""Records read from files by queues, whose threads a Coordinator ends, until an epoch limit."""

import os

import tensorflow.compat.v1 as tf

from data import Numbers


def write(path, numbers, count):
    with tf.python_io.TFRecordWriter(path) as writer:
        for _ in range(count):
            features = numbers.uniform(4)
            label = int(features.sum() > 2.0)
            example = tf.train.Example(features=tf.train.Features(feature={
                "features": tf.train.Feature(float_list=tf.train.FloatList(value=features)),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label]))}))
            writer.write(example.SerializeToString())


def run(report):
    tf.set_random_seed(16)
    numbers = Numbers(17)
    paths = [os.path.join(report.directory, "part%d.tfrecord" % part) for part in range(3)]
    for path in paths:
        write(path, numbers, 40)

    filenames = tf.train.string_input_producer(paths, num_epochs=4, shuffle=True, seed=18)
    reader = tf.TFRecordReader()
    _, serialized = reader.read(filenames)
    parsed = tf.parse_single_example(serialized, features={
        "features": tf.FixedLenFeature([4], tf.float32),
        "label": tf.FixedLenFeature([], tf.int64)})
    features, labels = tf.train.batch(
        [parsed["features"], parsed["label"]], batch_size=16, num_threads=1, capacity=64,
        allow_smaller_final_batch=True)

    weights = tf.Variable(tf.truncated_normal([4, 2], stddev=0.5, seed=1), name="weights")
    biases = tf.Variable(tf.zeros([2]), name="biases")
    logits = tf.matmul(features, weights) + biases
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    train = tf.train.AdagradOptimizer(0.5).minimize(loss)

    with tf.Session() as sess:
        sess.run(tf.group(tf.global_variables_initializer(), tf.local_variables_initializer()))
        report.initialized(sess)
        coord = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(sess=sess, coord=coord)
        steps = 0
        try:
            while not coord.should_stop():
                _, value = sess.run([train, loss])
                report.loss(value)
                steps += 1
        except tf.errors.OutOfRangeError:
            pass
        finally:
            coord.request_stop()
        coord.join(threads)
        report.final(steps=steps, weights=sess.run(weights))
