import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Spans } from './timeline.ts'

export type Probe = ReturnType<typeof probeAt>

/** The way to what preload/probe.ts knows of the API process. */
export function probeAt(socketPath: string) {
  const ask = <Answer>(path: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const asked = request({ socketPath, path }, (response) => {
        text(response).then((answer) => resolve(JSON.parse(answer)), reject)
      })
      asked.once('error', reject)
      asked.end()
    })
  return {
    statements: () => ask<Record<string, number>>('/statements'),
    startSpans: () => ask('/spans/start'),
    takeSpans: () => ask<Spans>('/spans/take'),
    startProfile: () => ask('/profile/start'),
    stopProfile: (file: string) => ask(`/profile/stop?file=${encodeURIComponent(file)}`),
  }
}
