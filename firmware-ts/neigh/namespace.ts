/**
 * A network namespace, as a neighbour table sees it. All namespaces share one table with its thresholds and its collection; an entry
 * belongs to the namespace of its device. Namespaces are compared by identity.
 */
export interface NeighNamespace {
  /** True for the first namespace. Its devices follow a write of a default; devices of others only copy the defaults when they appear. */
  readonly initial: boolean;
}
