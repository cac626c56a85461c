/// Choices between elements.
package struct SelectOps: OpFamily {
  package static let family = SelectOps()
  package init() {}
}
