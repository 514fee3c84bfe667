/** A tail whose log is in this process can tell at once where each partition ends. */
export interface KnownEnds {
  ends(): ReadonlyMap<number, bigint>
}
