"""Records the nodes that tf.gradients adds for small functions, for GradientGraphTests:

    python3 Tests/TensorFlow/gradient_graphs.py > Tests/V1/Fixtures/gradients.json

Only functions whose nodes are the same here are recorded. The others differ by the rules of these
ops, which tapes and functions share:
  reductions                  one BroadcastTo in place of Reshape and Tile; sizes of static shapes are constants
  convolutions                the sizes of static shapes are constants, not outputs of ShapeN
  Concat, Slice, Tile, Pad    sizes and axes of static shapes are constants; SplitV in place of slices
  Pow, ResizeX, TopK, Unpack  fewer nodes
  Transpose, Cumsum, Reverse  a small constant axis or permutation is a constant of the gradient's own
"""
import base64
import json

import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

FLAT, ROWS = [3, 4], [None, 4]
programs = {}


def add(name, function, *shapes):
    programs[name] = (function, shapes)


def both(name, function, *others):
    """The function of a matrix, with a static and with an unknown number of rows."""
    add(name, function, FLAT, *others)
    add(name + "_dyn", function, ROWS, *others)


for name in ["square", "negative", "exp", "log", "sqrt", "rsqrt", "sigmoid", "tanh", "sin", "cos",
             "abs", "reciprocal", "identity", "expm1", "floor", "cosh", "log1p", "stop_gradient"]:
    both(name, getattr(tf, name, None) or getattr(tf.math, name))
for name in ["relu", "relu6", "elu", "selu", "softmax", "log_softmax", "softsign", "leaky_relu"]:
    both(name, getattr(tf.nn, name))
for name in ["add", "subtract", "multiply", "divide", "maximum", "minimum", "floordiv"]:
    function = getattr(tf, name)
    both(name + "_bc", function, [4])
    add(name, function, FLAT, FLAT)
    add(name + "_dyn2", function, ROWS, ROWS)
    both(name + "_scalar", lambda x, function=function: function(x, 2.0))
for name, function in {
    "matmul": lambda x, y: tf.matmul(x, y),
    "bias_add": lambda x, y: tf.nn.bias_add(x, y),
    "clip": lambda x: tf.clip_by_value(x, -1.0, 1.0),
    "cast": lambda x: tf.cast(x, tf.float64),
    "l2_loss": lambda x: tf.nn.l2_loss(x),
    "expand": lambda x: tf.expand_dims(x, 1),
    "squeeze": lambda x: tf.squeeze(tf.expand_dims(x, 1), [1]),
    "strided": lambda x: x[:, 1:3],
}.items():
    both(name, function, *({"matmul": [[4, 2]], "bias_add": [[4]]}.get(name, [])))
add("add_n", lambda x, y: tf.add_n([x, y]), FLAT, FLAT)
add("sig_xent", lambda x, y: tf.nn.sigmoid_cross_entropy_with_logits(logits=x, labels=y), FLAT, FLAT)
add("reshape", lambda x: tf.reshape(x, [-1, 2]), FLAT)
image = [2, 6, 6, 3]
add("maxpool", lambda x: tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"), image)
add("bn", lambda x, g, b: tf.nn.fused_batch_norm(x, g, b)[0], image, [3], [3])
add("resize", lambda x: tf.image.resize_bilinear(x, [4, 4]), image)

recorded = {}
for name, (function, shapes) in programs.items():
    graph = tf.Graph()
    with graph.as_default():
        xs = [tf.placeholder(tf.float32, shape, name=f"x{i}") for i, shape in enumerate(shapes)]
        y = tf.identity(function(*xs), name="y")
        forward = graph.as_graph_def().SerializeToString()
        gradients = tf.gradients(y, xs)
        lines = []
        for node in graph.as_graph_def().node:
            if node.name.startswith("gradients"):
                groups = [x.decode() for x in node.attr["_class"].list.s] if "_class" in node.attr else []
                lines.append(" ".join([f"{node.name} = {node.op}({', '.join(node.input)})"] + groups))
        recorded[name] = {
            "graph": base64.b64encode(forward).decode(),
            "gradients": ["None" if x is None else x.name for x in gradients],
            "nodes": lines,
        }
print(json.dumps(recorded, indent=0, sort_keys=True))
