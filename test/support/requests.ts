import { type GateRequest, toGateRequest } from 'sallyport'

/** A request as Node would hand it over, without a socket. */
export function requestWith(
  headers: readonly (readonly [name: string, value: string])[] = [],
  { method = 'GET', target = '/v1/proofs' }: { readonly method?: string; readonly target?: string } = {},
): GateRequest {
  const rawHeaders = headers.flat()
  return toGateRequest({ method, rawHeaders, headers: {} }, target, {})
}

export const bearer = (token: string) => ['Authorization', `Bearer ${token}`] as const
export const walletHeader = (address: string) => ['X-Wallet-Address', address] as const
