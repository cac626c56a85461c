import Synchronization

/// The named, mutable things that the runs of one session share.
///
/// Things of different kinds may have one name: a table and a variable `a` are two things.
package final class ResourceContainer: Sendable {
  /// What a resource is found by.
  private struct Key: Sendable, Hashable {
    let container: String
    let name: String
    let kind: Kind
  }

  /// What a name stands for: the type of the object, and what tells objects of one type apart that
  /// TensorFlow has two types for.
  package struct Kind: Sendable, Hashable {
    private let type: ObjectIdentifier
    private let form: String

    package init<R: TensorObject>(_: R.Type, form: String = "") {
      type = ObjectIdentifier(R.self)
      self.form = form
    }
  }

  /// The place of a resource: made by whom asks first, while others who ask for the same wait.
  private final class Place: Sendable {
    let object = Lock<(any TensorObject)?>(nil)
  }

  private let closed = Atomic(false)
  private let places = Lock<[Key: Place]>([:])
  /// What operations that wait for a resource are woken by.
  package let activity = ResourceActivity()

  package init() {}

  /// Whether its session is closed.
  package var isClosed: Bool { closed.load(ordering: .relaxed) }

  /// Ends what waits for a resource, and lets go of all.
  package func close() {
    closed.store(true, ordering: .relaxed)
    activity.close()
    removeAll()
  }

  /// The container of resources that name none.
  package static let defaultName = "localhost"

  /// The resource of that name, if there is one.
  package func find<R: TensorObject>(
    _ container: String, _ name: String, as _: R.Type = R.self, form: String = ""
  ) -> R? {
    let key = Self.key(container, name, Kind(R.self, form: form))
    return places.withLock { $0[key] }?.object.withLock { $0 as? R }
  }

  /// The resource of that name, made now if there is none. Others can be found and made meanwhile.
  ///
  /// - Parameters:
  ///   - container: as a node's attribute says; empty for the default.
  ///   - name: a node's `shared_name`, or its own name where that is empty.
  ///   - form: tells resources of one type apart that may have one name.
  package func findOrCreate<R: TensorObject>(
    _ container: String, _ name: String, form: String = "", _ make: () throws -> R
  ) throws -> R {
    let key = Self.key(container, name, Kind(R.self, form: form))
    let place = places.withLock { places in
      if let place = places[key] { return place }
      let place = Place()
      places[key] = place
      return place
    }
    return try place.object.withLock { object in
      if let resource = object as? R { return resource }
      let resource = try make()
      object = resource
      return resource
    }
  }

  private static func key(_ container: String, _ name: String, _ kind: Kind) -> Key {
    Key(container: container.isEmpty ? defaultName : container, name: name, kind: kind)
  }

  /// Removes every name of that object.
  @discardableResult
  package func remove(_ object: any TensorObject) -> Bool {
    let all = places.withLock { Array($0) }
    let own = all.filter { entry in entry.value.object.withLock { $0 === object } }
    places.withLock { places in
      for entry in own where places[entry.key] === entry.value { places[entry.key] = nil }
    }
    return !own.isEmpty
  }

  /// How many resources there are.
  package var count: Int { places.withLock { $0.count } }

  package func removeAll() { places.withLock { $0.removeAll() } }
}
