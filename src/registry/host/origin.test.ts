import { expect, test } from 'vitest'
import { checkRealm, resolveLocation } from './origin.ts'

const from = 'https://reg.example.com/v2/a/blobs/uploads/'

test.each([
  ['/v2/a/blobs/uploads/1?state=x%2Fy', 'https://reg.example.com/v2/a/blobs/uploads/1?state=x%2Fy'],
  ['1?state=x', 'https://reg.example.com/v2/a/blobs/uploads/1?state=x'],
  ['https://store.example.net/blob?sig=a+b', 'https://store.example.net/blob?sig=a+b'],
  ['//store.example.net/blob', 'https://store.example.net/blob'],
  // a proxy that ends TLS does not always tell the registry
  ['http://reg.example.com/v2/a/1?x=y', 'https://reg.example.com/v2/a/1?x=y'],
  ['https://10.0.0.7/blob', 'https://10.0.0.7/blob'],
])('%s leads to %s', (location, url) => {
  expect(resolveLocation(location, { url: from }, { registry: 'reg.example.com', isInsecure: false }).href).toBe(url)
})

test.each([
  'http://store.example.net/blob',
  'http://reg.example.com:8080/blob',
  'file:///etc/passwd',
  'https://user:secret@store.example.net/',
  'https://169.254.169.254/latest/meta-data',
  'https://127.0.0.1/',
  'https://localhost:2375/',
  'https://[::1]/',
  'https://[fe80::1]/',
  'https://',
])('%s is refused', (location) => {
  const follow = (): URL => resolveLocation(location, { url: from }, { registry: 'reg.example.com', isInsecure: false })
  expect(follow).toThrow(expect.objectContaining({ code: 'REGISTRY_ANSWER_INVALID' }))
})

test('an insecure registry may lead to http, and one on this machine to this machine', () => {
  const insecure = { registry: 'reg.example.com', isInsecure: true }
  expect(resolveLocation('http://store.example.net/', { url: from }, insecure).href).toBe('http://store.example.net/')
  const local = resolveLocation('http://localhost:9000/b', { url: 'http://127.0.0.1:5000/v2/' }, { ...insecure })
  expect(local.href).toBe('http://localhost:9000/b')
})

test.each([
  ['https://auth.example.net/token?a=b', 'reg.example.com', false],
  ['http://auth.example.net/token', 'reg.example.com', true],
  ['https://10.1.2.3/token', '10.1.2.3:5000', false],
  ['http://localhost:5001/auth', '127.0.0.1:5000', true],
])('the token server %s of %s is asked', (realm, registry, isInsecure) => {
  expect(checkRealm(realm, { registry, isInsecure }).href).toBe(realm)
})

test.each([
  ['http://auth.example.net/token', 'reg.example.com', false],
  ['https://10.1.2.3/token', 'reg.example.com', false],
  ['https://192.168.1.1/', '10.1.2.3', true],
  ['https://169.254.169.254/token', 'reg.example.com', true],
  ['https://[fd00::1]/token', 'reg.example.com', false],
  ['https://127.0.0.1/token', 'reg.example.com', true],
  ['token', 'reg.example.com', false],
])('the token server %s of %s is not', (realm, registry, isInsecure) => {
  expect(() => checkRealm(realm, { registry, isInsecure })).toThrow(
    expect.objectContaining({ code: 'REGISTRY_ANSWER_INVALID' }),
  )
})
