/** The `typ` that sets a wallet session apart from every other JWT (RFC 8725 §3.11). */
export const SESSION_TYPE = 'sallyport-session+jwt'

/** What had ended the earlier sessions of a wallet when this one was begun: see `EndedThrough`. */
export const ENDED_THROUGH_CLAIM = 'ended_through_ms'
