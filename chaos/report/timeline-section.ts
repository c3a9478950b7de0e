import { html, raw } from 'hono/html'
import type { RunRecord } from '../record.ts'

/** The charts are drawn from this in the browser; the tables below say the same in words. */
export function timelineSection(record: RunRecord) {
  const { seconds, faults, trafficEndedMs } = record
  const data = {
    trafficEndedMs,
    faults: faults.filter(({ failure }) => failure === undefined),
    at: seconds.map(({ atMs }) => atMs / 1000),
    decided: seconds.map(({ checkoutsDecided }) => checkoutsDecided),
    others: seconds.map(({ otherRequests }) => otherRequests),
    failures: seconds.map(({ failures }) => failures),
    p50Ms: seconds.map(({ p50Ms }) => p50Ms),
    p95Ms: seconds.map(({ p95Ms }) => p95Ms),
  }
  return html`<section class="timeline" id="timeline" aria-labelledby="timeline-title">
<div class="timeline-head">
<h2 id="timeline-title">Second by second</h2>
<p class="readout" id="readout" aria-live="off"></p>
<div class="zoom"><button type="button" id="zoom-in" aria-label="Zoom in">+</button><button type="button" id="zoom-out" aria-label="Zoom out">−</button><button type="button" id="zoom-all">Whole run</button></div>
</div>
<div id="plots"><div class="lanes-rule" id="lanes-rule" hidden></div>
<p class="plot-title">Checkouts decided in each second <span class="key failures">sends that failed</span></p>
<div id="throughput"></div>
<p class="plot-title">Faults, and how long the shop took to recover <span class="key tail">recovering</span></p>
<div id="lanes" class="lanes"></div>
<p class="plot-title">Time to decide a checkout <span class="key p95">95 of 100 were faster</span><span class="key p50">half were faster</span></p>
<div id="latency"></div>
</div>
<aside id="card" class="card" hidden></aside>
<p class="hint">Drag across a chart to zoom, double-click for the whole run. Click a fault to keep its story open; the arrow keys go from one to the next.</p>
<noscript>The charts need JavaScript, which is in this file. The tables below say the same in words.</noscript>
<script type="application/json" id="run-data">${raw(JSON.stringify(data).replaceAll('<', '\\u003c'))}</script>
</section>`
}
