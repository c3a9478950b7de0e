import { writeFileSync } from 'node:fs'
import type { RunRecord } from '../record.ts'
import { renderPage } from './page.ts'

/** Draws a run as one HTML file that needs nothing else: no network, no second file. `again` is the command that repeats it. */
export function writeReport(record: RunRecord, file: string, again = `npm run chaos -- --seed ${record.seed}`): void {
  writeFileSync(file, renderPage(record, again))
}
