/// Resizing, cropping and boxes.
package struct ImageOps: OpFamily {
  package static let family = ImageOps()
  package init() {}
}
