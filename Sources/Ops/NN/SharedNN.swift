/// What `tf.nn` has in both styles.
public protocol SharedNN {}

/// `tf.nn` in TF-1 style.
public enum V1NN: SharedNN {}

/// `tf.nn` in TF-2 style.
public enum V2NN: SharedNN {}
