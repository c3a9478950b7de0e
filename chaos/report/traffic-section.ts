import { html } from 'hono/html'
import type { RunRecord } from '../record.ts'
import type { Figures } from './figures.ts'
import { count, duration, percent } from './format.ts'

/** How each checkout ended, and what its shoppers had to go through for it. */
export function trafficSection({ traffic }: RunRecord, { outcomes }: Figures) {
  const unheard = Object.entries(traffic.unheard).toSorted(([, a], [, b]) => b - a)
  return html`<section class="traffic" aria-labelledby="traffic-title">
<h2 id="traffic-title">What the shoppers saw</h2>
<div class="columns">
<table><caption>How the checkouts ended</caption><tbody>
${outcomes.map(({ name, count: many, share }) => html`<tr><td>${name}</td><td class="number">${count(many)}</td><td class="number quiet">${percent(share)}</td></tr>`)}
</tbody></table>
<table><caption>What it took</caption><tbody>
${row('Checkouts', count(traffic.checkouts))}
${row('Requests, with everything else', count(traffic.requests))}
${row('Repeats, because no answer came', count(traffic.repeats))}
${row('Slowest checkout', duration(traffic.slowestCheckoutMs))}
${unheard.map(([reason, many]) => row(`Sends without an answer: ${reason}`, count(many)))}
</tbody></table>
</div>
</section>`
}

const row = (name: string, value: string) => html`<tr><td>${name}</td><td class="number">${value}</td></tr>
`
