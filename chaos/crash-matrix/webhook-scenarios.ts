import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { webhookWorkflowId } from '../../domain/ids.ts'
import { insist } from '../../shopper/http.ts'
import { heard, type Scenario, type Visit } from './visit.ts'

/** Somebody of the row's own who wants to hear of changed products, and what is sent of the change of this one. */
async function listening(visit: Visit, answer: number) {
  const { staff, product } = visit
  const ids: string[] = []
  const server = createServer((request, response) => {
    ids.push(String(request.headers['webhook-id']))
    request.resume().on('end', () => response.writeHead(answer).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const wanted = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, events: ['product.updated'] }
  const { body } = await heard(() => staff.ask('POST', '/v1/webhook-endpoints', wanted), 201)
  const endpointId = body.id as string
  const eventId = `${product.id}:product.updated:2`
  return {
    endpointId,
    deliveryId: `dlv_${createHash('md5').update(`${eventId} ${endpointId}`).digest('hex')}`,
    workflowId: webhookWorkflowId({ eventId, endpointId, round: 1 }),
    hasHeard: (deliveryId: string) => ids.includes(deliveryId),
    /** A delete that is repeated finds nothing to delete. */
    async leave(): Promise<void> {
      const { status } = await insist(() => staff.ask('DELETE', `/v1/webhook-endpoints/${endpointId}`))
      if (status !== 204 && status !== 404) throw new Error(`the endpoint was not deleted: ${status}`)
      server.closeAllConnections()
      server.close()
    },
  }
}

const change = ({ staff, product }: Visit) =>
  heard(() => staff.ask('PATCH', `/v1/products/${product.id}`, { name: 'Lamp of another name' }), 200)

const comesTo = ({ shop }: Visit, deliveryId: string, status: string) =>
  shop.eventually(`the delivery is ${status}`, () => shop.hasDelivery(deliveryId, status))

export const webhookDelivered: Scenario = async (visit) => {
  const endpoint = await listening(visit, 204)
  await visit.arm(endpoint.workflowId, endpoint.deliveryId)
  await change(visit)
  await comesTo(visit, endpoint.deliveryId, 'delivered')
  if (!endpoint.hasHeard(endpoint.deliveryId)) throw new Error('it is called delivered, and nobody heard of it')
  await endpoint.leave()
  return undefined
}

/** The sweep that dies on the way has it delivered all the same. */
export const webhookSwept: Scenario = async (visit) => {
  const { shop, name } = visit
  const endpoint = await listening(visit, 204)
  const workflowId = `event-sweep-${name}`
  await visit.arm(workflowId)
  await Promise.all([change(visit), shop.runWorkflow('eventSweep', workflowId)])
  await comesTo(visit, endpoint.deliveryId, 'delivered')
  await endpoint.leave()
  return undefined
}

/** An endpoint that takes nothing: an operator stops the delivery in the engine. */
export const webhookStopped: Scenario = async (visit) => {
  const endpoint = await listening(visit, 500)
  await change(visit)
  await visit.shop.wasTried(endpoint.deliveryId)
  await visit.arm(endpoint.workflowId)
  await visit.shop.cancelWorkflow(endpoint.workflowId)
  await comesTo(visit, endpoint.deliveryId, 'cancelled')
  await endpoint.leave()
  return undefined
}

export const endpointDeleted: Scenario = async (visit) => {
  const endpoint = await listening(visit, 500)
  await change(visit)
  await visit.shop.wasTried(endpoint.deliveryId)
  await visit.arm(endpoint.endpointId)
  await endpoint.leave()
  await comesTo(visit, endpoint.deliveryId, 'cancelled')
  return undefined
}
