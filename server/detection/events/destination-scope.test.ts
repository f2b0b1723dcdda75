// Where an address lies, whatever its spelling.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ipv4Number, scopeOf } from './destination-scope.ts'

it.each([
  ['127.0.0.1', 'loopback'],
  ['0.0.0.0', 'loopback'],
  ['::1', 'loopback'],
  ['::', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['10.1.2.3', 'private'],
  ['172.31.255.255', 'private'],
  ['172.32.0.1', 'public'],
  ['192.168.0.1', 'private'],
  ['100.64.0.1', 'private'],
  ['fd12:3456::1', 'private'],
  ['::ffff:10.0.0.1', 'private'],
  ['::ffff:0a00:0001', 'private'],
  ['0:0:0:0:0:ffff:c0a8:1', 'private'],
  ['64:ff9b::10.0.0.1', 'private'],
  ['2002:0a00:0001::1', 'private'],
  ['169.254.1.1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['ff02::1:2', 'link-local'],
  ['239.255.255.250', 'link-local'],
  ['169.254.169.254', 'metadata'],
  ['::ffff:169.254.169.254', 'metadata'],
  ['::ffff:a9fe:a9fe', 'metadata'],
  ['fd00:ec2::254', 'metadata'],
  ['100.100.100.200', 'metadata'],
  ['203.0.113.66', 'documentation'],
  ['2001:db8::1', 'documentation'],
  ['8.8.8.8', 'public'],
  ['2606:4700::1111', 'public'],
  ['::ffff:8.8.8.8', 'public'],
])('%s is %s', (address, scope) => {
  expect(scopeOf(address)).toBe(scope)
})

it.each([
  '',
  'example.com',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '010.0.0.1',
  '1.2.3.-4',
  ':::',
  '1::2::3',
  '12345::',
  '::g',
  '1:2:3',
])('"%s" is no address', (text) => {
  expect(scopeOf(text)).toBeUndefined()
})

it('an IPv4 address and the same one mapped into IPv6 lie in the same place', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const number = ipv4Number(address) ?? 0
      const hex = `::ffff:${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`
      expect(scopeOf(`::ffff:${address}`)).toBe(scopeOf(address))
      expect(scopeOf(hex)).toBe(scopeOf(address))
    }),
  )
})

it('never throws and knows every IPv6 address', () => {
  fc.assert(fc.property(fc.string(), (text) => scopeOf(text) === undefined || typeof scopeOf(text) === 'string'))
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      expect(scopeOf(address)).toBeDefined()
    }),
  )
})
