"""Deep Q learning on made transitions: an online and a target network, copied every few steps."""

import tensorflow.compat.v1 as tf

from data import Numbers

STATES, ACTIONS = 4, 3


def network(state, scope):
    with tf.variable_scope(scope):
        w1 = tf.get_variable("w1", [STATES, 24], initializer=tf.variance_scaling_initializer(2.0))
        b1 = tf.get_variable("b1", [24], initializer=tf.zeros_initializer())
        h = tf.nn.relu(tf.matmul(state, w1) + b1)
        w2 = tf.get_variable("w2", [24, ACTIONS], initializer=tf.random_uniform_initializer(-0.3, 0.3))
        b2 = tf.get_variable("b2", [ACTIONS], initializer=tf.zeros_initializer())
        return tf.matmul(h, w2) + b2


def run(report):
    tf.set_random_seed(11)
    numbers = Numbers(12)
    states, following = numbers.uniform(128, STATES), numbers.uniform(128, STATES)
    actions, rewards = numbers.integers(ACTIONS, 128), numbers.uniform(128)
    done = (numbers.uniform(128) < 0.1).astype("float32")

    state = tf.placeholder(tf.float32, [None, STATES], name="state")
    action = tf.placeholder(tf.int32, [None], name="action")
    reward = tf.placeholder(tf.float32, [None], name="reward")
    next_state = tf.placeholder(tf.float32, [None, STATES], name="next_state")
    terminal = tf.placeholder(tf.float32, [None], name="terminal")

    q = network(state, "online")
    next_q = network(next_state, "target")
    chosen = tf.reduce_sum(q * tf.one_hot(action, ACTIONS), axis=1)
    target = tf.stop_gradient(reward + 0.95 * (1.0 - terminal) * tf.reduce_max(next_q, axis=1))
    error = chosen - target
    huber = tf.where(tf.abs(error) < 1.0, 0.5 * tf.square(error), tf.abs(error) - 0.5)
    loss = tf.reduce_mean(huber, name="loss")

    online = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope="online")
    copies = tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES, scope="target")
    update_target = tf.group(*[tf.assign(t, o) for o, t in zip(online, copies)], name="update_target")

    optimizer = tf.train.AdamOptimizer(0.01)
    pairs = optimizer.compute_gradients(loss, var_list=online)
    clipped = [(tf.clip_by_norm(g, 10.0), v) for g, v in pairs if g is not None]
    train = optimizer.apply_gradients(clipped)

    with tf.variable_scope("explore"):
        epsilon = tf.placeholder_with_default(0.2, [], name="epsilon")
        greedy = tf.argmax(q, axis=1, output_type=tf.int32)
        random = tf.random_uniform(tf.shape(greedy), 0, ACTIONS, tf.int32, seed=1)
        explore = tf.random_uniform(tf.shape(greedy), seed=2) < epsilon
        act = tf.where(explore, random, greedy)

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        report.initialized(sess)
        sess.run(update_target)
        for step in range(40):
            batch = slice(step % 4 * 32, step % 4 * 32 + 32)
            _, value = sess.run([train, loss], {
                state: states[batch], action: actions[batch], reward: rewards[batch],
                next_state: following[batch], terminal: done[batch]})
            report.loss(value)
            if step % 8 == 7:
                sess.run(update_target)
        report.final(actions=sess.run(act, {state: states[:16]}))
