#!/usr/bin/env python3
"""Runs a small convolution graph once on each of many image sizes, in TensorFlow and in Janus.

Needs TensorFlow's Python package and a release build of janus:

    python3 Benchmarks/shapes.py [--janus .build/release/janus] [--sizes 1500] [--seed 1]

Prints for both the time of all runs, the median of one, and the memory after half of the sizes and
after all of them.
"""
import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def build(tf, np):
    """conv 3x3x3 -> 8, bias, relu; conv 3x3x8 -> 16; max pool; mean; product."""
    rng = np.random.default_rng(1)

    def weights(*shape):
        return tf.constant(rng.normal(size=shape).astype(np.float32) * 0.2)

    graph = tf.Graph()
    with graph.as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, None, None, 3], name="x")
        y = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, weights(3, 3, 3, 8), 1, "SAME"), weights(8)))
        y = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(y, weights(3, 3, 8, 16), 2, "SAME"), weights(16)))
        y = tf.nn.max_pool2d(y, 2, 2, "SAME")
        tf.matmul(tf.reduce_mean(y, [1, 2]), weights(16, 10), name="y")
    return graph


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--janus", default=".build/release/janus")
    parser.add_argument("--sizes", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    import numpy as np
    import tensorflow as tf

    rng = random.Random(arguments.seed)
    sizes = [(rng.randint(16, 128), rng.randint(16, 128)) for _ in range(arguments.sizes)]
    graph = build(tf, np)
    times, half, total = [], 0.0, 0.0
    with tf.compat.v1.Session(graph=graph) as session:
        call = session.make_callable("y:0", ["x:0"])
        for index, (height, width) in enumerate(sizes):
            count = height * width * 3
            x = (np.arange(count) % 251).astype(np.float32).reshape(1, height, width, 3) / 251
            start = time.perf_counter()
            y = call(x)
            times.append(time.perf_counter() - start)
            total += float(y.astype(np.float64).sum())
            if index == len(sizes) // 2:
                half = resident_mb()
    print(
        f"TensorFlow  all {sum(times) * 1e3:.0f} ms  median {statistics.median(times) * 1e6:.0f} µs"
        f"  memory {half:.0f} MiB, then {resident_mb():.0f} MiB  sum {total:.6g}"
    )
    with tempfile.TemporaryDirectory() as folder:
        model, shapes = os.path.join(folder, "model.pb"), os.path.join(folder, "shapes.txt")
        with open(model, "wb") as file:
            file.write(graph.as_graph_def().SerializeToString())
        with open(shapes, "w") as file:
            file.writelines(f"1,{height},{width},3\n" for height, width in sizes)
        output = subprocess.run(
            [arguments.janus, "bench", "shapes", model, "--input", "x", "--fetch", "y"]
            + ["--shapes", shapes, "--json"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    figures = json.loads(output)
    print(
        f"Janus       all {figures['total_ms']:.0f} ms  median {figures['median_us']:.0f} µs"
        f"  memory {figures['rss_half_mb']:.0f} MiB, then {figures['rss_mb']:.0f} MiB"
        f"  sum {figures['sum']:.6g}"
    )


if __name__ == "__main__":
    main()
