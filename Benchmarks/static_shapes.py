#!/usr/bin/env python3
"""Compares the static shape of each tensor after import, in TensorFlow and in Janus.

Needs TensorFlow's Python package and a build of janus:

    python3 Benchmarks/static_shapes.py [--janus .build/debug/janus] [--show N] PATH...

A PATH is a GraphDef, a MetaGraph, a SavedModel folder, a case file (.npz), or a folder that holds such
files. Prints a line for each model whose shapes differ, and last `models N  shapes N  equal N
different N  refused by TensorFlow N`. Exits 1 if any differ.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from google.protobuf.message import DecodeError  # noqa: E402
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2  # noqa: E402


def models(path):
    if os.path.isdir(path):
        if os.path.exists(os.path.join(path, "saved_model.pb")):
            yield path
            return
        for name in sorted(os.listdir(path)):
            yield from models(os.path.join(path, name))
    elif path.endswith((".pb", ".pbtxt", ".meta", ".npz")):
        yield path


def graphs(path):
    """The GraphDefs of a model."""
    if os.path.isdir(path):
        model = saved_model_pb2.SavedModel()
        with open(os.path.join(path, "saved_model.pb"), "rb") as file:
            model.ParseFromString(file.read())
        return [meta.graph_def for meta in model.meta_graphs]
    if path.endswith(".npz"):
        with zipfile.ZipFile(path) as archive:
            if "graph.pb" not in archive.namelist():
                return []
            data = archive.read("graph.pb")
    else:
        with open(path, "rb") as file:
            data = file.read()
    if path.endswith(".pbtxt"):
        definition = tf.compat.v1.GraphDef()
        text_format.Parse(data.decode(), definition)
        return [definition]
    if path.endswith(".meta"):
        meta = meta_graph_pb2.MetaGraphDef()
        try:
            meta.ParseFromString(data)
        except DecodeError:
            text_format.Parse(data.decode(), meta)
        return [meta.graph_def]
    definition = tf.compat.v1.GraphDef()
    definition.ParseFromString(data)
    return [definition]


def text(shape):
    if shape.rank is None:
        return "<unknown>"
    return "[" + ",".join("?" if size is None else str(size) for size in shape.as_list()) + "]"


def reference(definition):
    """The shapes in TensorFlow, or None when it refuses the graph."""
    graph = tf.Graph()
    try:
        with graph.as_default():
            tf.import_graph_def(definition, name="")
    except Exception as error:  # whatever it refuses the graph with
        return None, str(error).split("\n")[0]
    return {op.name: [text(output.shape) for output in op.outputs] for op in graph.get_operations()}, ""


def own(janus, definition, folder):
    path = os.path.join(folder, "graph.pb")
    with open(path, "wb") as file:
        file.write(definition.SerializeToString())
    result = subprocess.run(
        [janus, "inspect", "--shapes", "--json", path], capture_output=True, text=True
    )
    if result.returncode != 0:
        return None, result.stderr.strip()
    return json.loads(result.stdout)["graphs"][0]["shapes"], ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--janus", default=".build/debug/janus")
    parser.add_argument("--show", type=int, default=3, help="differences to print per model")
    parser.add_argument("paths", nargs="+")
    arguments = parser.parse_args()
    count = equal = compared = refused = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in (model for given in arguments.paths for model in models(given)):
            for definition in graphs(path):
                expected, problem = reference(definition)
                if expected is None:
                    refused += 1
                    print(f"{path}: refused by TensorFlow: {problem[:160]}")
                    continue
                shapes, problem = own(arguments.janus, definition, folder)
                if shapes is None:
                    print(f"{path}: refused by Janus: {problem[:160]}")
                    shapes = {}
                compared += 1
                ops = {node.name: node.op for node in definition.node}
                different = []
                for name, outputs in expected.items():
                    mine = shapes.get(name, [])
                    for index, shape in enumerate(outputs):
                        count += 1
                        if index < len(mine) and mine[index] == shape:
                            equal += 1
                        else:
                            got = mine[index] if index < len(mine) else "missing"
                            different.append(f"{ops.get(name)} {name}:{index} {shape} here {got}")
                if different:
                    print(f"{path}: {len(different)} of {len(expected)} nodes' shapes differ")
                    for line in different[: arguments.show]:
                        print("   ", line)
    print(
        f"models {compared}  refused by TensorFlow {refused}  shapes {count}  equal {equal}  "
        f"different {count - equal}"
    )
    sys.exit(0 if equal == count else 1)


if __name__ == "__main__":
    main()
