"""Records the graphs that TensorFlow makes of functions of several ops, and values, for FunctionGraphTests:

    python3 Tests/TensorFlow/functions.py > Tests/V1/Fixtures/functions.txt

The floating point placeholders are fed 0.5, -1, 2, 0.5 … in turn, the others 1, 0, 1 ….
"""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np  # noqa: E402
import tensorflow.compat.v1 as tf  # noqa: E402

PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


def place(shape=(2, 3), name="x", dtype=tf.float32):
    return tf.placeholder(dtype, shape, name=name)


@program
def dropouts():
    tf.set_random_seed(1)
    x, k = place([None, 3]), place([], "k")
    a = tf.nn.dropout(x, 0.75), tf.nn.dropout(x, keep_prob=k, seed=3), tf.nn.dropout(x, rate=0.25, name="d")
    b = tf.nn.dropout(x, 1.0), tf.nn.dropout(place(), 0.5, noise_shape=[2, 1], seed=2)
    return a[0], a[2], b[0], b[1]


@program
def moments():
    x, u = place(), place([None, None, 3], "u")
    a = tf.nn.moments(x, [0]), tf.nn.moments(u, [0, 1], keep_dims=True), tf.nn.moments(x, [0, 1], name="m")
    s = tf.nn.sufficient_statistics(x, [0]), tf.nn.sufficient_statistics(x, [1], shift=1.0)
    n = tf.nn.normalize_moments(s[1][0], s[1][1], s[1][2], s[1][3])
    w = tf.nn.weighted_moments(x, [0], [[1.0], [3.0]])
    return [t for pair in (*a, *s, n, w) for t in pair if t is not None]


@program
def normalizations():
    x, m, v, o, s = place(), place([3], "m"), place([3], "v"), place([3], "o"), place([3], "s")
    v = tf.abs(v)
    a = tf.nn.batch_normalization(x, m, v, o, s, 1e-3), tf.nn.batch_normalization(x, m, v, None, None, 1e-3)
    b = tf.nn.l2_normalize(x, 1), tf.nn.l2_normalize(x), tf.nn.l2_normalize(x, [0, 1], epsilon=1e-3, name="l")
    w = place([3, 2], "w")
    return (*a, *b, tf.nn.xw_plus_b(x, w, [1.0, 2.0]), tf.nn.relu_layer(x, w, [1.0, 2.0], name="r"))


@program
def cross_entropies():
    x, y = place(), place(name="y")
    a = tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x), tf.nn.sigmoid_cross_entropy_with_logits(
        labels=[[1.0, 0.0, 1.0]] * 2, logits=x, name="s")
    b = tf.nn.weighted_cross_entropy_with_logits(labels=y, logits=x, pos_weight=2.0)
    c = tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=x)
    d = tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=x, name="c")
    e = tf.nn.log_poisson_loss(tf.abs(y), x), tf.nn.log_poisson_loss(tf.abs(y), x, compute_full_loss=True)
    return (*a, b, c, d, *e)


@program
def clipping():
    x, y, n = place(), place([4], "y"), place([], "n")
    a, norm = tf.clip_by_global_norm([x, None, y], 1.5)
    b, _ = tf.clip_by_global_norm([y], tf.abs(n), name="g")
    c = tf.clip_by_norm(x, 1.5), tf.clip_by_norm(x, tf.abs(n), axes=[1]), tf.global_norm([x, y], name="t")
    return (a[0], a[2], norm, b[0], *c)


@program
def embeddings():
    x, ids = place([4, 2]), place([2, 2], "i", tf.int32)
    parts = [place([2, 2], "p0"), place([2, 2], "p1"), place([1, 2], "p2")]
    a = tf.nn.embedding_lookup(x, ids), tf.nn.embedding_lookup(x, [0, 3], max_norm=1.0, name="e")
    b = tf.nn.embedding_lookup(parts, ids), tf.nn.embedding_lookup(parts, [0, 3], partition_strategy="div")
    return (*a, *b)


