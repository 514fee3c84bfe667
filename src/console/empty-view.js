import { html } from './dom.js'

/** @import { Problem } from './api.js' */

/** @param {{ problems: readonly Problem[] }} props */
export const Problems = ({ problems }) =>
  html`${problems.map(
    ({ code, detail, hint }) =>
      html`<p class="problem" role="alert" key=${code + detail}><code>${code}</code> ${detail} ${hint}</p>`,
  )}`

/**
 * Before the catalog is read, and while no metric exists.
 * @param {{ loading: boolean, problems: readonly Problem[] }} props
 */
export function EmptyView({ loading, problems }) {
  if (loading) {
    return html`<section class="card empty"><${Problems} problems=${problems} />${problems.length === 0 && html`<p>Reading the catalog …</p>`}</section>`
  }
  return html`
    <section class="card empty">
      <h2>No metrics yet</h2>
      <p>Nobody has sent a point. Metrics register themselves with the first one, and show here a moment later.</p>
      <p>Send OpenTelemetry metrics over HTTP to</p>
      <pre tabindex="0">${location.origin}/v1/metrics</pre>
      <p>or look at recorded telemetry of two Kafka clusters with <code>npm run demo</code>.</p>
      <${Problems} problems=${problems} />
    </section>`
}
