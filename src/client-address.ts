import { BlockList, isIP } from 'node:net'

const UNKNOWN = 'unknown'
const GROUPS = 8
const GROUPS_OF_A_NETWORK = 4
const MAPPED = new BlockList()
MAPPED.addSubnet('::ffff:0:0', 96, 'ipv6')

/**
 * What a client is counted by: an IPv4 address, or the /64 network of an IPv6 address, since one client commonly has all
 * of it. A port that a proxy has added is left out. Callers whose address the framework does not know are counted
 * together.
 */
export function clientKeyOf(ip: string | undefined): string {
  const address = addressIn(ip ?? '')
  const version = isIP(address)
  if (version === 4) return address
  if (version === 0) return UNKNOWN
  const groups = groupsOf(address)
  // IPv4 seen through a socket of IPv6 (RFC 4291 §2.5.5.2).
  if (MAPPED.check(address, 'ipv6')) return groups.slice(-2).flatMap(bytesOf).join('.')
  return `${groups.slice(0, GROUPS_OF_A_NETWORK).join(':')}::/64`
}

function addressIn(text: string): string {
  const bracketed = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1]
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1]
  return (bracketed ?? withPort ?? text).replace(/%.*$/, '')
}

// The URL parser writes every spelling of an address one way, without IPv4 in its last groups.
function groupsOf(address: string): string[] {
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const head = left === '' ? [] : left.split(':')
  const tail = right === undefined || right === '' ? [] : right.split(':')
  const zeros = right === undefined ? 0 : GROUPS - head.length - tail.length
  return [...head, ...Array.from({ length: zeros }, () => '0'), ...tail]
}

function bytesOf(group: string): number[] {
  const value = Number.parseInt(group, 16)
  return [value >> 8, value & 0xff]
}
