import { runChecks, staticChecks } from './checks.ts'

/** npm run verify: what can be known in seconds and without servers. Before each commit. */
const failed = await runChecks([
  ...staticChecks,
  {
    name: 'rules and boundaries',
    command: process.execPath,
    args: ['node_modules/vitest/vitest.mjs', 'run', '--project', 'rules', '--reporter', 'dot'],
  },
])
if (failed.length > 0) console.error(`Failed: ${failed.join(', ')}`)
process.exitCode = failed.length > 0 ? 1 : 0
