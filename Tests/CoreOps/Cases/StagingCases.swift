import CoreOps
import TestSupport

/// The attributes of an area of its own.
private func area(_ types: [DType], _ attrs: Attrs = [:]) -> Attrs {
  var attrs = attrs
  attrs["dtypes"] = .types(types)
  attrs["shared_name"] = freshName("area")
  return attrs
}

private func stage(_ values: Tensor..., into area: Attrs) throws {
  _ = try applyOp("Stage", values, area)
}

private func mapStage(
  _ key: Int, _ indices: [Int], _ values: Tensor..., into area: Attrs, ordered: Bool = false
) throws {
  _ = try applyOp(
    ordered ? "OrderedMapStage" : "MapStage",
    [t(.int64, key), t(.int32, indices)] + values, area)
}

private func mapTake(_ op: String, _ key: Int, _ indices: [Int], _ types: [DType], _ area: Attrs)
  throws -> [Tensor]
{
  var area = area
  area["dtypes"] = .types(types)
  return try applyOp(op, [t(.int64, key), t(.int32, indices)], area)
}

/// Takes every key out, in the area's order.
private func allKeys(_ count: Int, _ area: Attrs, ordered: Bool) throws -> [Tensor] {
  try (0..<count).map { _ in
    try applyOp(
      ordered ? "OrderedMapUnstageNoKey" : "MapUnstageNoKey", [t(.int32, [0])], area)[0]
  }
}

