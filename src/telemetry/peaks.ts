interface Level {
  now: number
  peak: number
}

/** How many are in flight by name, and the most there were since somebody last asked. */
export class Peaks {
  readonly #levels = new Map<string, Level>()

  up(name: string): void {
    const level = this.#levelOf(name)
    level.now++
    level.peak = Math.max(level.peak, level.now)
  }

  /** Never below zero: what began before we listened is not counted when it ends. */
  down(name: string): void {
    const level = this.#levelOf(name)
    level.now = Math.max(0, level.now - 1)
  }

  now(): readonly (readonly [name: string, count: number])[] {
    return [...this.#levels].map(([name, { now }]) => [name, now])
  }

  /** The peaks; from here on they are counted anew, beginning with what is in flight now. */
  takePeaks(): readonly (readonly [name: string, count: number])[] {
    const taken = [...this.#levels].map(([name, { peak }]) => [name, peak] as const)
    for (const level of this.#levels.values()) level.peak = level.now
    return taken
  }

  #levelOf(name: string): Level {
    const known = this.#levels.get(name) ?? { now: 0, peak: 0 }
    this.#levels.set(name, known)
    return known
  }
}
