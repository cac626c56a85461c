"""Compares the files of events that Janus and TensorFlow write for one graph, through TensorFlow's reader and TensorBoard's:
python3 Tests/TensorFlow/events.py JANUS.
"""
import glob
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

v1, raw = tf.compat.v1, tf.raw_ops


def write_graph(path):
    """Each op that writes, once or more; `close` comes last."""
    rng = np.random.RandomState(1)
    with tf.Graph().as_default() as graph:
        writer = raw.SummaryWriter(shared_name="writer")
        folder = v1.placeholder(tf.string, [], "folder")
        last = raw.CreateSummaryFileWriter(writer=writer, logdir=folder, max_queue=3, flush_millis=100000, filename_suffix=".end")
        scalar = v1.summary.scalar("merged/scalar", 0.25)
        histogram = v1.summary.histogram("merged/histogram", rng.randn(1000).astype(np.float32) * 50)
        image = v1.summary.image("merged/image", rng.randn(2, 9, 7, 3).astype(np.float32))
        audio = v1.summary.audio("merged/audio", rng.uniform(-1, 1, [2, 50]).astype(np.float32), 8000.0, max_outputs=1)
        text = v1.summary.text("merged/text", tf.constant(["some", "text"]))
        merged = v1.summary.merge([scalar, histogram, image, audio, text])
        small = tf.Graph()
        with small.as_default():
            tf.add(tf.constant(1.0), 2.0)
        metadata = v1.SummaryMetadata(plugin_data=v1.SummaryMetadata.PluginData(plugin_name="scalars", content=b"\x08\x01"))
        event = v1.Event(wall_time=5.0, step=77, summary=v1.Summary(value=[v1.Summary.Value(tag="imported", simple_value=4.5)]))
        writes = []
        for step in range(5):
            at = tf.constant(step, tf.int64)
            writes += [
                lambda at=at, step=step: raw.WriteScalarSummary(writer=writer, step=at, tag="scalar", value=step * 1.5),
                lambda at=at: raw.WriteHistogramSummary(writer=writer, step=at, tag="histogram", values=rng.randint(-9, 99, [40])),
                lambda at=at: raw.WriteSummary(writer=writer, step=at, tensor=rng.randn(2, 3), tag="tensor",
                                               summary_metadata=metadata.SerializeToString()),
            ]
        step = tf.constant(9, tf.int64)
        colour = tf.constant([255, 0, 0, 255], tf.uint8)
        for images in [rng.randint(0, 256, [4, 6, 5, 4]).astype(np.uint8), rng.randn(1, 8, 8, 1),
                       np.array([[[[0.5], [np.nan]], [[-np.inf], [2.0]]]], np.float16)]:
            writes.append(lambda x=images: raw.WriteImageSummary(
                writer=writer, step=step, tag=f"image {x.dtype}", tensor=x, bad_color=colour))
        writes += [
            lambda: raw.WriteAudioSummary(writer=writer, step=step, tag="audio",
                                          tensor=rng.uniform(-1, 1, [1, 30, 2]).astype(np.float32), sample_rate=44100.0),
            lambda: raw.WriteRawProtoSummary(writer=writer, step=step, tensor=merged),
            lambda: raw.WriteGraphSummary(writer=writer, step=step, tensor=small.as_graph_def().SerializeToString()),
            lambda: raw.WriteSummary(writer=writer, step=step, tensor=tf.constant(["a", "bc"]), tag="strings", summary_metadata=""),
            lambda: raw.ImportEvent(writer=writer, event=event.SerializeToString()),
            lambda: raw.FlushSummaryWriter(writer=writer),
        ]
        for write in writes:
            with tf.control_dependencies([last]):
                last = write()
        with tf.control_dependencies([last]):
            raw.CloseSummaryWriter(writer=writer, name="close")
        with open(path, "wb") as file:
            file.write(graph.as_graph_def().SerializeToString())
    return graph


def only_file(folder):
    (path,) = glob.glob(os.path.join(folder, "events.out.tfevents.*.end"))
    return path


def events(folder):
    """The events without the time at which they were written; PNG files as their pixels, graphs as text."""
    result = []
    for event in v1.train.summary_iterator(only_file(folder)):
        assert abs(event.wall_time - os.path.getmtime(only_file(folder))) < 3600 or event.step == 77
        event.ClearField("wall_time")
        if event.graph_def:
            event.graph_def = str(v1.GraphDef.FromString(event.graph_def)).encode()
        for value in event.summary.value:
            if value.HasField("image"):
                pixels = tf.io.decode_png(value.image.encoded_image_string).numpy()
                value.image.encoded_image_string = repr((pixels.shape, pixels.tobytes())).encode()
        result.append(event)
    return result


def main():
    folder = tempfile.mkdtemp(prefix="janus-events-")
    path, ours, theirs = (os.path.join(folder, name) for name in ["graph.pb", "janus/log", "tensorflow/log"])
    graph = write_graph(path)
    with v1.Session(graph=graph) as session:
        session.run("close", {"folder:0": theirs})
    np.savez(os.path.join(folder, "feeds.npz"), folder=np.array(ours.encode()))
    subprocess.run([sys.argv[1], "run", path, "--inputs", os.path.join(folder, "feeds.npz"), "--target", "close"], check=True)
    a, b = events(ours), events(theirs)
    assert len(a) == len(b), f"Janus wrote {len(a)} events, TensorFlow {len(b)}"
    differ = [(x, y) for x, y in zip(a, b) if x != y]
    for x, y in differ:
        print(f"Janus:\n{str(x)[:800]}\nTensorFlow:\n{str(y)[:800]}")
    board = [event_accumulator.EventAccumulator(only_file(f)) for f in (ours, theirs)]
    for accumulator in board:
        accumulator.Reload()
    tags = [accumulator.Tags() for accumulator in board]
    assert tags[0] == tags[1], tags
    for tag in tags[0]["scalars"]:
        values = [[(event.step, event.value) for event in accumulator.Scalars(tag)] for accumulator in board]
        assert values[0] == values[1], values
    for tag in tags[0]["histograms"]:
        values = [[(event.step, event.histogram_value) for event in accumulator.Histograms(tag)] for accumulator in board]
        assert values[0] == values[1], values
    assert board[0].Graph() == board[1].Graph()
    print(f"{len(a)} events, {len(differ)} differ; TensorBoard reads the tags "
          f"{sorted(tag for kind in tags[0].values() if isinstance(kind, list) for tag in kind)}")
    return 1 if differ else 0


sys.exit(main())
