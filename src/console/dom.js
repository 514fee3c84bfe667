import htm from '/console/vendor/htm.mjs'
import { Component, createRef, h, render } from '/console/vendor/preact.mjs'

export const html = htm.bind(h)
export { Component, createRef, render }
