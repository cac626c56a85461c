import CoreOps

/// How an op hands on a resource: TensorFlow's newer ops by a handle, the older by a reference to
/// its name.
enum HandleForm: Sendable {
  case resource, reference

  /// In signatures.
  var type: String { self == .resource ? "resource" : "Ref(string)" }

  /// Whether an op with that input has effects by TensorFlow's registry: references have them by
  /// themselves.
  var isStateful: Bool { self == .resource }

  /// What shape rules say of the handle.
  var shape: PartialShape { self == .resource ? .scalar : [2] }

  /// In messages about signatures.
  var name: String { self == .resource ? "resource" : "string_ref" }
}

/// Where an op's attributes `container` and `shared_name` say that its resource is.
struct ResourcePlace: Sendable {
  let container: String
  let sharedName: String

  init(_ context: some AttrAccess) throws {
    let container = try context.string("container")
    self.container = container.isEmpty ? ResourceContainer.defaultName : container
    sharedName = try context.string("shared_name")
  }

  /// The resource, made now if there is none.
  ///
  /// - Parameter make: gets the resource's name. What neither an attribute nor a node names belongs
  ///   to its handle alone.
  func findOrCreate<R: TensorObject>(_ run: DynamicContext, _ make: (String) throws -> R) throws
    -> R
  {
    let name = sharedName.isEmpty ? run.node : sharedName
    if name.isEmpty || name == VariableOps.anonymousName { return try make("unnamed") }
    return try run.execution.resources.findOrCreate(container, name) { try make(name) }
  }

  /// The resource of an op that has no handle: one that nothing names has the empty name.
  ///
  /// - Parameter form: tells resources of one type apart that may have one name.
  func find<R: TensorObject>(_ run: DynamicContext, form: String, _ make: () throws -> R) throws
    -> R
  {
    try run.execution.resources.findOrCreate(
      container, sharedName.isEmpty ? run.node : sharedName, form: form, make)
  }

  /// The handle of a resource that was found here.
  func handle(_ resource: any TensorObject, _ form: HandleForm, _ run: DynamicContext) throws
    -> Tensor
  {
    if form == .resource { return Tensor(resource: resource) }
    let names = [container, sharedName.isEmpty ? run.node : sharedName]
    return try Tensor(strings: names, dims: [2])
  }
}

extension DynamicContext {
  /// The resource in input 0: behind a handle, or of a container and a name.
  ///
  /// - Parameter kind: what TensorFlow calls the resource's type.
  /// - Throws: `INVALID_ARGUMENT`; `NOT_FOUND` where nothing has that name.
  func resource<R: TensorObject>(_: R.Type = R.self, kind: String) throws -> R {
    let handle = inputs[0]
    if handle.dtype == .resource { return try handle.resource() }
    let (container, name) = try Self.names(handle)
    if let resource: R = execution.resources.find(container, name) { return resource }
    throw TFError.notFound("Resource \(container)/\(name)/\(kind) does not exist.")
  }

  /// The container and the name that a reference handle has.
  static func names(_ handle: Tensor) throws -> (container: String, name: String) {
    guard handle.dtype == .string, handle.dims.elementCount == 2 else {
      throw TFError.invalidArgument(
        "Resource handle must have 2 elements, but had shape: \(handle.dims)")
    }
    let names = handle.strings.map(\.text)
    return (names[0], names[1])
  }
}

/// Things with a name of their own that live as long as their handles, which are strings: tensor
/// arrays and stacks of TF-1's first versions.
final class NamedThing: Sendable {
  private final class Place: @unchecked Sendable {
    weak var thing: NamedThing?
    init(_ thing: NamedThing) { self.thing = thing }
  }

  private struct Table {
    var places: [String: Place] = [:]
    var next = 0
  }

  private static let table = Lock(Table())

  private let object: any TensorObject
  private let name: String

  private init(_ object: any TensorObject, _ name: String) {
    self.object = object
    self.name = name
  }

  deinit { _ = Self.table.withLock { $0.places.removeValue(forKey: name) } }

  /// A handle of a new thing: its container and name.
  static func handle(_ object: any TensorObject, _ container: String, _ name: String) throws
    -> Tensor
  {
    let thing = table.withLock { table in
      table.next += 1
      let thing = NamedThing(object, "\(name)_\(table.next)")
      table.places[thing.name] = Place(thing)
      return thing
    }
    let names = try Tensor(strings: [container, thing.name], dims: [2])
    return Tensor(strings: StringBuffer(names.strings, of: thing), dims: [2])
  }

  /// The thing that a handle names.
  ///
  /// - Throws: `INVALID_ARGUMENT`; `NOT_FOUND` where nothing has that name any more.
  static func find<R: TensorObject>(_ handle: Tensor, _: R.Type = R.self, kind: String) throws -> R
  {
    if handle.dtype == .resource { return try handle.resource() }
    let (container, name) = try DynamicContext.names(handle)
    let thing = table.withLock { $0.places[name]?.thing }
    guard let object = thing?.object as? R else {
      throw TFError.notFound("Resource \(container)/\(name)/\(kind) does not exist.")
    }
    return object
  }
}
