@_exported public import CoreGraph
@_exported public import CoreOps
@_exported public import V1Graph
@_exported public import V2Eager

/// TensorFlow's symbols in TF-2 style; those of TF-1 are in `tf.compat.v1`.
public enum tf: V2API {
  public enum compat {
    public enum v1: V1API {}
  }
}
