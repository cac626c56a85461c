@_exported public import CoreGraph
@_exported public import CoreOps
@_exported public import Functions
@_exported public import Ops
@_exported public import Serialization
@_exported public import V1Graph
@_exported public import V1Recurrent
@_exported public import V1Runtime
@_exported public import V1Training
@_exported public import V2Eager

/// TensorFlow's symbols in TF-2 style; those of TF-1 are in `tf.compat.v1`.
public enum tf: V2API {
  public enum compat {
    public enum v1: V1API {}
  }
}

extension V1NN: RecurrentAPI {}

/// `tf.contrib`, of which the parts that programs use most are here.
public enum V1Contrib: RecurrentContribAPI {}

/// `tf.train` in TF-2 style.
public enum V2Train: TrainAPI {}

extension V1API { public typealias nn = V1NN }
extension V1API { public typealias contrib = V1Contrib }
extension V2API { public typealias nn = V2NN }
extension V2API { public typealias train = V2Train }
