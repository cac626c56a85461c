/// Changes of dtype.
package struct CastOps: OpFamily {
  package static let family = CastOps()
  package init() {}
}
