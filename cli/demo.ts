import { Command, CommanderError } from 'commander'
import { cancellationStories, contentionStories, fulfilmentStories } from './demo/order-stories.ts'
import { paymentStories } from './demo/payment-stories.ts'
import { openShop, UnexpectedAnswer } from './demo/shop-client.ts'
import { refundStories } from './demo/refund-stories.ts'
import { replenishmentStories } from './demo/replenishment-stories.ts'
import { returnStories } from './demo/return-stories.ts'
import { createStage, type Story, StoryFailed } from './demo/stage.ts'
import { CannotRun, runningStack } from './running-stack.ts'
import type { StackFile } from '../stack/stack-file.ts'

export { playPaidOrder } from './demo/paid-order.ts'

const stories = [
  ...fulfilmentStories,
  ...paymentStories,
  ...contentionStories,
  ...cancellationStories,
  ...refundStories,
  ...returnStories,
  ...replenishmentStories,
]

async function main(args: string[]): Promise<number> {
  try {
    const { data } = new Command('npm run demo --')
      .description('Plays the order stories against a running stack and checks each. Exit 1 when one fails.')
      .option('--data <dir>', 'state folder of the stack', '.holdfast')
      .exitOverride()
      .parse(args, { from: 'user' })
      .opts<{ data: string }>()
    return await playAll(runningStack(data))
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof CannotRun || error instanceof UnexpectedAnswer)) throw error
    console.error(`${error.message}.`)
    return 2
  }
}

async function playAll(stack: StackFile): Promise<number> {
  const shop = openShop(stack.api)
  const staff = await shop.signInStaff(stack.admin).catch((error: Error) => {
    throw new CannotRun(`The shop at ${stack.api} does not let its admin in: ${error.message}`)
  })
  const price = { amount: 24_50, currency: 'USD' }
  const product = await staff.createProduct({ name: 'Demo lantern', price, onHand: 100 })
  const { gateway: gatewayUrl, supplier: supplierUrl, temporal } = stack
  const stage = createStage({ shop, staff, product, gatewayUrl, supplierUrl, temporal, print: console.log })
  const failed: string[] = []
  try {
    for (const [index, story] of stories.entries()) {
      console.log(`${index + 1}. ${story.title}`)
      if (!(await plays(story, stage))) failed.push(`${index + 1}. ${story.title}`)
      console.log('')
    }
  } finally {
    await staff.deleteProduct(product.id)
  }
  console.log(
    failed.length === 0
      ? `All ${stories.length} stories went as promised.`
      : `${failed.length} of ${stories.length} stories failed:`,
  )
  for (const title of failed) console.log(`  ${title}`)
  if (temporal.ui)
    console.log(`Every order of them is a workflow at ${temporal.ui}/namespaces/${temporal.namespace}/workflows`)
  console.log('npm run invariants checks that they left everything in order.')
  return failed.length === 0 ? 0 : 1
}

/** One story's failure is told and does not stop the others. */
async function plays(story: Story, stage: ReturnType<typeof createStage>): Promise<boolean> {
  try {
    await story.play(stage)
    return true
  } catch (error) {
    if (!(error instanceof StoryFailed))
      console.log(`   ✗ ${error instanceof UnexpectedAnswer ? error.message : error}`)
    return false
  }
}

if (import.meta.main) {
  // Whoever reads only the first lines (`| head`) does not break the stories off half-way.
  process.stdout.on('error', () => undefined)
  process.exitCode = await main(process.argv.slice(2))
}
