@_exported public import CoreGraph
@_exported public import CoreOps
@_exported public import Ops
@_exported public import Serialization
@_exported public import V1Graph
@_exported public import V1Runtime
@_exported public import V2Eager

/// TensorFlow's symbols in TF-2 style; those of TF-1 are in `tf.compat.v1`.
public enum tf: V2API {
  public enum compat {
    public enum v1: V1API {}
  }
}

/// `tf.nn` in TF-1 style.
public enum V1NN: SharedNN {}

/// `tf.nn` in TF-2 style.
public enum V2NN: SharedNN {}

/// `tf.train` in TF-2 style.
public enum V2Train: TrainAPI {}

extension V1API { public typealias nn = V1NN }
extension V2API { public typealias nn = V2NN }
extension V2API { public typealias train = V2Train }
