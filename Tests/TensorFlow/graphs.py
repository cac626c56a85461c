"""Records the graphs that TensorFlow makes of TF-1 programs with variables, for VariableGraphTests:

    python3 Tests/TensorFlow/graphs.py > Tests/V1/Fixtures/variables.graphs.txt
"""
import tensorflow.compat.v1 as tf


def plain():
    v=tf.Variable([1., 2.], name='v')
    x=v+1.
    tf.reduce_sum(v)
    tf.assign(v, [2., 3.], name='set')
    v.assign_add([1., 1.])
    tf.scatter_sub(v, [0], [1.])
    tf.is_variable_initialized(v)
    with tf.control_dependencies([v.assign_sub([1., 2.])]): tf.identity(v)
    tf.global_variables_initializer()


def scoped():
    with tf.variable_scope('a') as a:
        w=tf.get_variable('w',[2,3],initializer=tf.truncated_normal_initializer(stddev=.1,seed=3))
        b=tf.get_variable('b',[3],initializer=tf.zeros_initializer())
        c=tf.Variable(1,name='c',trainable=False)
    with tf.variable_scope(a,reuse=True):
        assert tf.get_variable('w',[2,3]) is w
        tf.constant(1.,name='k')
    with tf.variable_scope('a',reuse=tf.AUTO_REUSE):
        tf.get_variable('e',initializer=[3,4]); tf.get_variable('f',initializer=tf.constant(4.))
    with tf.variable_scope(None,default_name='d'): tf.get_variable('g',[2],dtype=tf.int32)
    with tf.variable_scope(None,default_name='d'): tf.get_variable('g',[2,2])
    tf.matmul(tf.ones([1,2]),w)+b


def lines(program, resources):
    (tf.enable_resource_variables if resources else tf.disable_resource_variables)()
    graph = tf.Graph()
    with graph.as_default():
        program()
    for node in graph.as_graph_def().node:
        groups = [x.decode() for x in node.attr["_class"].list.s] if "_class" in node.attr else []
        yield " ".join([f"{node.name} = {node.op}({', '.join(node.input)})"] + groups)


tf.disable_v2_behavior()
for program in (plain, scoped):
    for resources in (False, True):
        print("##", program.__name__, "resource" if resources else "reference")
        print("\n".join(lines(program, resources)))
