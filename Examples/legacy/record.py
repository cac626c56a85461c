#!/usr/bin/env python3
"""Records what TensorFlow makes of the programs beside it, for Tests/V1.

    TF_USE_LEGACY_KERAS=1 python3 Examples/legacy/record.py [PROGRAM…]

Needs TensorFlow 2.21, tf_keras and tf_slim. Of each program Tests/V1/Fixtures/PROGRAM gets

    initial.npz   the variables before the first step
    curve.json    the first losses, and the figures at the end
    graph.txt     nodes and collections with reference variables, and
    graph-resource.txt   with resource variables: see dump.py
"""

import importlib
import json
import os
import sys
import tempfile
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np  # noqa: E402
import tensorflow.compat.v1 as tf  # noqa: E402

import dump  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "..", "Tests", "V1", "Fixtures")
PROGRAMS = [
    "guide_low_level", "guide_layers", "guide_mixed", "linear_regression", "logistic_regression", "mlp",
    "cnn_batch_norm", "lstm", "word2vec", "gan", "dqn", "vae", "seq2seq", "queue_reader", "monitored_session",
]
LOSSES = 20


class Report:
    """What a program tells of itself."""

    def __init__(self, directory):
        self.directory = directory
        self.graph = None
        self.values = {}
        self.losses = []
        self.figures = {}

    def initialized(self, session):
        """The variables have their first values, and the graph is whole."""
        if self.graph is not None:
            return
        meta = tf.train.export_meta_graph(graph=session.graph)
        self.graph = dump.text(meta, self.directory)
        self.values = {}
        raw = session if isinstance(session, tf.Session) else session._tf_sess()
        with session.graph.as_default():
            for variable in tf.global_variables():
                name = variable.op.name
                self.values[name] = raw.run(variable.op.outputs[0] if not hasattr(variable, "handle")
                                            else session.graph.get_tensor_by_name(name + "/Read/ReadVariableOp:0"))

    def loss(self, value):
        self.losses.append(np.float32(value))

    def final(self, **figures):
        self.figures = {name: np.asarray(value) for name, value in figures.items()}


def run(name, resource):
    """What a program reports with one of the two kinds of variables."""
    program = importlib.import_module(name)
    tf.reset_default_graph()
    (tf.enable_resource_variables if resource else tf.disable_resource_variables)()
    with tempfile.TemporaryDirectory() as directory:
        report = Report(directory)
        program.run(report)
    return report


def number(value):
    """A float as the shortest text that gives it back."""
    return float(np.format_float_scientific(np.float32(value), unique=True))


def record(name):
    reference, resource = run(name, False), run(name, True)
    np.testing.assert_allclose(reference.losses, resource.losses, rtol=1e-5)
    folder = os.path.join(FIXTURES, name)
    os.makedirs(folder, exist_ok=True)
    for file, report in [("graph.txt", reference), ("graph-resource.txt", resource)]:
        with open(os.path.join(folder, file), "w") as out:
            out.write(report.graph)
    np.savez(os.path.join(folder, "initial.npz"), **reference.values)
    figures = {key: {"shape": list(value.shape), "values": [number(v) for v in value.ravel()]}
               for key, value in sorted(reference.figures.items())}
    curve = {"losses": [number(v) for v in reference.losses[:LOSSES]], "steps": len(reference.losses),
             "last": number(reference.losses[-1]), "figures": figures}
    with open(os.path.join(folder, "curve.json"), "w") as out:
        json.dump(curve, out, indent=1)
        out.write("\n")
    print(name, len(reference.graph.splitlines()), reference.losses[0], reference.losses[-1],
          {key: value.tolist() if value.size < 5 else "…" for key, value in reference.figures.items()})


if __name__ == "__main__":
    sys.path.insert(0, HERE)
    tf.disable_v2_behavior()
    tf.logging.set_verbosity(tf.logging.ERROR)
    warnings.simplefilter("ignore")
    for program in sys.argv[1:] or PROGRAMS:
        record(program)
