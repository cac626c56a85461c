import CoreOps
import Ops
import Foundation
import TestSupport
import Testing

/// Compares every definition with TensorFlow's list of ops.
@Suite struct SignatureTests {
  @Test func equalTensorFlows() throws {
    let list = try TensorFlowOps()
    for definition in OpRegistry.standard.all {
      let differences = list.differences(of: definition)
      #expect(differences.isEmpty, "\(definition.name): \(differences.joined(separator: "; "))")
    }
  }

  @Test func haveARowInTheCaseTable() {
    let rows = Set(caseTable.map(\.op))
    let missing = OpRegistry.standard.all.map(\.name).filter { !rows.contains($0) }
    #expect(missing.isEmpty, "ops without a row: \(missing.joined(separator: ", "))")
  }
}

/// The registry is filled by the families alone.
@Suite struct OpFamilyTests {
  @Test func eachStoredDefinitionIsTheRegisteredOne() {
    var stored: Set<ObjectIdentifier> = []
    func visit(_ value: Any, _ place: String) {
      if let definition = value as? OpDef {
        #expect(OpRegistry.standard[definition.name] === definition, "\(place)")
        #expect(stored.insert(ObjectIdentifier(definition)).inserted, "\(place) stands twice")
        return
      }
      for child in Mirror(reflecting: value).children {
        visit(child.value, "\(place).\(child.label ?? "")")
      }
    }
    for family in OpFamilies.all { visit(family.family, "\(family)") }
    let lost = OpRegistry.standard.all.filter { !stored.contains(ObjectIdentifier($0)) }
    #expect(lost.isEmpty, "registered, but in no family: \(lost.map(\.name))")
  }
}

/// TensorFlow 2.21's op definitions: `Fixtures/ops.json`, one op a line.
struct TensorFlowOps {
  private let ops: [String: [String: Any]]

  init() throws {
    let url = try #require(
      Bundle.module.url(forResource: "ops", withExtension: "json", subdirectory: "Fixtures"))
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
    ops = try #require(json as? [String: [String: Any]])
  }

  func differences(of definition: OpDef) -> [String] {
    guard let op = ops[definition.name] else { return ["TensorFlow has no such op"] }
    let signature = definition.signature
    var found: [String] = []
    func compare(_ what: String, _ mine: String, _ theirs: String) {
      if mine != theirs { found.append("\(what) is \(mine), TensorFlow's \(theirs)") }
    }
    compare(
      "inputs", describe(signature.inputs), (op["in"] as? [String] ?? []).joined(separator: ", "))
    compare(
      "outputs", describe(signature.outputs), (op["out"] as? [String] ?? []).joined(separator: ", ")
    )
    compare("stateful", "\(definition.isStateful)", "\(op["stateful"] as? Bool ?? false)")
    let attributes = op["attrs"] as? [[String: Any]] ?? []
    compare(
      "attributes", signature.attributes.map(\.name).joined(separator: ", "),
      attributes.map { $0["name"] as? String ?? "" }.joined(separator: ", "))
    for (mine, theirs) in zip(signature.attributes, attributes) {
      let name = "attr \(mine.name)"
      compare("\(name): type", mine.type, theirs["type"] as? String ?? "")
      compare("\(name): minimum", text(mine.minimum), text(theirs["minimum"] as? Int))
      let allowed = theirs["allowed"] as? [String]
      if mine.type.contains("string") {
        compare("\(name): allowed", text(mine.allowedStrings), text(allowed))
      } else {
        compare(
          "\(name): allowed", text(mine.allowedTypes?.dtypes.map(\.name)),
          text(
            allowed.map { names in
              DType.allCases.filter { names.contains($0.signatureName) }.map(\.name)
            }))
      }
      let theirDefault = theirs["default"].map { value($0, mine.type) }
      if mine.defaultValue != theirDefault {
        found.append(
          "\(name): default is \(text(mine.defaultValue)), TensorFlow's \(text(theirDefault))")
      }
    }
    return found
  }

  private func describe(_ arguments: [Signature.Argument]) -> String {
    arguments.map { argument in
      var type =
        switch argument.kind {
        case .fixed(let dtype): dtype.signatureName
        case .attr(let name), .typeList(let name): name
        }
      if argument.isRef { type = "Ref(\(type))" }
      if let number = argument.number { type = "\(number) * \(type)" }
      return "\(argument.name): \(type)"
    }.joined(separator: ", ")
  }

  /// A default of the list as an attribute's value; a string that says so where it can't be read.
  private func value(_ json: Any, _ type: String) -> AttrValue {
    if type.hasPrefix("list("), let elements = json as? [Any] {
      return .list(elements.map { value($0, String(type.dropFirst(5).dropLast())) })
    }
    switch (type, json) {
    case ("int", let number as Int): return .int(number)
    case ("float", let number as Double): return .float(Float(number))
    case ("float", let text as String): return .float(Float(text) ?? .nan)
    case ("bool", let flag as Bool): return .bool(flag)
    case ("string", let text as String): return .string(text)
    case ("type", let name as String): if let dtype = DType(name: name) { return .type(dtype) }
    case ("shape", let dims as [Int]): return .shape(PartialShape(dims.map { $0 < 0 ? nil : $0 }))
    case ("shape", _ as String): return .shape(.unknown)
    case ("tensor", let text as String) where text.hasPrefix("dtype: DT_UINT8\n"):
      let values = text.split(separator: "\n").compactMap { line in
        line.hasPrefix("int_val: ") ? UInt8(line.dropFirst(9)) : nil
      }
      if let tensor = try? Tensor(values, dims: [values.count]) { return .tensor(tensor) }
    default: break
    }
    return .string("an unreadable default of type \(type): \(json)")
  }

  private func text<T>(_ value: T?) -> String { value.map { "\($0)" } ?? "none" }
}
