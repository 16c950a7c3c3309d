import type { LimitOptions, Limits } from 'sallyport/limits'

/** Where limits are kept, and how to get some. */
export interface LimitsHarness {
  readonly name: string
  /** The server it needs; none for what is kept in the process. */
  readonly server?: 'redis' | 'postgres'
  /** A place for counts that nobody has used. */
  open(): Promise<LimitsFixture>
}

export interface LimitsFixture {
  /** Limits of one more instance, with a client of its own. Those of one fixture count together, but for memory. */
  instance(limits: LimitOptions): Promise<Limits>
  close(): Promise<unknown>
}
