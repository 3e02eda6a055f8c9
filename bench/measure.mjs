// @ts-check
// Times programs side by side in the same run, so that a busy machine slows both: numbers are ratios first.
import { spawnSync } from 'node:child_process'

/**
 * @typedef {{readonly wallMs: number, readonly cpuMs: number | undefined}} Sample
 * @typedef {{readonly name: string, readonly run: () => Sample}} Contender
 */

const hasBash = spawnSync('bash', ['-c', 'true']).status === 0

/**
 * Runs a program once. CPU is that of the program and its children; undefined where there is no bash to ask.
 * @param {readonly [string, ...string[]]} command @param {{cwd?: string, env?: NodeJS.ProcessEnv}} [options] @returns {Sample}
 */
export function time(command, options = {}) {
  const [program, ...args] = hasBash ? ['bash', '-c', '"$@" >&2 || exit; times', 'bash', ...command] : command
  const started = performance.now()
  const done = spawnSync(program ?? '', args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options })
  const wallMs = performance.now() - started
  if (done.status !== 0) throw new Error(`${command.join(' ')} ended with ${done.status}\n${done.stderr}`)
  return { wallMs, cpuMs: hasBash ? childTimes(done.stdout) : undefined }
}

/** The second line of bash's `times`: user and system time of the children. @param {string} text */
function childTimes(text) {
  const [user = '', system = ''] = text.trim().split('\n').at(-1)?.split(' ') ?? []
  return [user, system].reduce((sum, part) => {
    const [, minutes = '0', seconds = '0'] = /(\d+)m([\d.,]+)s/.exec(part) ?? []
    return sum + (Number(minutes) * 60 + Number(seconds.replace(',', '.'))) * 1000
  }, 0)
}

/**
 * Runs contenders in turn, round by round, and gives a row for each: the first is the one the others are measured against.
 * @param {string} what @param {readonly Contender[]} contenders @param {number} rounds
 */
export function compare(what, contenders, rounds) {
  /** @type {Sample[][]} */
  const samples = contenders.map(() => [])
  for (let round = 0; round < rounds; round += 1) {
    contenders.forEach(({ run }, index) => samples[index]?.push(run()))
  }
  const base = summarize(samples[0] ?? [])
  return contenders.map(({ name }, index) => {
    const own = summarize(samples[index] ?? [])
    return [what, name, ms(own.wallMs), ms(own.cpuMs), ratio(own.wallMs, base.wallMs), ratio(own.cpuMs, base.cpuMs)]
  })
}

/** The median of the wall clock, and the least CPU: what was in the way is not the program's. @param {readonly Sample[]} samples */
function summarize(samples) {
  const wall = samples.map(({ wallMs }) => wallMs).sort((one, other) => one - other)
  const cpu = samples.flatMap(({ cpuMs }) => (cpuMs === undefined ? [] : [cpuMs]))
  return { wallMs: wall[Math.floor(wall.length / 2)], cpuMs: cpu.length === 0 ? undefined : Math.min(...cpu) }
}

/** @param {readonly (readonly string[])[]} rows */
export function printTable(rows) {
  const head = ['what', 'program', 'wall ms', 'CPU ms', 'wall ×', 'CPU ×']
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  for (const row of all) {
    console.log(
      row
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
  }
}

/** @param {number | undefined} value */
function ms(value) {
  return value === undefined ? '-' : value.toFixed(0)
}

/** @param {number | undefined} own @param {number | undefined} base */
function ratio(own, base) {
  return own === undefined || base === undefined || base === 0 ? '-' : (own / base).toFixed(2)
}
