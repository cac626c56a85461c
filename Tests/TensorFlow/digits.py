"""Goes on with TensorFlow from the checkpoint that the test of the digits saves after 42 steps, and compares with TensorFlow
alone: JANUS_DIGITS_CHECKPOINT=PREFIX script/test --filter DigitsTrainingTests, then python3 Tests/TensorFlow/digits.py PREFIX.
"""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Examples", "digits")
STEPS = 42


def steps(session, first):
    train = np.load(os.path.join(EXAMPLES, "train.npz"))
    losses = []
    for step in range(first, first + STEPS):
        start = step * 100 % 1400
        feeds = {"images:0": train["images"][start:start + 100], "labels:0": train["labels"][start:start + 100], "training:0": True}
        losses.append(float(session.run(["total_loss:0", "train"], feeds)[0]))
    return losses


def accuracy(session):
    test = np.load(os.path.join(EXAMPLES, "test.npz"))
    return float(session.run("accuracy:0", {"images:0": test["images"], "labels:0": test["labels"]}))


def restored(checkpoint):
    session = v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        v1.train.import_meta_graph(os.path.join(EXAMPLES, "model.meta")).restore(session, checkpoint)
    return session


alone = restored(os.path.join(EXAMPLES, "initial.ckpt"))
steps(alone, 0)
middle = os.path.join(os.path.dirname(sys.argv[1]), "tensorflow.ckpt")
with alone.graph.as_default():
    v1.train.Saver().save(alone, middle, write_meta_graph=False, write_state=False)
expected, ours = restored(middle), restored(sys.argv[1])
losses = list(zip(steps(expected, STEPS), steps(ours, STEPS)))
worst = max(abs(a - b) for a, b in losses)
print(f"losses of {STEPS} steps from Janus' checkpoint differ by {worst:.2e} at most; accuracy {accuracy(ours):.4f}, "
      f"TensorFlow alone {accuracy(expected):.4f}")
# TensorFlow's own runs of 84 steps, with other threads or kernels, part by 0.016.
sys.exit(0 if worst < 0.032 else 1)
