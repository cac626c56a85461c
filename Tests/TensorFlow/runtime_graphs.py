"""Records the graphs that TensorFlow makes of TF-1 input pipelines and placeholders, for
RuntimeGraphTests:

    python3 Tests/TensorFlow/runtime_graphs.py > Tests/V1/Fixtures/runtime.graphs.txt
"""
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def show(program):
    graph = tf.Graph()
    with graph.as_default():
        program()
    print("##", program.__name__)
    for node in graph.as_graph_def().node:
        groups = [x.decode() for x in node.attr["_class"].list.s] if "_class" in node.attr else []
        print(" ".join([f"{node.name} = {node.op}({', '.join(node.input)})"] + groups))


def sp1(): tf.sparse_placeholder(tf.float32)
def sp2(): tf.sparse_placeholder(tf.float32,[2,3],name='s')
def sp3(): tf.sparse_placeholder(tf.float32,[None,3],name='s')
def strprod():
    q=tf.train.string_input_producer(['a','b'],num_epochs=2); tf.TFRecordReader().read(q)
def strprod2(): q=tf.train.string_input_producer(['a','b'],shuffle=False)
def rng(): tf.train.range_input_producer(5,num_epochs=1,shuffle=False,seed=3)
def rng2(): tf.train.range_input_producer(5,seed=3)
def slc(): tf.train.slice_input_producer([tf.constant([1,2,3]),tf.constant([[1.],[2.],[3.]])],num_epochs=1)
def inp(): tf.train.input_producer(tf.constant([1,2,3]),element_shape=[],name='mine')
def lim(): tf.train.limit_epochs(tf.constant([1.]),3)
def bat(): tf.train.batch([tf.constant(1),tf.constant([1.,2.])],4)
def bat2(): tf.train.batch([tf.constant(1)],4,num_threads=2,allow_smaller_final_batch=True,dynamic_pad=True)
def bat3(): tf.train.batch({'a':tf.constant(1),'b':tf.constant(2.)},4,enqueue_many=False,name='bb')
def bat4(): tf.train.batch([tf.constant([1,2])],4,enqueue_many=True)
def sh(): tf.train.shuffle_batch([tf.constant(1)],4,50,10,seed=5)
def sh2(): tf.train.shuffle_batch([tf.constant(1)],4,50,10,num_threads=3,allow_smaller_final_batch=True)
def bj(): tf.train.batch_join([[tf.constant(1)],[tf.constant(2)]],4)
def sbj(): tf.train.shuffle_batch_join([[tf.constant(1)],[tf.constant(2)]],4,50,10)
def qr():
    q=tf.FIFOQueue(5,tf.float32); e=q.enqueue(1.); tf.train.add_queue_runner(tf.train.QueueRunner(q,[e]*2))


for program in (
    sp1, sp2, sp3, strprod, strprod2, rng, rng2, slc, inp, lim, bat, bat2, bat3, bat4, sh, sh2, bj,
    sbj, qr,
):
    show(program)
