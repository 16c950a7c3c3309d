/** A value, or what makes it when its step is taken: by then earlier steps have been answered. */
export type Late<T extends object | string> = T | (() => T)

/** Headers by name, or as pairs where one is there twice. */
export type StepHeaders = Readonly<Record<string, string>> | readonly (readonly [string, string])[]

/** The members of an answer. */
export type Body = Readonly<Record<string, unknown>>

/** One request and what the wire contract says of it. */
export interface Step {
  readonly what: string
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: Late<string>
  readonly headers: Late<StepHeaders>
  readonly body?: Late<object>
  /** What happens in the world first. */
  readonly before?: () => Promise<void> | void
  /** What later steps need of the answer. */
  readonly after?: (body: Body) => void
  readonly expect: {
    readonly status: number
    /** The problem's code; absent for a success. */
    readonly code?: string
    readonly rpcCalls: number
    /** Members that the body must have. */
    readonly body?: Body
  }
}
