/** 32 bytes in base64, as `openssl rand -base64 32` makes them. */
export const SEALING_KEY = Buffer.alloc(32, 7).toString('base64')
