import { isIP } from 'node:net'

const UNKNOWN = 'unknown'
const GROUPS_OF_A_NETWORK = 4

/**
 * What a client is counted by: an IPv4 address, or the /64 network of an IPv6 address, since one client commonly has all
 * of it. Callers whose address the framework does not know are counted together.
 */
export function clientKeyOf(ip: string | undefined): string {
  const address = ip?.replace(/%.*$/, '') ?? ''
  const version = isIP(address)
  if (version === 4) return address
  if (version === 0) return UNKNOWN
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  // The URL parser writes every spelling of an address one way, without IPv4 in its last groups.
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const head = left === '' ? [] : left.split(':')
  const tail = right === undefined || right === '' ? [] : right.split(':')
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length
  const groups = [...head, ...Array.from({ length: zeros }, () => '0'), ...tail]
  const isMapped = groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff'
  return isMapped ? groups.join(':') : `${groups.slice(0, GROUPS_OF_A_NETWORK).join(':')}::/64`
}
