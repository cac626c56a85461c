package import CoreOps

extension Graph {
  /// Adds the nodes and functions of `definition`.
  ///
  /// - Parameters:
  ///   - definition: the graph as data.
  ///   - inputMap: the tensors of this graph that stand in for outputs of `definition`, by the
  ///     outputs' names.
  ///   - prefix: what the names of the nodes begin with: empty, or a scope with its `/`.
  /// - Throws: `INVALID_ARGUMENT` as `init(importing:)`, for a name that is taken already, and for
  ///   a function that is here under the same name with another body.
  package func add(
    _ definition: GraphDef, inputMap: [String: Tensor] = [:], prefix: String = ""
  ) throws {
    // What is wrong by itself is found before anything is added.
    _ = try Graph(importing: definition)
    var library = self.library
    for function in definition.library {
      if let own = library[function.name] {
        guard own == function else {
          throw TFError.invalidArgument(
            """
            Cannot add function '\(function.name)' because a different function with the same name \
            already exists.
            """
          )
        }
      } else {
        try library.add(function)
      }
    }
    library.gradients += definition.gradients.filter { !library.gradients.contains($0) }
    self.library = library
    try GraphImporter(graph: self).add(
      definition.nodes, arguments: replacements(inputMap, in: definition), prefix: prefix)
    try verify()
  }

  /// The tensors of `inputMap` by node, in the order of the node's outputs.
  private func replacements(_ inputMap: [String: Tensor], in definition: GraphDef) throws
    -> [String: [Endpoint]]
  {
    var outputs: [String: [Int: Endpoint]] = [:]
    let names = Set(definition.nodes.map(\.name))
    for (text, tensor) in inputMap {
      let colon = text.lastIndex(of: ":")
      let name = colon.map { String(text[..<$0]) } ?? text
      let index = try colon.map { colon in
        guard let index = Int(text[text.index(after: colon)...]), index >= 0 else {
          throw TFError.invalidArgument("'\(text)' in input_map is no name of a tensor")
        }
        return index
      }
      guard names.contains(name) else {
        var suggestion = NameSuggestion(for: name)
        for name in names.sorted() { suggestion.consider(name) }
        throw TFError.invalidArgument(
          """
          Attempted to map inputs that were not found in graph_def: [\(text)].\(suggestion.text)
          """
        )
      }
      outputs[name, default: [:]][index ?? 0] = try endpoint(of: tensor)
    }
    return try outputs.mapValues { replaced in
      try (0..<replaced.count).map { index in
        guard let endpoint = replaced[index] else {
          throw TFError.invalidArgument(
            "input_map must name all outputs of a node up to the last that it names")
        }
        return endpoint
      }
    }
  }
}
