/// What `tf.nn` has in both styles.
public protocol SharedNN {}
