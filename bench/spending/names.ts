/** What the service and its traffic agree on. */
export const AGENTS = 1_000
export const PROCESSOR = 'payments'

/** Which database, and where. */
export interface Place {
  readonly kind: 'postgres' | 'redis'
  readonly url: string
}

/** What the traffic needs to know of a service. */
export interface Service {
  readonly origin: string
  /** The processor's token. */
  readonly token: string
  /** One instrument of each agent. */
  readonly cards: readonly string[]
}

/** How requests are sent. */
export interface Load {
  readonly service: Service
  /** Each second; null is as many as are answered. */
  readonly perSecond: number | null
  readonly requests: number
  readonly connections: number
}

/** What has come of it. */
export interface LoadReport {
  /** From the moment at which a request was due to its answer. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly seconds: number
  readonly approved: number
}
