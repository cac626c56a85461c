/// A model of a kind that cannot be run yet.
struct UnsupportedModel: Error, CustomStringConvertible {
  var reason: String
  var description: String { reason }
}
