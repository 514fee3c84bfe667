import { type Command, configFlags, configOf, refuseWords } from './command.ts'
import { stopSignal } from './stop-signal.ts'

export const serve: Command = {
  name: 'serve',
  about: 'serve on embedded parts: API, intake, roll-ups and page in one process',
  usage:
    'laneway serve [--port 8080] [--host 127.0.0.1] [--data DIR] [--catalog PATH …] [--otlp-port 4318] [--config FILE]',
  flags: configFlags(),
  async run(flags, words) {
    refuseWords(words, serve)
    const { config } = configOf(flags)
    const stop = stopSignal()
    // Loaded only here: the other commands start in a third of the time.
    const { openLaneway } = await import('../main.ts')
    const laneway = await openLaneway(config, { clock: Date.now })
    const { url, otlpUrl } = await laneway.listen()
    console.log(`listening ${url}`)
    if (otlpUrl !== null) console.log(`listening ${otlpUrl} for OTLP/HTTP`)
    await stop
    await laneway.close()
    return 0
  },
}