let stagingCases: [OpCase] = [
  OpCase("Stage", [[1.0, 2.0], [3]], expect: [[1.0, 2.0], [3]]) { inputs in
    let area = area([.float32, .int32])
    try stage(inputs[0], inputs[1], into: area)
    return try applyOp("Unstage", [], area)
  },
  OpCase("Stage of more bytes than the area may hold", error: .resourceExhausted) { _ in
    let area = area([.int32], ["memory_limit": .int(2)])
    try stage(t(.int32, 1), into: area)
    return try applyOp("StageSize", [], area)
  },
  OpCase("Unstage of tuples of another width", error: .invalidArgument) { _ in
    var area = area([.int32])
    try stage(t(.int32, 1), into: area)
    area["dtypes"] = .types([.int32, .int32])
    return try applyOp("Unstage", [], area)
  },
  OpCase("Unstage of another dtype", error: .internal) { _ in
    var area = area([.int32])
    try stage(t(.int32, 1), into: area)
    area["dtypes"] = .types([.float32])
    return try applyOp("Unstage", [], area)
  },
  OpCase("StagePeek", expect: [2, 2]) { _ in
    let area = area([.int32])
    try stage(t(.int32, 1), into: area)
    try stage(t(.int32, 2), into: area)
    let seen = try applyOp("StagePeek", [t(.int32, 1)], area)
    return try seen + applyOp("StageSize", [], area)
  },
  OpCase("StagePeek of a vector of places", error: .invalidArgument) { _ in
    try applyOp("StagePeek", [t(.int32, [0])], area([.int32]))
  },
  OpCase("StagePeek before the first", error: .invalidArgument) { _ in
    try applyOp("StagePeek", [t(.int32, -1)], area([.int32]))
  },
  OpCase("StageSize", expect: [0]) { _ in try applyOp("StageSize", [], area([.int32])) },
  OpCase("StageClear", expect: [0]) { _ in
    let area = area([.int32])
    try stage(t(.int32, 1), into: area)
    _ = try applyOp("StageClear", [], area)
    return try applyOp("StageSize", [], area)
  },
  OpCase("MapStage", expect: [1, 0, 1, 1.5, 0]) { _ in
    // The tuple of a key comes in parts, and goes in parts.
    let area = area([.int32, .float32])
    try mapStage(1, [0], t(.int32, 1), into: area)
    let begun = try applyOp("MapIncompleteSize", [], area) + applyOp("MapSize", [], area)
    try mapStage(1, [1], t(.float32, 1.5), into: area)
    let first = try mapTake("MapUnstage", 1, [0], [.int32], area)
    let second = try mapTake("MapUnstage", 1, [1], [.float32], area)
    return try begun + first + second + applyOp("MapSize", [], area)
  },
  OpCase("MapStage of indices out of order", error: .invalidArgument) { _ in
    let area = area([.int32, .int32])
    try mapStage(1, [1, 0], t(.int32, 1), t(.int32, 1), into: area)
    return try applyOp("MapSize", [], area)
  },
  OpCase("MapStage beyond the tuple", error: .invalidArgument) { _ in
    let area = area([.int32, .int32])
    try mapStage(1, [2], t(.int32, 1), into: area)
    return try applyOp("MapSize", [], area)
  },
  OpCase("MapStage of what is there", error: .invalidArgument) { _ in
    let area = area([.int32, .int32])
    for _ in 0..<2 { try mapStage(1, [0], t(.int32, 1), into: area) }
    return try applyOp("MapSize", [], area)
  },
  OpCase("MapStage of fewer values than indices", error: .invalidArgument) { _ in
    let area = area([.int32, .int32])
    try mapStage(1, [0, 1], t(.int32, 1), into: area)
    return try applyOp("MapSize", [], area)
  },
  OpCase("MapStage of two keys", error: .invalidArgument) { _ in
    let area = area([.int32])
    _ = try applyOp("MapStage", [t(.int64, [1, 2]), t(.int32, [0]), t(.int32, 1)], area)
    return try applyOp("MapSize", [], area)
  },
  OpCase("MapPeek", expect: [7, 1]) { _ in
    let area = area([.int32])
    try mapStage(3, [0], t(.int32, 7), into: area)
    let seen = try mapTake("MapPeek", 3, [0], [.int32], area)
    return try seen + applyOp("MapSize", [], area)
  },
  OpCase("MapUnstage twice", error: .invalidArgument) { _ in
    let area = area([.int32, .int32])
    try mapStage(3, [0, 1], t(.int32, 7), t(.int32, 8), into: area)
    return try mapTake("MapUnstage", 3, [0], [.int32], area)
      + mapTake("MapUnstage", 3, [0], [.int32], area)
  },
  OpCase("MapSize", expect: [0]) { _ in try applyOp("MapSize", [], area([.int32])) },
  OpCase("MapIncompleteSize", expect: [0]) { _ in
    try applyOp("MapIncompleteSize", [], area([.int32]))
  },
  OpCase("MapClear", expect: [0, 0]) { _ in
    let area = area([.int32, .int32])
    try mapStage(1, [0], t(.int32, 1), into: area)
    try mapStage(2, [0, 1], t(.int32, 1), t(.int32, 1), into: area)
    _ = try applyOp("MapClear", [], area)
    return try applyOp("MapSize", [], area) + applyOp("MapIncompleteSize", [], area)
  },
  OpCase(
    "MapUnstageNoKey gives TensorFlow's order",
    expect: [7, 2, 35, 22, 9, 5].map { t(.int64, $0) }
  ) { _ in
    let area = area([.int32])
    for key in [5, 9, 2, 7, 22, 35] { try mapStage(key, [0], t(.int32, key), into: area) }
    return try allKeys(6, area, ordered: false)
  },
  OpCase("OrderedMapStage", expect: [3]) { _ in
    let area = area([.int32])
    try mapStage(1, [0], t(.int32, 3), into: area, ordered: true)
    return try mapTake("OrderedMapPeek", 1, [0], [.int32], area)
  },
  OpCase("OrderedMapPeek", expect: [3, 1]) { _ in
    let area = area([.int32])
    try mapStage(1, [0], t(.int32, 3), into: area, ordered: true)
    let seen = try mapTake("OrderedMapPeek", 1, [0], [.int32], area)
    return try seen + applyOp("OrderedMapSize", [], area)
  },
  OpCase("OrderedMapUnstage", expect: [3, 0]) { _ in
    let area = area([.int32])
    try mapStage(1, [0], t(.int32, 3), into: area, ordered: true)
    let taken = try mapTake("OrderedMapUnstage", 1, [0], [.int32], area)
    return try taken + applyOp("OrderedMapSize", [], area)
  },
  OpCase(
    "OrderedMapUnstageNoKey", expect: [-22, 2, 5, 7, 9].map { t(.int64, $0) }
  ) { _ in
    let area = area([.int32])
    for key in [5, 9, 2, 7, -22] {
      try mapStage(key, [0], t(.int32, key), into: area, ordered: true)
    }
    return try allKeys(5, area, ordered: true)
  },
  OpCase("OrderedMapSize", expect: [0]) { _ in
    try applyOp("OrderedMapSize", [], area([.int32]))
  },
  OpCase("OrderedMapIncompleteSize", expect: [1]) { _ in
    let area = area([.int32, .int32])
    try mapStage(1, [0], t(.int32, 3), into: area, ordered: true)
    return try applyOp("OrderedMapIncompleteSize", [], area)
  },
  OpCase("OrderedMapClear", expect: [0]) { _ in
    let area = area([.int32])
    try mapStage(1, [0], t(.int32, 3), into: area, ordered: true)
    _ = try applyOp("OrderedMapClear", [], area)
    return try applyOp("OrderedMapSize", [], area)
  },
]
