public import CoreGraph

extension V1API {
  /// Rewrites of graphs as data, as `tf.compat.v1.graph_util`.
  public typealias graphUtil = GraphRewrites
}
