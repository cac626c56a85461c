/// Gathering and scattering.
package struct GatherOps: OpFamily {
  package static let family = GatherOps()
  package init() {}
}
