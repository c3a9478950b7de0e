import type { ViewCollection } from '../activities/recommendations.ts'
import { steadily } from './effects.ts'
import { viewsPolicy } from './policies.ts'

/** Brings the views that Redis holds into the database. What it misses, the next one collects. */
export async function viewCollection(): Promise<ViewCollection> {
  return await steadily('collectViews', [], { summary: 'Collect what was looked at', policy: viewsPolicy })
}
