// @ts-check
// What one run of a program costs: the program with its children, and the daemons that work for it.
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/**
 * @typedef {{cpuMs: number, writtenBytes: number}} Work
 * @typedef {{wallMs: number, clientCpuMs: number, daemonCpuMs: number, writtenBytes: number, peakBytes: number, sentBytes: number, requests: number}} Usage
 */

const hasTime = spawnSync('/usr/bin/time', ['-f', '%e', 'true']).status === 0
/** Ticks of /proc, which are a hundredth of a second wherever Node.js runs. */
const tickMs = 10

/**
 * Runs a script once. Without GNU time, and without /proc, the numbers that need them are not there (NaN, 0).
 * @param {string} script
 * @param {{env: NodeJS.ProcessEnv, daemons: readonly string[], proxy: import('./registry/proxy.mjs').CountingProxy}} options
 * @returns {Promise<Usage>}
 */
export async function measure(script, { env, daemons, proxy }) {
  proxy.reset()
  const before = workOf(daemons)
  const started = performance.now()
  const text = await run(script, env)
  const wallMs = performance.now() - started
  const after = workOf(daemons)
  const [user = NaN, system = NaN, peak = NaN, blocks = NaN] =
    /TIME (\S+) (\S+) (\S+) (\S+)\s*$/.exec(text)?.slice(1).map(Number) ?? []
  const { requests, bytesUp } = proxy.counts()
  return {
    wallMs,
    clientCpuMs: (user + system) * 1000,
    daemonCpuMs: after.cpuMs - before.cpuMs,
    writtenBytes: blocks * 512 + after.writtenBytes - before.writtenBytes,
    peakBytes: peak * 1024,
    sentBytes: bytesUp,
    requests,
  }
}

/** @param {string} script @param {NodeJS.ProcessEnv} env @returns {Promise<string>} what it said on standard error */
function run(script, env) {
  const command = ['sh', '-c', script]
  const [program = '', ...args] = hasTime ? ['/usr/bin/time', '-f', 'TIME %U %S %M %O', ...command] : command
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (data) => (said += data))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(said)
      else reject(new Error(`${script} ended with ${code}\n${said}`))
    })
  })
}

/** What processes of those names have done so far. Others may use them at the same time: the least of several runs counts. @param {readonly string[]} names @returns {Work} */
function workOf(names) {
  const work = { cpuMs: 0, writtenBytes: 0 }
  if (names.length === 0) return work
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = read(`/proc/${pid}/stat`)
    const name = /\((.*)\)/s.exec(stat)?.[1] ?? ''
    if (!names.includes(name)) continue
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    // own time, and that of children that have ended
    for (const index of [11, 12, 13, 14]) work.cpuMs += (fields[index] ?? 0) * tickMs
    work.writtenBytes += Number(/^write_bytes: (\d+)$/m.exec(read(`/proc/${pid}/io`))?.[1] ?? 0)
  }
  return work
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
