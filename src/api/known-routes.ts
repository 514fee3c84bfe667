/** Which methods each path has, so that a wrong method is told apart from a wrong path. */
export class KnownRoutes {
  readonly #methods = new Map<string, Set<string>>()
  readonly #patterns = new Map<string, RegExp>()

  /** `url` as the router writes it: `/v2/metrics/:dataset/query`, `/console/*`. */
  add(url: string, methods: readonly string[]): void {
    const known = this.#methods.get(url) ?? new Set()
    for (const method of methods) known.add(method)
    this.#methods.set(url, known)
    this.#patterns.set(url, patternOf(url))
  }

  /** Methods of the path, sorted; empty when no route has it. */
  methodsOf(path: string): string[] {
    const fits = [...this.#patterns].filter(([, pattern]) => pattern.test(path))
    return [...new Set(fits.flatMap(([url]) => [...this.#methods.get(url)!]))].sort()
  }
}

function patternOf(url: string): RegExp {
  const source = url
    .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/:\w+/g, '[^/]+')
    .replaceAll('*', '.*')
  return new RegExp(`^${source}$`)
}
