import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { Access, Gate } from 'sallyport'
import type { Spend } from '../../src/spend/spend.js'

/** What a handler has answered; its framework sends it in its own way. */
export type Answer =
  | { readonly status: number; readonly json: object }
  | { readonly text: string }
  | { readonly redirect: string }
  /** Piped by the framework, or by hand where it has no way of its own. */
  | { readonly stream: Readable }
  /** The handler answers by itself, through Node's response, or never. */
  | 'by hand'

/** What a handler is given, in terms of no framework. */
export interface Turn {
  readonly spend: Spend
  readonly response: ServerResponse
}

/** What a callback of `reserveSpend` is given, with one way to read a header. */
export interface IntentInput {
  readonly access: Access
  readonly body: unknown
  readonly header: (name: string) => unknown
}

/** One guarded `POST /v1/orders/:shop` of a merchant's. */
export interface SpendAppDescription {
  readonly gate: Gate
  /** The gate that lets callers in. Default `gate`; `optional` lets in the anonymous too, null lets everybody in. */
  readonly entrance?: Gate | 'optional' | null
  readonly intend: (input: IntentInput) => unknown
  /** A second guard right behind the first. Default none. */
  readonly intendNext?: SpendAppDescription['intend']
  /** Throws at once or later, or answers. */
  readonly handle: (turn: Turn) => Answer | Promise<Answer>
  /** Where the guard stands: behind the parser unless it is told otherwise. */
  readonly isBeforeParser?: boolean
  /** Runs right before the guard. */
  readonly before?: (response: ServerResponse) => void
  /** Whether the handler takes its spend. Default true. */
  readonly takesSpend?: boolean
}

export interface RunningSpendApp {
  readonly origin: string
  /** Whatever the framework's error handling was told. */
  readonly errors: readonly unknown[]
  /** How often the handler was entered. */
  readonly entered: () => number
  close(): Promise<void>
}

/** One major of one framework. */
export interface SpendHarness {
  readonly name: string
  start(description: SpendAppDescription): Promise<RunningSpendApp>
}

export const ORDERS = '/v1/orders/:shop'
