import CoreOps

/// The functions of both styles, for modules that are made of them.
package enum API: SharedAPI {}
