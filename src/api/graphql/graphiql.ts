import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { GRAPHQL_PATH } from './graphql-route.ts'

/**
 * GraphiQL as its authors publish it. It is not part of this service: the page loads it from here, so it needs the
 * internet and is served only where `graphql.graphiql` says so.
 */
const FROM = 'https://unpkg.com'
const STYLE = `${FROM}/graphiql@3.8.3/graphiql.min.css`
const SCRIPTS = [
  `${FROM}/react@18.3.1/umd/react.production.min.js`,
  `${FROM}/react-dom@18.3.1/umd/react-dom.production.min.js`,
  `${FROM}/graphiql@3.8.3/graphiql.min.js`,
]

/** Keys that are typed into its headers stay in the page: nothing keeps them. */
const START = `
const at = new URL('${GRAPHQL_PATH}', location)
const socket = new URL(at)
socket.protocol = at.protocol === 'https:' ? 'wss:' : 'ws:'
const fetcher = GraphiQL.createFetcher({ url: at.href, subscriptionUrl: socket.href })
const root = ReactDOM.createRoot(document.getElementById('main'))
root.render(React.createElement(GraphiQL, { fetcher, shouldPersistHeaders: false }))
`

const pageWith = (nonce: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Laneway GraphiQL</title>
<link rel="stylesheet" href="${STYLE}" crossorigin="anonymous">
<style nonce="${nonce}">html, body, #main { height: 100%; margin: 0 }</style>
<div id="main">GraphiQL is loaded from ${FROM}; without the internet this page stays as it is.</div>
${SCRIPTS.map((src) => `<script src="${src}" crossorigin="anonymous"></script>`).join('\n')}
<script nonce="${nonce}">${START}</script>
</html>
`

const policyWith = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src ${FROM} 'nonce-${nonce}'`,
    `style-src ${FROM} 'unsafe-inline'`,
    `font-src ${FROM} data:`,
    "img-src 'self' data:",
    "connect-src 'self'",
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

/** `GET /graphiql`. The page holds nothing secret; what it asks for needs its own role. */
export function graphiqlRoute(app: FastifyInstance): void {
  app.get('/graphiql', { config: { access: 'open' }, schema: { hide: true } }, async (_request, reply) => {
    const nonce = randomBytes(16).toString('base64')
    return reply
      .headers({
        'content-security-policy': policyWith(nonce),
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      })
      .type('text/html; charset=utf-8')
      .send(pageWith(nonce))
  })
}
