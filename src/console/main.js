import { App } from './app.js'
import { html, render } from './dom.js'

render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById('app')))
