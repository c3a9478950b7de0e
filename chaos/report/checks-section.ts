import { html } from 'hono/html'
import type { CheckRecord } from '../record.ts'
import { count, counted } from './format.ts'

const FIRST = 12

/** What was broken, before anything else; nothing when all held. */
export function violationsSection(checks: readonly CheckRecord[]) {
  const broken = checks.filter(({ violations }) => violations.length > 0)
  if (broken.length === 0) return ''
  return html`<section class="violations" aria-labelledby="violations-title">
<h2 id="violations-title">${counted(broken.length, 'broken promise')}</h2>
${broken.map(
  ({ name, promise, violations }) => html`<article>
<h3>${promise}</h3>
<p class="mono">${name} · ${counted(violations.length, 'violation')}</p>
<table><tbody>${rowsOf(violations.slice(0, FIRST))}</tbody></table>
${violations.length > FIRST ? html`<details><summary>${count(violations.length - FIRST)} more</summary><table><tbody>${rowsOf(violations.slice(FIRST))}</tbody></table></details>` : ''}
</article>`,
)}
</section>`
}

const rowsOf = (violations: CheckRecord['violations']) =>
  violations.map(({ subject, detail }) => html`<tr><td class="mono">${subject}</td><td>${detail}</td></tr>`)

export function checksSection(checks: readonly CheckRecord[]) {
  return html`<section aria-labelledby="checks-title">
<h2 id="checks-title">What was checked</h2>
<p class="about">After the last fault and the last request, when every order had come to rest.</p>
<ul class="checks">${checks.map(checkItem)}</ul>
</section>`
}

function checkItem({ name, promise, violations, skipped }: CheckRecord) {
  const [kind, mark, verdict] =
    violations.length > 0
      ? ['bad', '✗', counted(violations.length, 'violation')]
      : skipped !== undefined
        ? ['skipped', '–', `not checked: ${skipped}`]
        : ['good', '✓', undefined]
  return html`<li class="${kind}"><span class="mark" aria-label="${verdict ?? 'held'}">${mark}</span><div><p>${promise}</p><p class="mono">${name}${verdict === undefined ? '' : html` · <b>${verdict}</b>`}</p></div></li>
`
}
