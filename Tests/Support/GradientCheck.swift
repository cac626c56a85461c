import CoreGraph
import CoreOps
import V2Eager

/// Compares a row's gradients by the ops' rules with differences of its outputs.
package enum GradientCheck {
  /// - Returns: what is wrong, or nil.
  package static func run(_ row: OpCase) throws -> String? {
    let precise = row.inputs.map { $0.dtype == .float32 ? widened($0) : $0 }
    // Kernels that only take float32 are checked with coarser steps.
    if (try? row.body(precise)) != nil {
      return try compare(row, precise, step: 1e-5, tolerance: 1e-4)
    }
    return try compare(row, row.inputs, step: 1e-2, tolerance: 3e-2)
  }

  private static func widened(_ tensor: Tensor) -> Tensor {
    t(.float64, tensor.elements(Float.self).map { Double($0) }).reshaped(tensor.dims)
  }

  private static func compare(
    _ row: OpCase, _ inputs: [Tensor], step: Double, tolerance: Double
  ) throws -> String? {
    let sources = inputs.indices.filter {
      inputs[$0].dtype == .float64 || inputs[$0].dtype == .float32
    }
    guard !sources.isEmpty else { return nil }
    let tape = GradientTape()
    let watched = inputs.map { $0.dtype.isNumeric ? $0.withNewIdentity() : $0 }
    let loss = try tape.record {
      for index in sources { tape.watch(watched[index]) }
      return try weightedSum(row.body(watched))
    }
    guard let loss else { return nil }
    let gradients = try tape.gradient(loss, sources.map { watched[$0] })
    for (position, index) in sources.enumerated() {
      let count = inputs[index].dims.elementCount
      for element in 0..<min(count, 12) {
        let high = try value(row, inputs, index, element, step)
        let low = try value(row, inputs, index, element, -step)
        let expected = (high - low) / (2 * step)
        let got = gradients[position].map { asDoubles($0)[element].0 } ?? 0
        if gradients[position].map({ $0.dims != inputs[index].dims }) == true {
          return
            """
            the gradient of input \(index) has shape \(gradients[position]!.dims), not \
            \(inputs[index].dims)
            """
        }
        if !(abs(got - expected) <= tolerance * (1 + abs(expected))) {
          return
            "the gradient of input \(index) at \(element) is \(got), differences give \(expected)"
        }
      }
    }
    return nil
  }

  private static func value(
    _ row: OpCase, _ inputs: [Tensor], _ index: Int, _ element: Int, _ step: Double
  ) throws -> Double {
    var moved = inputs
    if inputs[index].dtype == .float64 {
      var elements = Array(inputs[index].elements(Double.self))
      elements[element] += step
      moved[index] = try Tensor(elements, dims: inputs[index].dims)
    } else {
      var elements = Array(inputs[index].elements(Float.self))
      elements[element] += Float(step)
      moved[index] = try Tensor(elements, dims: inputs[index].dims)
    }
    guard let loss = try weightedSum(row.body(moved)) else { return 0 }
    return asDoubles(loss)[0].0
  }

  /// The outputs' elements times weights that are not alike, so that no error cancels.
  private static func weightedSum(_ outputs: [Tensor]) throws -> Tensor? {
    var total: Tensor?
    for output in outputs where output.dtype == .float64 || output.dtype == .float32 {
      let weights = (0..<output.dims.elementCount).map { 0.5 + Double($0 % 7) * 0.3 }
      let weight = t(output.dtype, weights).reshaped(output.dims)
      let axes = t(.int32, Array(0..<output.dims.rank))
      let sum = try applyOp("Sum", [output * weight, axes])[0]
      let term = try applyOp("Cast", [sum], ["DstT": .type(.float64)])[0]
      total = try total.map { try $0 + term } ?? term
    }
    return total
  }
}
