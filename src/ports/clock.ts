/** Where time comes from. Both readings are in milliseconds. */
export interface Clock {
  /** Milliseconds since the Unix epoch: token times and nothing else. It may be stepped by an operator. */
  wallMs(): number
  /** Milliseconds since an arbitrary start that never run backwards: every age, deadline and cache. */
  monotonicMs(): number
}
