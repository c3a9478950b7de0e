import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import type { RunRecord } from '../record.ts'
import { checksSection, violationsSection } from './checks-section.ts'
import { faultsSection, unavailableSection } from './faults-section.ts'
import { type Figures, figuresOf } from './figures.ts'
import { count, counted, duration, percent } from './format.ts'
import { timelineSection } from './timeline-section.ts'
import { trafficSection } from './traffic-section.ts'

const resolve = createRequire(import.meta.url).resolve
const inline = (file: string): string => readFileSync(file, 'utf8')
const beside = (name: string): string => inline(new URL(name, import.meta.url).pathname)

export function renderPage(record: RunRecord, again: string): string {
  const figures = figuresOf(record)
  const style = inline(resolve('uplot/dist/uPlot.min.css')) + beside('./page.css')
  const script = inline(resolve('uplot/dist/uPlot.iife.min.js')) + beside('./timeline.js')
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policyFor(script)}">
<title>${verdictOf(figures)}</title>
<style>${raw(style)}</style>
</head>
<body>
<main>
${header(record, figures, again)}
${violationsSection(record.checks)}
${timelineSection(record)}
${faultsSection(record.faults)}
${checksSection(record.checks)}
${trafficSection(record, figures)}
${unavailableSection(record.unavailable)}
</main>
<script>${raw(script)}</script>
</body>
</html>
`
  // Only a part that is waited for would make it a promise.
  return (page as HtmlEscapedString).toString()
}

/** The browser itself refuses whatever would leave this file, and runs no script but ours. */
const policyFor = (script: string): string =>
  `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`

const verdictOf = ({ checkouts, faultsDone, violations }: Figures): string =>
  `${counted(checkouts, 'checkout')} under ${counted(faultsDone, 'fault')}: ${counted(violations, 'violation')}`

function header(record: RunRecord, figures: Figures, again: string) {
  const { recovery, violations } = figures
  const rest = record.traffic.checkouts === 0 ? 'Nothing was bought, so nothing was proved.' : heldSentence(figures)
  return html`<header>
<p class="kicker">Holdfast fault suite</p>
<h1 class="${violations > 0 ? 'bad' : 'good'}">${counted(figures.checkouts, 'checkout')} under ${counted(figures.faultsDone, 'fault')}: <strong>${counted(violations, 'violation')}</strong></h1>
<p class="lede">${rest}</p>
<dl class="tiles">
${tile('Slowest checkout', duration(record.traffic.slowestCheckoutMs), 'from the first send to its outcome')}
${tile('Median recovery', recovery ? duration(recovery.medianMs) : '–', 'from the end of a fault to normal throughput')}
${tile('Worst recovery', recovery ? duration(recovery.worstMs) : '–', recovery ? recovery.worst.name : 'none was measured')}
${tile('Quiet after', duration(record.quietMs), 'every order at rest, the traffic over')}
${tile('Length', duration(record.trafficEndedMs), `of traffic, ${count(record.traffic.requests)} requests`)}
</dl>
${outcomesBar(figures)}
<p class="replay"><span>The same again</span><code>${again}</code></p>
<p class="fine">${new Date(record.startedAt).toUTCString()} · commit ${record.commit} · ${counted(record.machine.cores, 'core')}, ${(record.machine.memoryBytes / 2 ** 30).toFixed(0)} GB, Node ${record.machine.node}, ${record.machine.platform}</p>
</header>`
}

const heldSentence = ({ heldChecks, brokenChecks, skippedChecks, violations }: Figures): string => {
  const all = heldChecks + brokenChecks + skippedChecks
  const skipped = skippedChecks > 0 ? ` ${count(skippedChecks)} could not be looked at.` : ''
  return violations > 0
    ? `${count(brokenChecks)} of ${counted(all, 'promise')} ${brokenChecks === 1 ? 'was' : 'were'} broken.${skipped}`
    : `Every order, every unit and every cent was accounted for: ${count(heldChecks)} of ${counted(all, 'promise')} held.${skipped}`
}

const tile = (label: string, value: string, note: string) =>
  html`<div><dt>${label}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>
`

/** The six commonest by name; what is rarer has its row in the table below. */
function outcomesBar({ outcomes }: Figures) {
  const shown = outcomes.slice(0, 6)
  const tone = (name: string, place: number) => `o${/^[1-9]/.exec(name)?.[0] ?? 'x'} n${place % 3}`
  return html`<section class="outcomes" aria-label="How the checkouts ended">
<div class="bar" aria-hidden="true">${outcomes.map(({ name, share }, place) => html`<i class="${tone(name, place)}" style="flex-grow:${(share * 1000).toFixed(2)}"></i>`)}</div>
<ul>${shown.map(({ name, count: many, share }, place) => html`<li><i class="${tone(name, place)}"></i>${name} <b>${count(many)}</b> <span>${percent(share)}</span></li>`)}</ul>
</section>`
}
