import { parentPort, workerData } from 'node:worker_threads'
import { trainShop, type ShopHistory } from '../domain/recommendation/training.ts'

/** Minutes of arithmetic: on a thread of its own, so that the process goes on answering and carrying orders. */
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage(trainShop(workerData as ShopHistory))
