import type { Event } from '../../events/index.ts'
import type { Style } from '../style.ts'

/** One printed line, and whether it belongs to the answer's stream or to the warnings. */
export interface Line {
  readonly text: string
  readonly stream: 'progress' | 'warning'
}

/** How log lines are prefixed: Skaffold's `deploy.logs.prefix`. */
export type LogPrefix = 'container' | 'podAndContainer' | 'none' | 'auto'

/** The lines of one event, in the words that Skaffold's users know. */
export function linesOf(event: Event, style: Style, logPrefix: LogPrefix = 'container'): readonly Line[] {
  if (event.type === 'warning') {
    const hint =
      event.hint === undefined ? [] : [{ text: `  ${style.dim(`fix: ${event.hint}`)}`, stream: 'warning' as const }]
    return [{ text: `${style.yellow('WARN')} ${event.text}`, stream: 'warning' }, ...hint]
  }
  const text = buildLine(event, style) ?? deployLine(event, style) ?? devLine(event, style, logPrefix)
  return text === undefined ? [] : text.split('\n').map((line) => ({ text: line, stream: 'progress' }))
}

function buildLine(event: Event, style: Style): string | undefined {
  if (event.type === 'tagsStarted') return style.bold('Generating tags...')
  if (event.type === 'tagGenerated') return ` - ${event.image} -> ${event.reference}`
  if (event.type === 'buildsStarted') return style.bold('Starting build...')
  if (event.type === 'buildStarted') {
    return `Building [${style.cyan(event.image)}]...\nTarget platforms: [${event.platforms.join(',')}]`
  }
  if (event.type === 'buildOutput') return outputLine(event)
  if (event.type === 'buildSucceeded') return `Build [${style.cyan(event.image)}] ${style.green('succeeded')}`
  if (event.type === 'buildFailed') return `Build [${style.cyan(event.image)}] ${style.red('failed')}: ${event.message}`
  return undefined
}

function outputLine({ platform, text }: { readonly platform?: string; readonly text: string }): string {
  return platform === undefined ? text : `[${platform}] ${text}`
}

function deployLine(event: Event, style: Style): string | undefined {
  if (event.type === 'deployStarted') return style.bold('Starting deploy...')
  if (event.type === 'resourceApplied') return ` - ${event.resource} ${event.action}`
  if (event.type === 'resourceDeleted') return ` - ${event.resource} deleted`
  if (event.type === 'statusStarted') return style.bold('Waiting for deployments to stabilize...')
  if (event.type === 'resourceWaiting') return ` - ${event.resource}: ${event.message}`
  if (event.type === 'resourceReady') return ` - ${event.resource} ${style.green('is ready')}.${pending(event)}`
  if (event.type === 'resourceFailed') return ` - ${event.resource} ${style.red('failed')}. Error: ${event.message}`
  if (event.type === 'stabilized') return `Deployments stabilized in ${(event.durationMs / 1000).toFixed(3)} seconds`
  if (event.type === 'placed') return ` - ${event.resource}: ${event.reason}`
  if (event.type === 'podPlaced') {
    return ` - pod ${style.cyan(event.pod)} runs on ${event.node} (${event.platform}): ${event.reason}`
  }
  return undefined
}

function pending(event: { readonly remaining: number; readonly total: number }): string {
  return event.remaining === 0 ? '' : ` [${event.remaining}/${event.total} deployment(s) still pending]`
}

function devLine(event: Event, style: Style, logPrefix: LogPrefix): string | undefined {
  if (event.type === 'listingFiles') {
    return [style.bold('Listing files to watch...'), ...event.images.map((image) => ` - ${image}`)].join('\n')
  }
  if (event.type === 'watching') return style.dim('Press Ctrl+C to exit\nWatching for changes...')
  if (event.type === 'filesChanged') return `Changed: ${listPaths(event.paths)}`
  if (event.type === 'iterationFailed') return `${style.yellow('WARN')} ${event.message}`
  if (event.type === 'cleaningUp') return style.bold('Cleaning up...')
  if (event.type === 'info') return event.text
  if (event.type === 'log') return `${logLabel(event, logPrefix, style)}${event.text}`
  return undefined
}

function logLabel(event: Extract<Event, { type: 'log' }>, prefix: LogPrefix, style: Style): string {
  if (prefix === 'none') return ''
  const label = prefix === 'podAndContainer' ? `${event.pod} ${event.container}` : event.container
  return `${style.cyan(`[${label}]`)} `
}

function listPaths(paths: readonly string[]): string {
  return paths.length > 5 ? `${paths.slice(0, 5).join(', ')}, …` : paths.join(', ')
}
