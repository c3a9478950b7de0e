import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { OpenAPIHono } from '@hono/zod-openapi'
import { etag } from 'hono/etag'
import type { ApiEnv } from './authentication.ts'

const files = {
  stylesheet: { file: 'product.css', type: 'text/css; charset=utf-8' },
  placeholder: { file: 'product.svg', type: 'image/svg+xml' },
} as const

type Resource = keyof typeof files

/** What a page loads besides its data. The address holds a digest of the content, so what it answers never changes. */
const loaded = Object.entries(files).map(([resource, { file, type }]) => {
  const content = new Uint8Array(readFileSync(new URL(`static/${file}`, import.meta.url)))
  const digest = createHash('sha384').update(content).digest('base64')
  const version = createHash('sha256').update(content).digest('hex').slice(0, 16)
  const [name, ending] = file.split('.')
  return {
    resource: resource as Resource,
    url: `/static/${name}.${version}.${ending}`,
    integrity: `sha384-${digest}`,
    type,
    content,
  }
})

export const staticResources = Object.fromEntries(
  loaded.map(({ resource, url, integrity }) => [resource, { url, integrity }]),
) as Record<Resource, { url: string; integrity: string }>

export function staticRoutes() {
  const routes = new OpenAPIHono<ApiEnv>()
  for (const { url, type, content } of loaded)
    routes.get(url, etag({ retainedHeaders: ['cache-control', 'etag', 'x-request-id'] }), (c) =>
      c.body(content, 200, { 'Content-Type': type, 'Cache-Control': 'public, max-age=31536000, immutable' }),
    )
  return routes
}
