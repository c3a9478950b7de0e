declare module 'autocannon' {
  export type Request = {
    method: 'GET' | 'POST'
    path: string
    body?: string
    headers?: Record<string, string>
    setupRequest?: (request: Request) => Request
  }
  type Options = { url: string; connections: number; duration: number; requests: Request[] }
  type Result = {
    /** Seconds. */
    duration: number
    errors: number
    statusCodeStats: Record<string, { count: number }>
  }
  export default function autocannon(options: Options): Promise<Result>
}
