"""Times pulling batches out of a map-shuffle-batch pipeline in Janus and in TensorFlow, in turns, each in a process of its own.

python3 Benchmarks/datasets.py JANUS [ROUNDS]: needs TensorFlow. A figure is the median over the rounds of each process's own median,
in microseconds a batch.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
SECONDS = 3


def pipelines(tf):
    data = tf.compat.v1.data.Dataset
    rows = tf.constant(list(range(1000 * 16)), tf.float32, [1000, 16])
    return {
        "scalars": data.range(10000).map(lambda x: x * x + 1).shuffle(1000, seed=1).batch(32).repeat(),
        "rows": data.from_tensor_slices(rows).map(lambda x: tf.nn.relu(x * 2.0 - 1.0)).shuffle(1000, seed=1).batch(64).repeat(),
        "filter": data.range(10000).filter(lambda x: tf.equal(x % 3, 0)).batch(32).repeat(),
        "flat_map": data.range(1000).flat_map(lambda x: data.range(8)).batch(32).repeat(),
        "parallel_map": data.range(10000).map(lambda x: x * x + 1, num_parallel_calls=2).batch(32).prefetch(1).repeat(),
        "no_function": data.from_tensor_slices(rows).shuffle(1000, seed=1).repeat().batch(64),
    }


def build(name):
    import tensorflow as tf

    tf.compat.v1.disable_eager_execution()
    graph = tf.Graph()
    with graph.as_default():
        iterator = tf.compat.v1.data.make_initializable_iterator(pipelines(tf)[name])
        element = iterator.get_next()
    return tf, graph, iterator.initializer, element


def tensorflow(name):
    tf, graph, start, element = build(name)
    config = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=2, inter_op_parallelism_threads=2)
    with tf.compat.v1.Session(graph=graph, config=config) as session:
        session.run(start)
        pull = session.make_callable(element)
        for _ in range(100):
            pull()
        times, end = [], time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            begin = time.perf_counter()
            pull()
            times.append(time.perf_counter() - begin)
    print(json.dumps({"median_us": statistics.median(times) * 1e6}))


def write(name, path):
    _, graph, start, element = build(name)
    with open(path, "wb") as file:
        file.write(graph.as_graph_def().SerializeToString())
    print(json.dumps({"start": start.name, "element": element.name}))


def child(*arguments):
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    janus, rounds = os.path.realpath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3
    import tensorflow as tf

    names = list(pipelines(tf))
    print("| pipeline | Janus | TensorFlow | times as fast |\n|---|---|---|---|")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "graph.pb")
            nodes = child(sys.executable, __file__, "write", name, path)
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(child(janus, "bench", path, "--init", nodes["start"], "--fetch", nodes["element"], "--threads", "2",
                                  "--seconds", str(SECONDS), "--json")["median_us"])
                theirs.append(child(sys.executable, __file__, "tensorflow", name)["median_us"])
        a, b = statistics.median(ours), statistics.median(theirs)
        print(f"| {name} | {a:.1f} | {b:.1f} | {b / a:.2f} |")


if __name__ == "__main__":
    if sys.argv[1] == "tensorflow":
        tensorflow(sys.argv[2])
    elif sys.argv[1] == "write":
        write(*sys.argv[2:])
    else:
        main()
