import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { openStack } from '../../stack/open-stack.ts'
import { send } from '../../stack/process-table.ts'
import type { Fault, World } from '../fault.ts'
import { backWithout, processesOf } from '../faults/processes.ts'
import { bundleVersion, type WorkflowVersion } from '../programs/workflow-version.ts'
import { between } from '../random.ts'
import type { CheckRecord } from '../record.ts'
import type { Scene } from './scene.ts'

const versions: WorkflowVersion[] = ['present', 'later', 'nondeterministic', 'poisoned']
const fewestWorkers = 2

/** Workers are replaced one by one by others with different workflow code, while orders are under way. */
export const newCode: Scene = {
  name: 'new-code',
  expectation:
    'A later version carries on what an earlier one began; code with a mistake holds orders up, and none is lost once it is gone.',
  async open(options) {
    const bundles = join(options.dataDir, 'bundles')
    mkdirSync(bundles, { recursive: true })
    for (const version of versions)
      await bundleVersion(version, join(bundles, `${version}.cjs`), join(bundles, 'bundling.log'))
    const deployment = createDeployment(bundles)
    const running = await openStack({
      ...options,
      apiProcesses: options.apiProcesses ?? 1,
      workers: Math.max(options.workers ?? fewestWorkers, fewestWorkers),
      env: { ...options.env, WORKFLOW_BUNDLE: deployment.file },
    })
    return {
      running,
      faults: [goodDeploy(deployment), badDeploy(deployment, 'nondeterministic'), badDeploy(deployment, 'poisoned')],
      checks: async () => [deployment.check()],
      close: () => running.stop(),
    }
  },
}

type Deployment = ReturnType<typeof createDeployment>

/** What the workers load when they start: one file, whose content is replaced. */
function createDeployment(bundles: string) {
  const file = join(bundles, 'deployed.cjs')
  const stumbles: CheckRecord['violations'] = []
  /** An order that a later version has touched needs that version from then on. */
  let good: WorkflowVersion = 'present'
  put('present')

  function put(version: WorkflowVersion) {
    copyFileSync(join(bundles, `${version}.cjs`), `${file}.draft`)
    renameSync(`${file}.draft`, file)
  }

  async function deploy(world: World, version: WorkflowVersion): Promise<void> {
    put(version)
    const pids = processesOf(world, 'worker')
    for (const pid of pids) {
      send(pid, 'SIGTERM')
      await backWithout(world, 'worker', pids.length, [pid])
    }
  }

  return {
    file,
    deploy,
    deployLater: (world: World) => {
      good = 'later'
      return deploy(world, good)
    },
    deployGood: (world: World) => deploy(world, good),
    note: (detail: string) => void stumbles.push({ subject: 'deploy-later-version', detail }),
    check: (): CheckRecord => ({
      name: 'later_version_replays',
      promise: 'No order stumbles when a later version of the workflows takes over from an earlier one',
      violations: stumbles,
    }),
  }
}

const goodDeploy = ({ deployLater, note }: Deployment): Fault => ({
  name: 'deploy-later-version',
  kind: 'deploy',
  expectation: 'Both versions work side by side, then only the later one: orders of either go on without a stumble.',
  async inject(world, random) {
    const holdMs = between(random, 3_000, 8_000)
    const before = complaints(world)
    await deployLater(world)
    return {
      what: 'workers restarted one by one with a later version of the workflows',
      holdMs,
      heal: async () => {
        const count = complaints(world) - before
        if (count > 0) note(`${count} workflow tasks failed because the code contradicts the history`)
      },
    }
  },
})

const badDeploy = ({ deploy, deployGood }: Deployment, version: 'nondeterministic' | 'poisoned'): Fault => ({
  name: `deploy-${version}`,
  kind: 'deploy',
  expectation:
    version === 'poisoned'
      ? 'Orders are stuck while the code throws, none fails, and all go on by themselves with good code.'
      : 'Orders that were under way are stuck while the code contradicts their history, and go on by themselves with good code.',
  async inject(world, random) {
    const holdMs = between(random, 4_000, 10_000)
    await deploy(world, version)
    return {
      what: `workers restarted one by one with ${version} workflows`,
      holdMs,
      heal: () => deployGood(world),
    }
  },
})

/** How often the engine has said so, in the logs of the workers. */
function complaints({ running }: World): number {
  const logs = join(running.dataDir, 'logs')
  const files = readdirSync(logs).filter((name) => name.startsWith('worker'))
  const words = files.map((name) => readFileSync(join(logs, name), 'utf8')).join('')
  return words.split('TMPRL1100').length - 1
}
