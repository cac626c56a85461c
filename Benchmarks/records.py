#!/usr/bin/env python3
"""Times parsing, record files, strings and tables in TensorFlow and in Janus, in one run.

Needs TensorFlow's Python package and a release build of janus:

    python3 Benchmarks/records.py [--janus .build/release/janus] [--rounds 3] [--only NAME]

Each graph keeps its input in a variable, so that neither side converts it at each run, and fetches
numbers only. Prints the median of each side over the rounds, in turns, and how many times as fast
Janus is.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
COUNT = 10_000


def words(rng, low, high):
    letters = "abcdefghijklmnopqrstuvwxyz"
    return ["".join(rng.choices(letters, k=rng.randint(3, 9))) for _ in range(rng.randint(low, high))]


def examples(tf, rng):
    """Serialized examples with the features of a click model."""
    train = tf.train

    def ints(values):
        return train.Feature(int64_list=train.Int64List(value=values))

    def texts(values):
        return train.Feature(bytes_list=train.BytesList(value=[v.encode() for v in values]))

    result = []
    for _ in range(COUNT):
        feature = {
            "age": ints([rng.randint(1, 90)]),
            "clicked_items": ints([rng.randint(0, 1 << 40) for _ in range(rng.randint(0, 9))]),
            "country": texts([rng.choice(["de", "fr", "gb", "us"])]),
            "embedding": train.Feature(
                float_list=train.FloatList(value=[rng.random() for _ in range(16)])
            ),
            "label": ints([rng.randint(0, 1)]),
            "query_words": texts(words(rng, 0, 6)),
        }
        example = train.Example(features=train.Features(feature=feature))
        result.append(example.SerializeToString(deterministic=True))
    return result


def variable(tf, value):
    """A variable in the current graph that holds the value."""
    return tf.compat.v1.get_variable("input", initializer=tf.constant(value), use_resource=True)


def parse_example(tf, rng, folder):
    io = tf.io
    features = {
        "age": io.FixedLenFeature([], tf.int64),
        "clicked_items": io.VarLenFeature(tf.int64),
        "country": io.FixedLenFeature([], tf.string),
        "embedding": io.FixedLenFeature([16], tf.float32),
        "label": io.FixedLenFeature([1], tf.int64),
        "query_words": io.VarLenFeature(tf.string),
    }
    parsed = io.parse_example(variable(tf, examples(tf, rng)).read_value(), features)
    return [
        parsed["age"],
        parsed["clicked_items"].values,
        parsed["embedding"],
        parsed["label"],
        tf.size(parsed["country"]),
        tf.size(parsed["query_words"].values),
    ], []


def parse_numbers(tf, rng, folder):
    features = {
        "age": tf.io.FixedLenFeature([], tf.int64),
        "embedding": tf.io.FixedLenFeature([16], tf.float32),
        "label": tf.io.FixedLenFeature([1], tf.int64),
    }
    parsed = tf.io.parse_example(variable(tf, examples(tf, rng)).read_value(), features)
    return list(parsed.values()), []


def read_records(tf, rng, folder, compression=""):
    """Reads a TFRecord file whose name a queue gives, once for each run."""
    v1 = tf.compat.v1
    path = os.path.join(folder, "records" + compression)
    with tf.io.TFRecordWriter(path, compression) as writer:
        for record in examples(tf, rng):
            writer.write(record)
    queue = tf.queue.FIFOQueue(8, tf.string, shapes=[[]])
    enqueue = queue.enqueue([path])
    reader = v1.TFRecordReader(options=tf.io.TFRecordOptions(compression))
    with tf.control_dependencies([enqueue]):
        _, values = reader.read_up_to(queue, COUNT)
    return [tf.size(values)], []


def read_gzip(tf, rng, folder):
    return read_records(tf, rng, folder, "GZIP")


def split(tf, rng, folder):
    lines = [" ".join(words(rng, 4, 12)) for _ in range(COUNT)]
    pieces = tf.compat.v1.strings.split(variable(tf, lines).read_value(), sep=" ")
    return [pieces.indices, tf.size(pieces.values)], []


def hash_words(tf, rng, folder):
    values = variable(tf, words(rng, 100_000, 100_000)).read_value()
    return [tf.strings.to_hash_bucket_fast(values, 1 << 20)], []


def look_up(tf, rng, folder):
    vocabulary = sorted(set(words(rng, 20_000, 20_000)))
    asked = rng.choices(vocabulary + words(rng, 2_000, 2_000), k=100_000)
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            vocabulary, list(range(len(vocabulary))), key_dtype=tf.string, value_dtype=tf.int64
        ),
        -1,
    )
    return [table.lookup(variable(tf, asked).read_value())], [tf.compat.v1.tables_initializer()]


BENCHMARKS = [parse_example, parse_numbers, read_records, read_gzip, split, hash_words, look_up]


def time_tensorflow(tf, graph, fetches, initializers, threads):
    config = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=threads, inter_op_parallelism_threads=threads
    )
    with tf.compat.v1.Session(graph=graph, config=config) as session:
        session.run(initializers)
        call = session.make_callable(fetches)
        call()
        times = []
        end = time.perf_counter() + 2
        while time.perf_counter() < end or len(times) < 10:
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def time_janus(janus, model, fetches, initializers, threads):
    command = [janus, "bench", model, "--threads", str(threads), "--json"]
    for name in fetches:
        command += ["--fetch", name]
    for name in initializers:
        command += ["--init", name]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output)["median_us"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--janus", default=".build/release/janus")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="the name of one benchmark")
    arguments = parser.parse_args()
    import tensorflow as tf

    print(f"{'':16}{'Janus, µs':>12}{'TensorFlow, µs':>16}{'times as fast':>15}")
    with tempfile.TemporaryDirectory() as folder:
        for benchmark in BENCHMARKS:
            if arguments.only not in (None, benchmark.__name__):
                continue
            graph = tf.Graph()
            with graph.as_default():
                fetches, more = benchmark(tf, random.Random(arguments.seed), folder)
                initializers = [tf.compat.v1.global_variables_initializer(), *more]
            model = os.path.join(folder, "model.pb")
            with open(model, "wb") as file:
                file.write(graph.as_graph_def().SerializeToString())
            names = [tensor.name for tensor in fetches]
            targets = [operation.name for operation in initializers]
            ours, theirs = [], []
            for _ in range(arguments.rounds):
                ours.append(time_janus(arguments.janus, model, names, targets, arguments.threads))
                theirs.append(
                    time_tensorflow(tf, graph, fetches, initializers, arguments.threads)
                )
            janus, tensorflow = statistics.median(ours), statistics.median(theirs)
            ratio = tensorflow / janus
            print(f"{benchmark.__name__:16}{janus:12.0f}{tensorflow:16.0f}{ratio:15.2f}", flush=True)


if __name__ == "__main__":
    main()
