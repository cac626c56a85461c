#!/usr/bin/env python3
"""Times the decoding of PNG and JPEG files in TensorFlow and in Janus, one after the other, in processes of their own.

Needs TensorFlow's Python package and a release build of janus:

    python3 Benchmarks/media.py [--janus .build/release/janus] [--rounds 3] [--seconds 2]

Prints for each file the medians in µs and how many times faster Janus is.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# The op with its attributes, by the kind of file.
OPS = {
    "png": ("DecodePng", {}),
    "png in 16 bits": ("DecodePng", {"dtype": "uint16"}),
    "jpeg": ("DecodeJpeg", {}),
    "jpeg, a quarter": ("DecodeJpeg", {"ratio": 4}),
    "jpeg, progressive": ("DecodeJpeg", {}),
    "jpeg, cropped": ("DecodeAndCropJpeg", {}),
}
SIZES = [(64, 64), (640, 480)]


def picture(np, width, height):
    """Something between a photograph and a drawing: waves, edges and noise."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / (9 + 4 * c)) * np.cos(y / (13 + 3 * c)) for c in range(3)]
    image = 127 + 90 * np.stack(waves, -1) + 30 * ((x // 32 + y // 32) % 2)[..., None]
    return np.clip(image + np.random.RandomState(1).normal(0, 4, image.shape), 0, 255).astype(np.uint8)


def write(folder):
    """The graphs and files: names with their paths."""
    import numpy as np
    import tensorflow as tf

    cases = []
    for width, height in SIZES:
        image = picture(np, width, height)
        files = {
            "png": tf.io.encode_png(image), "png in 16 bits": tf.io.encode_png(image.astype(np.uint16) * 257),
            "jpeg": tf.io.encode_jpeg(image, quality=90), "jpeg, progressive": tf.io.encode_jpeg(image, quality=90, progressive=True),
        }
        for kind, (op, attrs) in OPS.items():
            contents = files[kind] if kind in files else files["jpeg"]
            path = os.path.join(folder, f"{kind} {width}x{height}".replace(" ", "_"))
            with tf.Graph().as_default() as graph:
                bytes_ = tf.compat.v1.placeholder(tf.string, [], "contents")
                inputs = {"crop_window": [height // 4, width // 4, height // 2, width // 2]} if op == "DecodeAndCropJpeg" else {}
                dtype = {"dtype": tf.as_dtype(attrs["dtype"])} if "dtype" in attrs else {k: v for k, v in attrs.items()}
                getattr(tf.raw_ops, op)(contents=bytes_, name="image", **inputs, **dtype)
                with open(path + ".pb", "wb") as file:
                    file.write(graph.as_graph_def().SerializeToString())
            np.savez(path + ".npz", contents=np.array(contents.numpy()))
            cases.append((f"{kind}, {width} × {height}", path))
    return cases


def tensorflow(paths, seconds):
    """The medians in µs."""
    import numpy as np
    import tensorflow as tf

    v1 = tf.compat.v1
    threads = v1.ConfigProto(intra_op_parallelism_threads=2, inter_op_parallelism_threads=2)
    medians = []
    for path in paths:
        definition = v1.GraphDef()
        with open(path + ".pb", "rb") as file:
            definition.ParseFromString(file.read())
        contents = np.load(path + ".npz")["contents"].item()
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(definition, name="")
        with v1.Session(graph=graph, config=threads) as session:
            call = session.make_callable("image:0", ["contents:0"])
            times, end = [], time.perf_counter() + seconds
            while len(times) < 5 or time.perf_counter() < end:
                start = time.perf_counter()
                call(contents)
                times.append((time.perf_counter() - start) * 1e6)
        medians.append(statistics.median(times))
    return medians


def child(arguments):
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--janus", default=".build/release/janus")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--tensorflow", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.tensorflow:
        print(json.dumps(tensorflow(arguments.tensorflow, arguments.seconds)))
        return
    janus, seconds = os.path.realpath(arguments.janus), ["--seconds", str(arguments.seconds)]
    with tempfile.TemporaryDirectory(prefix="janus-media-") as folder:
        cases = write(folder)
        theirs, ours = [], []
        for _ in range(arguments.rounds):
            paths = [path for _, path in cases]
            theirs.append(json.loads(child([sys.executable, __file__, *seconds, "--tensorflow", *paths])))
            lines = [child([janus, "bench", path + ".pb", "--inputs", path + ".npz", "--fetch", "image", "--threads", "2", *seconds,
                            "--json"]) for path in paths]
            ours.append([json.loads(line)["median_us"] for line in lines])
        for index, (name, _) in enumerate(cases):
            a, b = (statistics.median(times[index] for times in rounds) for rounds in (theirs, ours))
            print(f"{name}: TensorFlow {a:.0f} µs, Janus {b:.0f} µs, {a / b:.2f} times as fast")


main()
