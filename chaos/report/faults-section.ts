import { html } from 'hono/html'
import type { FaultRecord, RunRecord } from '../record.ts'
import { type FaultSummary, summarize } from './figures.ts'
import { counted, duration, moment } from './format.ts'

export function faultsSection(faults: readonly FaultRecord[]) {
  const rows = summarize(faults)
  const slowestMs = Math.max(...rows.map(({ worstMs }) => worstMs ?? 0), 1)
  return html`<section aria-labelledby="faults-title">
<h2 id="faults-title">What was done to it</h2>
<p class="about">${counted(rows.length, 'kind')} of trouble. Recovery is the time from the end of a fault to normal throughput. Click a name to find it on the time line.</p>
<table class="faults">
<thead><tr><th>Fault</th><th class="number">Times</th><th>Recovery, median and worst</th><th>What it may cost, and what holds all the same</th></tr></thead>
<tbody>${rows.map((row) => summaryRow(row, slowestMs))}</tbody>
</table>
<details class="each"><summary>Each of them, in order</summary>
<table><thead><tr><th class="number">At</th><th>Fault</th><th>What was done</th><th class="number">Lasted</th><th class="number">Recovery</th></tr></thead>
<tbody>${faults.toSorted((a, b) => a.injectedMs - b.injectedMs).map(faultRow)}</tbody></table>
</details>
</section>`
}

function summaryRow(row: FaultSummary, slowestMs: number) {
  const { name, kind, times, failed, medianMs, worstMs, unmeasured, expectation } = row
  const notes = [
    ...(failed > 0 ? [`${failed} could not be carried out`] : []),
    ...(unmeasured > 0 ? [`${unmeasured} not measured: the traffic ended first`] : []),
  ]
  return html`<tr>
<td><button type="button" class="fault-name kind-${kind}" data-fault="${name}">${name}</button></td>
<td class="number">${times}</td>
<td class="recovery">${medianMs === undefined || worstMs === undefined ? html`<span class="quiet">–</span>` : html`<span class="gauge" aria-hidden="true"><i class="kind-${kind}" style="width:${((worstMs / slowestMs) * 100).toFixed(1)}%"></i><b style="left:${((medianMs / slowestMs) * 100).toFixed(1)}%"></b></span><span class="pair">${duration(medianMs)} <span class="quiet">·</span> ${duration(worstMs)}</span>`}</td>
<td class="prose">${expectation}${notes.length > 0 ? html` <em>${notes.join('; ')}.</em>` : ''}</td>
</tr>
`
}

const faultRow = ({ name, kind, what, injectedMs, healedMs, recoveryMs, failure }: FaultRecord) => html`<tr>
<td class="number">${moment(injectedMs)}</td><td><span class="dot kind-${kind}"></span>${name}</td>
<td class="prose">${what}${failure === undefined ? '' : html` <em>Could not be carried out: ${failure}</em>`}</td>
<td class="number">${duration(healedMs - injectedMs)}</td>
<td class="number">${recoveryMs === null || failure !== undefined ? '–' : duration(recoveryMs)}</td>
</tr>
`

export function unavailableSection(unavailable: RunRecord['unavailable']) {
  if (unavailable.length === 0) return ''
  return html`<section aria-labelledby="unavailable-title">
<h2 id="unavailable-title">What could not be tried here</h2>
<table class="unavailable"><tbody>${unavailable.map(({ name, why }) => html`<tr><td class="mono">${name}</td><td class="prose">${why}</td></tr>`)}</tbody></table>
</section>`
}
