extension Tensor {
  /// The elements of a real tensor.
  package func doubles() throws -> [Double] {
    switch dtype {
    case .float32: elements(Float.self).map(Double.init)
    case .float64: Array(elements(Double.self))
    case .half: elements(Float16.self).map { Double($0) }
    case .bfloat16: elements(BFloat16.self).map { Double($0.float) }
    default: try integers().map(Double.init)
    }
  }

  /// The elements of an integer tensor; those of uint64 as their bits.
  package func wrappingIntegers() throws -> [Int] {
    dtype == .uint64 ? elements(UInt64.self).map { Int(bitPattern: UInt($0)) } : try integers()
  }

  /// Sets each element of a new floating tensor by its position; narrow dtypes round what `floats`
  /// gives.
  ///
  /// - Throws: when the run is to end.
  package func fill(floats: (Int) -> Float, doubles: (Int) -> Double) throws {
    func each<S: TensorScalar>(_: S.Type, _ value: (Int) -> S) throws {
      let elements = elements(S.self)
      var pace = Pace()
      for index in elements.indices {
        try pace.step()
        elements[index] = value(index)
      }
    }
    switch dtype {
    case .float64: try each(Double.self, doubles)
    case .half: try each(Float16.self) { Float16(floats($0)) }
    case .bfloat16: try each(BFloat16.self) { BFloat16(floats($0)) }
    default: try each(Float.self, floats)
    }
  }

  /// Sets each element of a new integer tensor by its position; what does not fit wraps.
  ///
  /// - Throws: when the run is to end.
  package func fill(integers: (Int) -> Int) throws {
    func each<S: TensorScalar & FixedWidthInteger>(_: S.Type) throws {
      let elements = elements(S.self)
      var pace = Pace()
      for index in elements.indices {
        try pace.step()
        elements[index] = S(truncatingIfNeeded: integers(index))
      }
    }
    switch dtype.byteSize {
    case 1: try each(UInt8.self)
    case 2: try each(UInt16.self)
    case 4: try each(UInt32.self)
    default: try each(UInt64.self)
    }
  }

  /// A tensor of an integer dtype; values that do not fit wrap.
  package static func wrapping(_ values: [Int], _ dtype: DType, _ dims: Shape) throws -> Tensor {
    switch dtype {
    case .int8: try Tensor(values.map { Int8(truncatingIfNeeded: $0) }, dims: dims)
    case .int16: try Tensor(values.map { Int16(truncatingIfNeeded: $0) }, dims: dims)
    case .int32: try Tensor(values.map { Int32(truncatingIfNeeded: $0) }, dims: dims)
    case .int64: try Tensor(values, dims: dims)
    case .uint8: try Tensor(values.map { UInt8(truncatingIfNeeded: $0) }, dims: dims)
    case .uint16: try Tensor(values.map { UInt16(truncatingIfNeeded: $0) }, dims: dims)
    case .uint32: try Tensor(values.map { UInt32(truncatingIfNeeded: $0) }, dims: dims)
    case .uint64: try Tensor(values.map { UInt64(truncatingIfNeeded: $0) }, dims: dims)
    default: throw TFError.invalidArgument("expected an integer dtype, got \(dtype)")
    }
  }
}
