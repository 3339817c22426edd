/**
 * A network namespace, as far as a neighbour table is concerned. All namespaces share one table, its thresholds and its collection; an
 * entry belongs to the namespace of its device. Two namespaces are the same when they are the same object.
 */
export interface NeighNamespace {
  /** The first one, whose devices follow when a default is written (the others only copy it when they come to be). */
  readonly initial: boolean;
}
