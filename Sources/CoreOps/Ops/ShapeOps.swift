/// Ops on shapes, and ops that change only the shape.
package struct ShapeOps: OpFamily {
  package static let family = ShapeOps()
  package init() {}
}
