import CoreGraph
import CoreOps
import V1Graph
import Variables

/// Variables that are kept for other variables, by TensorFlow's names: `w/Adam`, `w/Adam_1`.
enum SlotCreator {
  /// A slot of the shape of `primary`.
  ///
  /// - Throws: `INVALID_ARGUMENT` where the shape is not known.
  static func slot(
    _ primary: Variable, _ initializer: any Initializer, _ dtype: DType, _ name: String
  ) throws -> Variable {
    guard primary.shape.isFullyDefined else {
      throw TFError.invalidArgument(
        """
        The shape of variable '\(primary.name)' is \(primary.shape.tupleText): slot '\(name)' \
        needs a shape that is fully defined
        """)
    }
    return try API.variableScope(nil, defaultName: "\(primary.nodeName)/\(name)") { _ in
      try Environment.current.colocated(withElement: primary).run {
        let slot = try API.getVariable(
          "", shape: primary.shape, dtype: dtype, initializer: initializer, trainable: false,
          useResource: primary.isResource)
        if let part = primary.saveSliceInfo {
          let own = slot.nodeName.dropFirst(primary.nodeName.count + 1)
          slot.saveSliceInfo = SaveSliceInfo(
            fullName: "\(part.fullName)/\(own)", fullShape: part.fullShape,
            varOffset: part.varOffset, varShape: part.varShape)
        }
        return slot
      }
    }
  }
}