@program
def sampled_losses():
    tf.set_random_seed(4)
    w, b, x, y = place([7, 3], "w"), place([7], "b"), place(), place([2, 1], "y", tf.int32)
    a = tf.nn.nce_loss(w, b, y, x, 4, 7)
    return a, tf.nn.sampled_softmax_loss(w, b, y, x, 3, 7, seed=2), tf.nn.nce_loss(
        weights=w, biases=b, labels=y, inputs=x, num_sampled=5, num_classes=7, remove_accidental_hits=True, name="n")


@program
def arrays():
    x, y = place(), place([2], "y", tf.int32)
    a = tf.eye(2), tf.eye(2, num_columns=3, batch_shape=[2]), tf.sequence_mask(y, 3), tf.sequence_mask(y, dtype=tf.int32)
    b = tf.norm(x), tf.norm(x, axis=1), tf.norm(x, ord=1, axis=0), tf.norm(x, ord=float("inf"), keepdims=True)
    c = tf.norm(x, ord="fro", axis=[0, 1]), tf.norm(x, ord=3, axis=1), tf.count_nonzero(y), tf.count_nonzero(x, axis=1, dtype=tf.int32)
    d = tf.div(x, 2.0), tf.div(y, 2), tf.where([True, False], x, -x), tf.diag([1.0, 2.0]), tf.diag_part([[1.0, 2.0], [3.0, 4.0]])
    e = tf.matrix_band_part(x, 0, -1), tf.matrix_inverse(tf.eye(2) * 2.0), tf.placeholder_with_default(1.0, [])
    return (*a, *b, *c, *d, *e, tf.mod(y, 2), tf.check_numerics(x, "m"), tf.to_float(y))


@program
def random_numbers():
    tf.set_random_seed(5)
    a = tf.random_uniform([2]), tf.random_uniform([2], -1.0, 1.0), tf.random_uniform([2], 0, 5, tf.int32, seed=1)
    b = tf.random_normal([2], 1.0, 2.0), tf.truncated_normal([2], stddev=0.1), tf.random_shuffle([1, 2, 3], seed=3)
    c = tf.multinomial([[0.5, 0.5]], 2), tf.random_uniform([2], maxval=3.0, name="u")
    d = tf.multinomial(place(), 2, seed=1, name="m", output_dtype=tf.int32), tf.random_crop(place([4, 5], "y"), [2, 2], seed=6)
    return (*a, *b, *c, *d)


@program
def convolutions():
    x, f = place([2, 5, 3]), place([2, 3, 4], "f")
    a = tf.nn.conv1d(x, f, 1, "SAME"), tf.nn.conv1d(x, f, stride=2, padding="VALID", name="c")
    i, g = place([1, 4, 4, 2], "i"), place([3, 3, 2, 3], "g")
    b = tf.nn.conv2d(i, g, [1, 1, 1, 1], "SAME"), tf.nn.conv2d_transpose(a[0][:, None], place([1, 2, 3, 4], "h"), [2, 1, 10, 3], 2)
    labels = tf.SparseTensor(tf.constant([[0, 0], [1, 0]], tf.int64), tf.constant([1, 0]), tf.constant([2, 2], tf.int64))
    c = tf.nn.ctc_loss(labels, place([4, 2, 3], "t"), [4, 3])
    return (*a, *b, c, tf.nn.zero_fraction(tf.nn.relu(x)), tf.convert_to_tensor([1, 2]), tf.convert_to_tensor(3, tf.float32, name="k"))


@program
def image_types():
    x, u = place([2, 3, 4, 3]), place([None, None, 3], "u", tf.uint8)
    i = tf.image
    a = i.convert_image_dtype(u, tf.float32), i.convert_image_dtype(x, tf.uint8, saturate=True), i.convert_image_dtype(u, tf.int32)
    b = i.rgb_to_grayscale(x), i.rgb_to_grayscale(u, name="g"), i.grayscale_to_rgb(x[..., :1]), i.grayscale_to_rgb(u[..., :1])
    c = i.total_variation(x), i.total_variation(x[0]), i.psnr(x, x + 0.5, 2.0), i.per_image_standardization(x), i.per_image_standardization(u)
    d = tf.saturate_cast(x * 300.0, tf.uint8), tf.saturate_cast(u, tf.int8), tf.saturate_cast(x * 1e10, tf.int32)
    return (*a, *b, *c, *d)


