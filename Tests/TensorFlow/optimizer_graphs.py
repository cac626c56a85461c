"""Records what TensorFlow's optimizers add to a graph, and values after steps, for OptimizerTests:

    python3 Tests/TensorFlow/optimizer_graphs.py > Tests/V1/Fixtures/optimizers.graphs.txt

The gradients are placeholders, so that only nodes of variables, slots and updates are recorded.
"""
import tensorflow.compat.v1 as tf

OPTIMIZERS = {
    "descent": lambda: tf.train.GradientDescentOptimizer(0.1),
    "momentum": lambda: tf.train.MomentumOptimizer(0.1, 0.9),
    "nesterov": lambda: tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adam": lambda: tf.train.AdamOptimizer(0.1),
    "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
    "rmsprop": lambda: tf.train.RMSPropOptimizer(0.1, momentum=0.5),
    "centered": lambda: tf.train.RMSPropOptimizer(0.1, centered=True),
    "adadelta": lambda: tf.train.AdadeltaOptimizer(0.1),
}


def step(optimizer, sparse):
    with tf.variable_scope("a"):
        w = tf.get_variable("w", initializer=[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    b = tf.get_variable("b", initializer=[0.5, -0.5])
    count = tf.Variable(0, name="count", trainable=False)
    if sparse:
        gradient = tf.IndexedSlices(
            tf.constant([[0.5, 1.0], [0.25, -1.0], [1.0, 1.0]], name="rows"),
            tf.constant([2, 0, 2], name="indices"))
    else:
        gradient = tf.constant([[0.5, 1.0], [0.25, -1.0], [1.0, 1.0]], name="gradient")
    bias = tf.constant([1.0, -2.0], name="bias")
    return w, b, optimizer.apply_gradients([(gradient, w), (bias, b)], global_step=count)


def lines(graph):
    for node in graph.as_graph_def().node:
        groups = [x.decode() for x in node.attr["_class"].list.s] if "_class" in node.attr else []
        yield " ".join([f"{node.name} = {node.op}({', '.join(node.input)})"] + groups)


tf.disable_v2_behavior()
for name, make in OPTIMIZERS.items():
    for sparse in (False, True):
        for resources in (False, True):
            (tf.enable_resource_variables if resources else tf.disable_resource_variables)()
            graph = tf.Graph()
            with graph.as_default():
                w, b, update = step(make(), sparse)
                kind = "resource" if resources else "reference"
                print("##", name, "sparse" if sparse else "dense", kind)
                print("\n".join(lines(graph)))
                initializer = tf.global_variables_initializer()
                with tf.Session() as session:
                    session.run(initializer)
                    for _ in range(3):
                        session.run(update)
                    values = [*session.run(w).flatten(), *session.run(b)]
                    print("values", *(repr(float(x)) for x in values))
