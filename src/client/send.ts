/** Sends over the platform's own `fetch`, looked up at each call so that what wraps it is honoured. */
export const platformFetch: typeof globalThis.fetch = (input, init) => fetch(input, init)
