/** The `typ` that sets a wallet session apart from every other JWT (RFC 8725 §3.11). */
export const SESSION_TYPE = 'sallyport-session+jwt'

/** When a session began, in milliseconds: behind all that ended the earlier sessions of its wallet. */
export const BEGUN_AT_CLAIM = 'begun_at_ms'
