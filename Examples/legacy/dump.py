"""A MetaGraph as text: a line for each node and for each element of a collection.

    NAME OP(INPUT, …, ^CONTROL) ATTRIBUTE=VALUE … @DEVICE
    [COLLECTION] ELEMENT

An input of the node's own scope has a dot for the scope, `.shape` for `a/b/shape` in `a/b/c`. Attributes that have
the op's default are left out. Tensors of more than eight elements are the CRC-32 of their
bytes. What lies in the program's own folder is written with $DIR.
"""

import json
import zlib

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.framework import variable_pb2
from tensorflow.core.protobuf import control_flow_pb2, queue_runner_pb2, saver_pb2
from tensorflow.python.framework import op_def_registry

MESSAGES = {
    "variables": variable_pb2.VariableDef, "trainable_variables": variable_pb2.VariableDef,
    "local_variables": variable_pb2.VariableDef, "metric_variables": variable_pb2.VariableDef,
    "model_variables": variable_pb2.VariableDef, "global_step": variable_pb2.VariableDef,
    "moving_average_variables": variable_pb2.VariableDef, "queue_runners": queue_runner_pb2.QueueRunnerDef,
    "savers": saver_pb2.SaverDef, "cond_context": control_flow_pb2.CondContextDef,
    "while_context": control_flow_pb2.WhileContextDef,
}


def tensor(proto):
    array = tf.make_ndarray(proto)
    dtype = tf.as_dtype(proto.dtype).name
    shape = "[" + ",".join(map(str, array.shape)) + "]"
    if array.dtype == object:
        return dtype + shape + "{" + ",".join(json.dumps(v.decode()) for v in array.ravel()) + "}"
    if array.size > 8:
        return "%s%s#%08x" % (dtype, shape, zlib.crc32(np.ascontiguousarray(array).tobytes()))
    return dtype + shape + "{" + ",".join(scalar(v) for v in array.ravel()) + "}"


def scalar(value):
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, np.floating):
        return np.format_float_scientific(value, unique=True, trim="0", exp_digits=1)
    return str(value)


def attribute(value):
    kind = value.WhichOneof("value")
    if kind == "list":
        fields = value.list.ListFields()
        if not fields:
            return "[]"
        field, values = fields[0]
        return "[" + ",".join(attribute(tf.compat.v1.AttrValue(**{field.name: v})) for v in values) + "]"
    if kind == "s":
        return json.dumps(value.s.decode("utf-8", "backslashreplace"))
    if kind == "i":
        return str(value.i)
    if kind == "f":
        return scalar(np.float32(value.f))
    if kind == "b":
        return scalar(value.b)
    if kind == "type":
        return tf.as_dtype(value.type).name
    if kind == "shape":
        if value.shape.unknown_rank:
            return "?"
        return "[" + ",".join("?" if d.size < 0 else str(d.size) for d in value.shape.dim) + "]"
    if kind == "tensor":
        return tensor(value.tensor)
    return value.func.name


def node_line(node):
    defaults = {a.name: a.default_value for a in op_def_registry.get(node.op).attr if a.HasField("default_value")}
    scope = node.name[:node.name.rfind("/") + 1]

    def short(name):
        return "." + name[len(scope):] if scope and name.startswith(scope) else name

    inputs = [short(name) for name in node.input if not name.startswith("^")]
    controls = sorted("^" + short(name[1:]) for name in node.input if name.startswith("^"))
    parts = ["%s %s(%s)" % (node.name, node.op, ", ".join(inputs + controls))]
    for key in sorted(node.attr):
        if key == "_output_shapes" or key in defaults and defaults[key] == node.attr[key]:
            continue
        parts.append("%s=%s" % (key, attribute(node.attr[key])))
    if node.device:
        parts.append("@" + node.device)
    return " ".join(parts)


def elements(key, collection):
    if collection.HasField("node_list"):
        return list(collection.node_list.value)
    if collection.HasField("bytes_list"):
        if key not in MESSAGES:
            raise ValueError("what are the elements of the collection %s?" % key)
        return [text_format.MessageToString(MESSAGES[key].FromString(value), as_one_line=True)
                for value in collection.bytes_list.value]
    fields = collection.ListFields()
    return [str(value) for _, values in fields for value in values.value]


def text(meta, directory):
    lines = [node_line(node) for node in meta.graph_def.node]
    for key in sorted(meta.collection_def):
        lines += ["[%s] %s" % (key, element) for element in elements(key, meta.collection_def[key])]
    for function in sorted(meta.graph_def.library.function, key=lambda f: f.signature.name):
        lines.append("function " + function.signature.name)
    return "\n".join(lines).replace(directory, "$DIR") + "\n"
