"""Checks beside TensorFlow what the ordinary tests cannot: that it reads what Janus writes.

python3 Tests/TensorFlow/models.py JANUS FOLDER…: each folder is searched for case files that name a model. The model is
written by `janus convert`, its checkpoint by `janus run --save`; TensorFlow then runs the first, and compares the tensors of the
second bit by bit with those that it was restored from.
"""
import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

v1 = tf.compat.v1


def member(archive, reference):
    if reference["dtype"] == "string":
        value = json.loads(archive.read(reference["array"] + ".json"))
        return np.array([base64.b64decode(text) for text in value["b64"]], dtype=object).reshape(value["shape"])
    value = np.load(io.BytesIO(archive.read(reference["array"] + ".npy")))
    return value.view(tf.bfloat16.as_numpy_dtype) if reference["dtype"] in ("bfloat16", "|V2") else value


def named(meta, names, side):
    """The tensors that a signature's names stand for."""
    signature = meta.signature_def.get("serving_default") if meta is not None else None
    known = getattr(signature, side) if signature is not None else {}
    return [known[name].name if name in known else name for name in names]


def session_on(path, kind, tags, restore):
    """A session of TensorFlow on a model as its loaders make it, and the MetaGraph."""
    session = v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        if kind == "saved_model":
            return session, v1.saved_model.load(session, tags or [], path)
        if kind == "meta":
            meta = meta_graph_pb2.MetaGraphDef()
            with open(path, "rb") as file:
                meta.ParseFromString(file.read())
            for node in meta.graph_def.node:
                # What older versions inferred may contradict what this one does, which then refuses the graph.
                node.attr.pop("_output_shapes", None)
            saver = v1.train.import_meta_graph(meta, clear_devices=True)
            if restore:
                saver.restore(session, restore)
            return session, None
        definition = v1.GraphDef()
        definition.ParseFromString(open(path, "rb").read())
        tf.import_graph_def(definition, name="")
        return session, None


def check_runs(archive, case, session, meta):
    fetched = {}
    for run in case["runs"]:
        if "error" in run:
            continue
        feeds = {}
        for name, reference in run["feeds"].items():
            value = fetched[reference["fetch"]] if "fetch" in reference else member(archive, reference)
            feeds[named(meta, [name], "inputs")[0]] = value
        fetches = named(meta, run["fetches"], "outputs")
        results = session.run([fetches, run.get("targets", [])], feeds)[0]
        fetched.update(zip(run["fetches"], results))
        for index, (result, reference) in enumerate(zip(results, run["expect"])):
            rule = {**run, **(run["each"][index] if run.get("each") else {})}
            expected = member(archive, reference)
            if rule.get("compare") == "shape":
                assert np.shape(result) == expected.shape, run["fetches"][index]
            elif expected.dtype == object or expected.dtype.kind not in "fcV":
                np.testing.assert_array_equal(result, expected)
            else:
                np.testing.assert_allclose(
                    np.asarray(result, np.complex128), np.asarray(expected, np.complex128),
                    rtol=max(rule.get("rtol", 1e-5), 1e-4), atol=max(rule.get("atol", 1e-6), 1e-5))


def bits(value):
    value = np.asarray(value)
    return value.tolist() if value.dtype == object else (value.dtype, value.shape, value.tobytes())


def check_checkpoint(janus, path, tags, source, folder):
    copy = os.path.join(folder, "copy.ckpt")
    arguments = [janus, "run", path, "--save", copy]
    if tags is not None:
        arguments += ["--tags", ",".join(tags)]
    else:
        arguments += ["--restore", source]
    subprocess.run(arguments, check=True)
    ours, theirs = tf.train.load_checkpoint(copy), tf.train.load_checkpoint(source)
    names = ours.get_variable_to_shape_map()
    assert names, "nothing was saved"
    for name in names:
        if name != "_CHECKPOINTABLE_OBJECT_GRAPH":
            assert bits(ours.get_tensor(name)) == bits(theirs.get_tensor(name)), name
    return len(names)


def fails(body):
    try:
        body()
    except Exception:
        return True
    return False


def main():
    janus, failures, count, tensors = os.path.realpath(sys.argv[1]), 0, 0, 0
    cases = [os.path.join(root, name) for folder in sys.argv[2:] for root, _, names in os.walk(folder) for name in names
             if name.endswith(".npz")]
    for path in sorted(cases):
        archive = zipfile.ZipFile(path)
        if "case.json" not in archive.namelist():
            continue
        case = json.loads(archive.read("case.json"))
        if "model" not in case:
            continue
        base = os.path.dirname(path)
        source = os.path.join(base, case["model"]["path"])
        tags = case["model"].get("tags")
        restore = case["model"].get("restore")
        restore = restore and os.path.join(base, restore)
        kind = "saved_model" if os.path.isdir(source) else "meta" if restore or source.endswith(".meta") else "graph"
        count += 1
        with tempfile.TemporaryDirectory() as folder:
            try:
                target = os.path.join(folder, {"saved_model": "model", "meta": "model.meta", "graph": "model.pb"}[kind])
                subprocess.run([janus, "convert", source, target, "--binary"], check=True)
                try:
                    check_runs(archive, case, *session_on(target, kind, tags, restore))
                except Exception:
                    if not fails(lambda: check_runs(archive, case, *session_on(source, kind, tags, restore))):
                        raise
                    print(f"TensorFlow does not run the original of {path} either", flush=True)
                variables = os.path.join(source, "variables", "variables")
                if restore or os.path.exists(variables + ".index"):
                    tensors += check_checkpoint(
                        janus, source, tags if kind == "saved_model" else None, restore or variables, folder)
            except Exception as error:
                failures += 1
                print(f"FAIL {path}: {type(error).__name__}: {str(error)[:300]}".replace("\n", " "), flush=True)
    print(f"{count - failures} of {count} models, {tensors} tensors of checkpoints")
    sys.exit(1 if failures else 0)


main()
