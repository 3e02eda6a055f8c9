import { readFileSync } from 'node:fs'
import type { HttpAnswer } from '../support/https-request.ts'

/** One request to a real API server and what it answered; see README.md of the recordings. */
export interface Exchange {
  readonly name: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: unknown
    readonly as?: string
  }
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, unknown>>
    readonly body?: unknown
  }
}

export function readExchanges(file: string): readonly Exchange[] {
  const text = readFileSync(new URL(`sandbox-recordings/${file}`, import.meta.url), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Exchange)
}

/** What a recording calls things, and what they are called in this run. */
export type Names = Map<string, string>

/** A text of a request in the words of this run. */
export function translate(text: string, names: Names): string {
  let result = text
  for (const [recorded, own] of names) {
    if (/^[0-9a-f]{8}-|-[a-z0-9]{5}$/.test(recorded)) result = result.replaceAll(recorded, own)
  }
  return result.replaceAll(/"resourceVersion":"(\d+)"/g, (whole, version: string) =>
    names.has(version) ? `"resourceVersion":"${names.get(version)}"` : whole,
  )
}

/** Learns the names that are each run's own from a pair of answers. */
export function learn(recorded: unknown, own: unknown, names: Names): void {
  if (Array.isArray(recorded) && Array.isArray(own)) {
    recorded.forEach((item, at) => learn(item, own[at], names))
    return
  }
  if (!isObject(recorded) || !isObject(own)) return
  const [before, after] = [recorded['metadata'], own['metadata']]
  if (isObject(before) && isObject(after)) {
    for (const member of ['uid', 'resourceVersion', 'name']) {
      const [old, fresh] = [before[member], after[member]]
      if (typeof old === 'string' && typeof fresh === 'string' && old !== fresh) names.set(old, fresh)
    }
  }
  for (const [member, value] of Object.entries(recorded)) learn(value, own[member], names)
}

/** How an answer differs from the recorded one, in what does not change from run to run. */
export function differences({ response }: Exchange, answer: HttpAnswer, names: Names): readonly string[] {
  const found: string[] = []
  if (response.status !== answer.status) found.push(`status: ${answer.status} instead of ${response.status}`)
  for (const name of ['content-type', 'warning', 'retry-after']) {
    const [wanted, given] = [response.headers[name], answer.headers[name]]
    if (JSON.stringify(wanted) === JSON.stringify(given)) continue
    found.push(`${name}: ${String(given)} instead of ${String(wanted)}`)
  }
  if (response.body !== undefined) compare(response.body, answer.json ?? answer.text, { at: '', found, names })
  return found
}

interface Comparison {
  readonly at: string
  readonly found: string[]
  readonly names: Names
}

/** Members whose values are each run's own: only whether they are there counts. */
const own = new Set([
  'buildDate',
  'clusterIP',
  'clusterIPs',
  'compiler',
  'continue',
  'creationTimestamp',
  'deletionTimestamp',
  'expirationTimestamp',
  'gitCommit',
  'goVersion',
  'lastHeartbeatTime',
  'lastTransitionTime',
  'platform',
  'resourceVersion',
  'serverAddress',
  'storageVersionHash',
  'time',
  'token',
  'uid',
])

function compare(wanted: unknown, given: unknown, comparison: Comparison): void {
  const { at, found, names } = comparison
  const member = at.slice(at.lastIndexOf('.') + 1)
  if (own.has(member) && given !== undefined) return
  if (Array.isArray(wanted) && Array.isArray(given) && wanted.length === given.length) {
    wanted.forEach((item, index) => compare(item, given[index], { ...comparison, at: `${at}[${index}]` }))
  } else if (isObject(wanted) && isObject(given)) {
    compareMembers(wanted, given, comparison)
  } else if (typeof wanted === 'string' && typeof given === 'string') {
    if (steady(translate(wanted, names)) !== steady(given)) found.push(`${at}: ${given} instead of ${wanted}`)
  } else if (JSON.stringify(wanted) !== JSON.stringify(given)) {
    found.push(`${at}: ${JSON.stringify(given)} instead of ${JSON.stringify(wanted)}`)
  }
}

/** Left out of the recordings: who owns what in most of them, descriptions, and what controllers were just doing. */
const cut = ['managedFields', 'description']

function compareMembers(
  wanted: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, unknown>>,
  comparison: Comparison,
): void {
  const { at, found } = comparison
  for (const [name, value] of Object.entries(wanted)) {
    if (name in given) compare(value, given[name], { ...comparison, at: `${at}.${name}` })
    else found.push(`${at}.${name}: missing`)
  }
  for (const name of Object.keys(given)) {
    if (name in wanted || cut.includes(name) || isRunning(given, name)) continue
    found.push(`${at}.${name}: not in the recording`)
  }
}

function isRunning({ kind }: Readonly<Record<string, unknown>>, member: string): boolean {
  return member === 'status' && ['Deployment', 'Job', 'Pod', 'ReplicaSet', 'Scale'].includes(String(kind))
}

function steady(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replaceAll(/current: \d+/g, 'current: N')
    .replace(/^(gen-|kube-api-access-)[a-z0-9]{5}$/, '$1X')
    .replace(/^\d+[smhd](\d+[smhd])?$/, 'AGE')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
