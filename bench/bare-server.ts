/**
 * The least that Node can do: a node:http server that sends one Buffer with the given headers to whatever it is asked,
 * without reading the body. Its parent says `{headers, body}` (base64), it says `{port}`; answers `cpu` with the
 * microseconds of processor it has used.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const [{ headers, body }] = (await once(process, 'message')) as [{ headers: Record<string, string>; body: string }]
const bytes = Buffer.from(body, 'base64')
const server = createServer((request, response) => {
  request.resume()
  response.writeHead(200, headers)
  response.end(bytes)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
process.on('message', (message) => {
  if (message !== 'cpu') return
  const { user, system } = process.cpuUsage()
  process.send!(user + system)
})
process.on('disconnect', () => process.exit())
process.send!({ port: (server.address() as AddressInfo).port })
