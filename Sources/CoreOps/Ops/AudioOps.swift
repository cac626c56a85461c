/// Audio decoding and features.
package struct AudioOps: OpFamily {
  package static let family = AudioOps()
  package init() {}
}
