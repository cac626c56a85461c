/// Random numbers, stateful with seeds and stateless.
package struct RandomOps: OpFamily {
  package static let family = RandomOps()
  package init() {}
}