@program
def image_sizes():
    x, u = place([1, 4, 5, 2]), place([None, None, 3], "u")
    i = tf.image
    a = i.crop_to_bounding_box(x, 1, 2, 2, 3), i.pad_to_bounding_box(x, 1, 1, 6, 7), i.resize_image_with_crop_or_pad(x, 6, 3)
    b = i.crop_to_bounding_box(u, 0, 1, 2, 1), i.pad_to_bounding_box(u, 1, 0, 5, 4), i.resize_image_with_crop_or_pad(u, 3, 1)
    c = i.resize_images(x, [2, 3]), i.resize_images(x[0], [8, 5], method=i.ResizeMethod.NEAREST_NEIGHBOR)
    d = i.resize_images(u, [3, 3], method=i.ResizeMethod.BICUBIC, align_corners=True), i.resize_images(x, [4, 5])
    e = i.central_crop(x, 0.5), i.central_crop(u, 0.5), i.resize_images(x, [2, 2], i.ResizeMethod.AREA, preserve_aspect_ratio=True)
    return (*a, *b, *c, *d, *e)


@program
def image_chances():
    tf.set_random_seed(6)
    x, b = place([3, 4, 3]), place([2, 3, 4, 3], "b")
    i = tf.image
    a = i.flip_left_right(x), i.flip_up_down(b), i.random_flip_left_right(x), i.random_flip_up_down(b, seed=3)
    c = i.random_brightness(x, 0.3), i.random_contrast(x, 0.5, 1.5, seed=1), i.random_saturation(x, 0.5, 1.5), i.random_hue(x, 0.2, seed=2)
    return (*a, *c, i.adjust_brightness(x, 0.1), i.transpose_image(x))


@program
def spectra():
    x, g = place([2, 20]), tf.signal
    a = g.hann_window(6), g.hann_window(5, periodic=False), g.hamming_window(4), g.frame(x, 6, 3), g.frame(x, 6, 4, pad_end=True)
    b = tf.abs(g.stft(x, 6, 3)), tf.abs(g.stft(x, 8, 4, fft_length=16, pad_end=True))
    return (*a, *b, g.linear_to_mel_weight_matrix(4, 9, 8000, 100.0, 3000.0), tf.reduce_sum(x, 1, keep_dims=True), tf.reduce_max(x, reduction_indices=[0]))


@program
def assertions():
    x, y = place([None]), place([2], "y", tf.int32)
    tf.assert_equal(x, 1.0), tf.assert_positive(x, message="m"), tf.assert_equal(y, [1, 2], data=["a", y])
    tf.assert_less(y, 3), tf.assert_greater_equal(x, x + 1.0, name="ge"), tf.assert_equal(x, x)
    tf.Assert(tf.reduce_all(x > 0.0), [x]), tf.assert_non_negative(y), tf.assert_rank(y, 1)
    return []


def feed(index, tensor):
    shape = [2 if size is None else size for size in tensor.shape.as_list()]
    values = [0.5, -1.0, 2.0] if tensor.dtype.is_floating else [1, 0]
    count = int(np.prod(shape))
    return np.resize(np.array(values[index % len(values):] + values[:index % len(values)]), count).reshape(shape)


def text(value):
    flat = np.asarray(value).ravel()
    return " ".join(f"{float(v):.9g}" for v in flat)


tf.disable_v2_behavior()
tf.disable_resource_variables()
for function in PROGRAMS:
    graph = tf.Graph()
    with graph.as_default():
        outputs = list(function())
    print("##", function.__name__)
    for node in graph.as_graph_def().node:
        groups = [x.decode() for x in node.attr["_class"].list.s] if "_class" in node.attr else []
        print(" ".join([f"{node.name} = {node.op}({', '.join(node.input)})"] + groups))
    places = [op.outputs[0] for op in graph.get_operations() if op.type == "Placeholder"]
    with tf.Session(graph=graph) as session:
        for value in session.run(outputs, {p: feed(i, p) for i, p in enumerate(places)}):
            print("value", text(value))
