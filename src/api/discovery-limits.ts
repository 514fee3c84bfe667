export interface DiscoveryLimits {
  /** Ids in the parameters of one target (`discovery.resourcesPerTargetMax`). */
  readonly resourcesPerTargetMax: number
  /** Resources of one type (`discovery.resourcesMax`). */
  readonly resourcesMax: number
  /** `http.publicUrl`; null: as the request came. */
  readonly publicUrl: string | null
}

export const DEFAULT_DISCOVERY_LIMITS: DiscoveryLimits = {
  resourcesPerTargetMax: 10,
  resourcesMax: 10_000,
  publicUrl: null,
}
