"""Times loading a checkpoint and a SavedModel of 100 MB in Janus and in TensorFlow, one after the other, and the memory that
Janus takes to list a checkpoint of 2 GB and to read one tensor of it.

python3 Benchmarks/loading.py JANUS [FOLDER]: needs TensorFlow; FOLDER takes the files, some 2.3 GB, and keeps them.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
ROUNDS = 7


def model(count, size):
    """Variables of size x size floats, and something to fetch."""
    variables = [v1.get_variable(f"layer_{i}/kernel", [size, size], initializer=v1.random_uniform_initializer(seed=i))
                 for i in range(count)]
    x = v1.placeholder(tf.float32, [None, size], "x")
    y = tf.identity(sum(tf.matmul(x, v)[:, 0] for v in variables), "y")
    return x, y


def write(folder):
    meta, saved = os.path.join(folder, "model.ckpt"), os.path.join(folder, "saved_model")
    if not os.path.exists(meta + ".meta"):
        with tf.Graph().as_default(), v1.Session() as session:
            v1.disable_resource_variables()
            x, y = model(25, 1024)
            session.run(v1.global_variables_initializer())
            v1.train.Saver().save(session, meta, write_state=False)
            v1.saved_model.simple_save(session, saved, {"x": x}, {"y": y})
    large = os.path.join(folder, "large.ckpt")
    if not os.path.exists(large + ".index"):
        block = tf.constant(np.random.RandomState(0).rand(16, 1024, 1024).astype(np.float32))
        names = [f"block_{i:02}" for i in range(32)] + ["small"]
        tf.raw_ops.SaveV2(prefix=large, tensor_names=names, shape_and_slices=[""] * 33, tensors=[block] * 32 + [block[0]])
    return meta, saved, large


def tensorflow_checkpoint(meta):
    with tf.Graph().as_default():
        start = time.perf_counter()
        saver = v1.train.import_meta_graph(meta + ".meta")
        with v1.Session() as session:
            saver.restore(session, meta)
            return (time.perf_counter() - start) * 1e3


def tensorflow_saved_model(path):
    with tf.Graph().as_default():
        start = time.perf_counter()
        with v1.Session() as session:
            v1.saved_model.load(session, ["serve"], path)
            return (time.perf_counter() - start) * 1e3


def janus_load(janus, arguments):
    line = subprocess.run(
        [janus, "bench", *arguments, "--feed", "x=[" + str([0.0] * 1024) + "]", "--fetch", "y:0", "--seconds", "0", "--json"],
        check=True, capture_output=True, text=True).stdout
    return json.loads(line)["load_ms"]


def peak(arguments):
    """The most memory that a command has, in MB: of a small process's only child, which inherits no more than that has."""
    measure = ("import os, resource, subprocess, sys\n"
               "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
               "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)")
    return float(subprocess.run([sys.executable, "-c", measure, *arguments], check=True, capture_output=True, text=True).stdout)


def main():
    janus = os.path.realpath(sys.argv[1])
    folder = sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp(prefix="janus-loading-")
    os.makedirs(folder, exist_ok=True)
    meta, saved, large = write(folder)
    rows = [("checkpoint, 100 MB", lambda: tensorflow_checkpoint(meta),
             lambda: janus_load(janus, [meta + ".meta", "--restore", meta])),
            ("SavedModel, 100 MB", lambda: tensorflow_saved_model(saved), lambda: janus_load(janus, [saved]))]
    for name, theirs, ours in rows:
        pairs = [(theirs(), ours()) for _ in range(ROUNDS)]
        a, b = (float(np.median([pair[side] for pair in pairs])) for side in (0, 1))
        print(f"{name}: TensorFlow {a:.1f} ms, Janus {b:.1f} ms, {a / b:.1f} times as fast")
    print(f"2 GB listed: {peak([janus, 'checkpoint', 'list', large]):.0f} MB")
    print(f"one tensor of 4 MB of 2 GB: {peak([janus, 'checkpoint', 'show', large, 'small']):.0f} MB")


main()
