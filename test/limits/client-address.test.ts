import { describe, expect, it } from 'vitest'
import { clientKeyOf } from '../../src/client-address.js'

describe('the address a client is counted by', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002:0:0:0:1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ])('of %s is %s', (ip, key) => {
    expect(clientKeyOf(ip)).toBe(key)
  })

  it.each([undefined, '', 'unknown', '192.0.2', '192.0.2.1, 192.0.2.2', 'localhost', '::ffff:192.0.2.999'])(
    'of %s is that of all who are not known',
    (ip) => {
      expect(clientKeyOf(ip)).toBe('unknown')
    },
  )
})
