import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseHostsToml } from './hosts-toml.ts'
import { findRule, parseRegistriesConf, relocate, servesPull } from './registries-conf.ts'
import { parseToml } from './toml.ts'

describe('TOML', () => {
  test.each<[string, object]>([
    ['', {}],
    ['a = "x" # why\n', { a: 'x' }],
    ["a = 'C:\\dir'\r\nb = 3_000\r\nc = -1", { a: 'C:\\dir', b: 3000, c: -1 }],
    ['a = "tab\\t \\"q\\" \\u00e9 \\U0001F600"', { a: 'tab\t "q" é 😀' }],
    ['a.b."c d" = true', { a: { b: { 'c d': true } } }],
    ['[a.b]\nc = 1\n[a]\nd = 2', { a: { b: { c: 1 }, d: 2 } }],
    ['a = [ "x",\n  # one more\n  "y",\n]\n', { a: ['x', 'y'] }],
    ['a = { b = 1, c = { d = "e" } }', { a: { b: 1, c: { d: 'e' } } }],
    [
      '[[r]]\na = 1\n[[r.m]]\nb = 1\n[[r.m]]\nb = 2\n[[r]]\na = 2',
      { r: [{ a: 1, m: [{ b: 1 }, { b: 2 }] }, { a: 2 }] },
    ],
    [
      '[host."https://mirror.example.com:5000"]\n  skip_verify = true',
      {
        host: { 'https://mirror.example.com:5000': { skip_verify: true } },
      },
    ],
    ['__proto__ = "x"', JSON.parse('{"__proto__": "x"}') as object],
  ])('%j', (text, value) => {
    expect(JSON.parse(JSON.stringify(parseToml(text, 'x')))).toEqual(value)
  })

  test.each([
    ['a = 1\nb =', 2],
    ['a = "x', 1],
    ['\n\n[a', 3],
    ['a = 1 b = 2', 1],
    ['a = 1\na = 2', 2],
    ['a = 1\n[a]', 2],
    ['a = 1\n[[a]]', 2],
    ['a = "\\q"', 1],
    ['a = [1', 1],
    ['a = 2026-11-24', 1],
  ])('%j is refused at line %i', (text, line) => {
    expect(() => parseToml(text, 'file.toml')).toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE', where: `file.toml:${line}` }),
    )
  })

  test('what is written as JSON strings comes back', () => {
    const key = fc.string({
      minLength: 1,
      unit: fc.constantFrom('a', 'b', '-', '_', '"', '\\', ' ', 'é', '😀', '.', '#', '='),
    })
    const table = fc.dictionary(key, fc.oneof(key, fc.boolean(), fc.integer(), fc.array(key)))
    fc.assert(
      fc.property(table, (value) => {
        const text = Object.entries(value).map(
          ([name, member]) => `${JSON.stringify(name)} = ${JSON.stringify(member)}`,
        )
        expect({ ...parseToml(text.join('\n'), 'x') }).toEqual(value)
      }),
    )
  })
})

const conf = `
unqualified-search-registries = ["docker.io"]
[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "mirror.example.com/hub"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "10.0.0.1:5000"
insecure = true

[[registry]]
prefix = "docker.io/team"
location = "internal.example.com/team"

[[registry]]
prefix = "*.bad.example.com"
blocked = true

[[registry]]
location = "old.example.com"
mirror-by-digest-only = true
[[registry.mirror]]
location = "m.example.com"
`

describe('registries.conf', () => {
  const rules = parseRegistriesConf(conf, 'registries.conf')

  test.each([
    ['docker.io/library/nginx', 'docker.io'],
    ['docker.io/team/app', 'docker.io/team'],
    ['docker.io/teammate/app', 'docker.io'],
    ['a.bad.example.com/x', '*.bad.example.com'],
    ['bad.example.com/x', undefined],
    ['docker.io.example.com/x', undefined],
  ])('%s falls under %s', (name, prefix) => {
    expect(findRule(rules, name)?.prefix).toBe(prefix)
  })

  test.each([
    ['docker.io/library/nginx', 'docker.io', 'mirror.example.com/hub', 'mirror.example.com/hub/library/nginx'],
    ['docker.io/team/app', 'docker.io/team', 'internal.example.com/team', 'internal.example.com/team/app'],
    ['docker.io/a', 'docker.io', '', 'docker.io/a'],
    ['a.example.com/x/y', '*.example.com', 'mirror.example.com', 'mirror.example.com/x/y'],
  ])('%s with %s at %s is %s', (name, prefix, location, moved) => {
    expect(relocate(name, prefix, location)).toBe(moved)
  })

  test('which mirror is for which pull', () => {
    const mirrors = [...(rules[0]?.mirrors ?? []), ...(rules[3]?.mirrors ?? [])]
    const served = (digest?: string): boolean[] =>
      mirrors.map((mirror) => servesPull(mirror, digest === undefined ? {} : { digest }))
    expect(served('sha256:0')).toEqual([true, true, true])
    expect(served()).toEqual([false, true, false])
  })

  test('a wrong type is an error with its place', () => {
    expect(() => parseRegistriesConf('[[registry]]\nlocation = 3', 'r.conf')).toThrow(/r\.conf.*registry\.0\.location/)
  })
})

test("containerd's hosts.toml: order, capabilities, paths, authorities, client certificates and headers", () => {
  const text = `
server = "https://registry.example.com"
ca = "own.crt"
[header]
  x-own = "1"
[host."https://mirror.example.com"]
  capabilities = ["pull"]
  ca = "mirror.crt"
  client = ["both.pem", "second.pem"]
[host."https://mirror.example.com".header]
  X-Team = ["a", "b"]
  Authorization = "Basic Zm9v"
[host."http://10.0.0.1:5000/hub/"]
  skip_verify = true
  client = [["client.cert", "client.key"], ["other.pem", ""]]
[host."https://harbor.example.com/v2/hub-proxy"]
  override_path = true
  ca = ["a.crt", "/b.crt"]
  client = "one.pem"
`
  const { mirrors, own } = parseHostsToml(text, 'hosts.toml')
  const plain = { canPull: true, canResolve: true, skipVerify: false, ca: [], clients: [], headers: {} }
  expect(mirrors.map(({ url, ...others }) => ({ url: url.href, ...others }))).toEqual([
    {
      ...plain,
      url: 'https://mirror.example.com/v2',
      canResolve: false,
      ca: ['mirror.crt'],
      clients: [
        { cert: 'both.pem', key: 'both.pem' },
        { cert: 'second.pem', key: 'second.pem' },
      ],
      headers: { 'x-team': 'a, b', authorization: 'Basic Zm9v' },
    },
    {
      ...plain,
      url: 'http://10.0.0.1:5000/hub/v2',
      skipVerify: true,
      clients: [
        { cert: 'client.cert', key: 'client.key' },
        { cert: 'other.pem', key: 'other.pem' },
      ],
    },
    {
      ...plain,
      url: 'https://harbor.example.com/v2/hub-proxy',
      ca: ['a.crt', '/b.crt'],
      clients: [{ cert: 'one.pem', key: 'one.pem' }],
    },
    { ...plain, url: 'https://registry.example.com/v2', ca: ['own.crt'], headers: { 'x-own': '1' } },
  ])
  expect(own).toEqual({ skipVerify: false, ca: ['own.crt'], clients: [], headers: { 'x-own': '1' } })
})

test.each(['client = 3', 'server = "http://["', '[host."x y"]', '[header]\nx = 1'])('hosts.toml with %s', (text) => {
  expect(() => parseHostsToml(text, 'hosts.toml')).toThrow(/hosts\.toml/)
})
