@_exported public import Compat

/// `tf` means TF-1, as after `import tensorflow.compat.v1 as tf`.
public typealias tf = Compat.tf.compat.v1
