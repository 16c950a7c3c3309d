/** The `typ` that sets a wallet session apart from every other JWT (RFC 8725 §3.11). */
export const SESSION_TYPE = 'sallyport-session+jwt'
