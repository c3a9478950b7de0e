import { request } from 'node:http'
import { text } from 'node:stream/consumers'

export type Probe = ReturnType<typeof probeAt>

/** The way to what preload/probe.ts knows of the API process. */
export function probeAt(socketPath: string) {
  const ask = (path: string): Promise<Record<string, number>> =>
    new Promise((resolve, reject) => {
      const asked = request({ socketPath, path }, (response) => {
        text(response).then((answer) => resolve(JSON.parse(answer)), reject)
      })
      asked.once('error', reject)
      asked.end()
    })
  return {
    statements: () => ask('/statements'),
    startProfile: () => ask('/profile/start'),
    stopProfile: (file: string) => ask(`/profile/stop?file=${encodeURIComponent(file)}`),
  }
}
