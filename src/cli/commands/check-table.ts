import fastStringWidth from 'fast-string-width'
import type { CheckedWorkload, CheckReport } from '../../pipeline/check/index.ts'

/** What `check` prints: the nodes, a line for each workload, and below it why and what to change. */
export function checkTable({ nodes, workloads }: CheckReport): string {
  const platforms = nodes.map(({ platform }) => platform)
  const head = ['WORKLOAD', 'RESULT', ...platforms.map((platform) => platform.toUpperCase())]
  const rows = workloads.map((workload) => rowOf(workload, platforms))
  const lines = align([head, ...rows])
  const count = nodes.map(({ platform, count }) => `${count} x ${platform}`).join(', ')
  const body = workloads.flatMap((workload, index) => [lines[index + 1] ?? '', ...notesOf(workload)])
  const first = workloads.length === 0 ? 'No workloads' : (lines[0] ?? '')
  return [`Nodes: ${count === '' ? 'none' : count}`, '', first, ...body, ''].join('\n')
}

function rowOf(
  { resource, namespace, verdict, platforms }: CheckedWorkload,
  columns: readonly string[],
): readonly string[] {
  const cells = columns.map((column) => {
    const found = platforms.find(({ platform }) => platform === column)
    if (found === undefined) return ''
    if (found.taking === 0) return 'kept away'
    return { yes: 'runs', no: 'crashes', emulated: 'emulated', unknown: 'unknown' }[found.runs]
  })
  return [namespace === undefined ? resource : `${namespace}/${resource}`, verdict, ...cells]
}

/** Why, and what to change; nothing for what runs. */
function notesOf({ verdict, platforms, changes }: CheckedWorkload): readonly string[] {
  if (verdict === 'runs') return []
  const failing = platforms.filter(({ runs, taking }) => (verdict === 'pending' ? true : runs !== 'yes' && taking > 0))
  return [
    ...failing.map(({ platform, reason }) => `    ${platform}: ${reason}`),
    ...changes.map((change) => `    ${change.startsWith('or ') ? '' : 'fix: '}${change}`),
  ]
}

function align(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => fastStringWidth(row[column] ?? '')))) ?? []
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - fastStringWidth(cell))))
      .join('  ')
      .trimEnd(),
  )
}
