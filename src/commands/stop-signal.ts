/** Resolves at the first SIGINT or SIGTERM; further ones are ignored for a second (a launcher may forward its own), then end the process. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let firstMs: number | null = null
    const stop = () => {
      if (firstMs === null) {
        firstMs = Date.now()
        console.log('stopping: finishing commits and writing the snapshot')
        resolve()
      } else if (Date.now() - firstMs > 1000) process.exit(130)
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}
