import type { Event } from '../../events/index.ts'
import type { Style } from '../style.ts'

/** One printed line, and whether it belongs to the answer's stream or to the warnings. */
export interface Line {
  readonly text: string
  readonly stream: 'progress' | 'warning'
}

/** What is said beside the progress: `-v`. */
export interface Loudness {
  readonly warnings: boolean
  /** Why something was chosen. */
  readonly details: boolean
}

const usual: Loudness = { warnings: true, details: false }

/** The lines of one event, in the words that Skaffold's users know. */
export function linesOf(event: Event, style: Style, loudness: Loudness = usual): readonly Line[] {
  if (event.type === 'warning' || event.type === 'iterationFailed') {
    return loudness.warnings ? warningLines(event, style) : []
  }
  const text =
    buildLine(event, style) ??
    testLine(event, style) ??
    loadLine(event, style) ??
    deployLine(event, style) ??
    devLine(event, style) ??
    (loudness.details ? detailLine(event, style) : undefined)
  return text === undefined ? [] : text.split('\n').map((line) => ({ text: line, stream: 'progress' }))
}

function warningLines(event: Extract<Event, { type: 'warning' | 'iterationFailed' }>, style: Style): readonly Line[] {
  const [first = '', ...rest] = (event.type === 'warning' ? event.text : event.message).split('\n')
  const hint = event.hint === undefined ? [] : [`  ${style.dim(`fix: ${event.hint}`)}`]
  const label = event.type === 'warning' ? style.yellow('WARN') : style.red('failed')
  return [`${label} ${first}`, ...rest.map((line) => `  ${line}`), ...hint].map((text) => ({ text, stream: 'warning' }))
}

function buildLine(event: Event, style: Style): string | undefined {
  if (event.type === 'tagsStarted') return style.bold('Generating tags...')
  if (event.type === 'tagGenerated') return ` - ${event.image} -> ${event.reference}`
  if (event.type === 'cacheStarted') return style.bold('Checking cache...')
  if (event.type === 'cacheChecked') return ` - ${event.image}: ${describeLookup(event, style)}`
  if (event.type === 'buildsStarted') return style.bold('Starting build...')
  if (event.type === 'buildStarted') {
    return `Building [${style.cyan(event.image)}]...\nTarget platforms: [${event.platforms.join(',')}]`
  }
  if (event.type === 'buildOutput') return outputLine(event)
  if (event.type === 'buildSucceeded') return `Build [${style.cyan(event.image)}] ${style.green('succeeded')}`
  if (event.type === 'buildCanceled') return `Build [${style.cyan(event.image)}] was canceled`
  if (event.type === 'buildFailed') return `Build [${style.cyan(event.image)}] ${style.red('failed')}: ${event.message}`
  return undefined
}

/** In Skaffold's words, but for images that are there for some platforms only. */
function describeLookup({ found, missing, isLocal }: Extract<Event, { type: 'cacheChecked' }>, style: Style): string {
  // what is not built says nothing else of what it is for
  if (missing.length === 0) {
    const place = style.green(isLocal === true ? 'Found Locally' : 'Found Remotely')
    return `${place}\nTarget platforms: [${found.join(',')}]`
  }
  const some = found.length === 0 ? '' : ` for ${missing.join(',')}`
  return `${style.yellow('Not found')}${some}. Building`
}

function outputLine({ platform, text }: { readonly platform?: string; readonly text: string }): string {
  return platform === undefined ? text : `[${platform}] ${text}`
}

function testLine(event: Event, style: Style): string | undefined {
  if (event.type === 'testsStarted') return style.bold('Starting test...')
  if (event.type === 'testStarted') return `Testing [${style.cyan(event.image)}]: ${event.what}`
  if (event.type === 'testOutput') return event.text
  if (event.type === 'testSucceeded') return style.green('Command finished successfully.')
  if (event.type === 'testFailed') return `Test [${style.cyan(event.image)}] ${style.red('failed')}: ${event.message}`
  if (event.type === 'actionStarted') return `Running [${style.cyan(event.name)}]: ${event.image}`
  if (event.type === 'actionOutput') return `${style.cyan(`[${event.name}]`)} ${event.text}`
  if (event.type === 'actionSucceeded') return `[${style.cyan(event.name)}] ${style.green('succeeded')}`
  if (event.type === 'actionFailed') return `[${style.cyan(event.name)}] ${style.red('failed')}: ${event.message}`
  return undefined
}

function loadLine(event: Event, style: Style): string | undefined {
  if (event.type === 'loadsStarted') return style.bold(`Loading images into ${event.target}...`)
  if (event.type === 'imageLoaded') return ` - ${event.reference} -> ${style.green(event.outcome)}`
  if (event.type === 'loadsFinished') return `Images loaded in ${(event.durationMs / 1000).toFixed(3)} seconds`
  return undefined
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
  if (event.type === 'portForwarded') {
    const { resource, namespace, port, address, localPort } = event
    return style.green(
      `Port forwarding ${resource} in namespace ${namespace}, remote port ${port} -> http://${address}:${localPort}`,
    )
  }
  if (event.type === 'debugReady') return debugLine(event)
  if (event.type === 'podPlaced') {
    return ` - pod ${style.cyan(event.pod)} runs on ${event.node} (${event.platform}): ${event.reason}`
  }
  return undefined
}

function debugLine(event: Extract<Event, { type: 'debugReady' }>): string {
  const { resource, container, runtime, ports } = event
  const listed = Object.entries(ports).map(([protocol, port]) => `port ${port} (${protocol})`)
  const how = listed.length === 0 ? `files in /dbg/${runtime}` : listed.join(', ')
  return ` - ${resource}: container ${container} is ready for ${runtime} debuggers: ${how}`
}

function pending(event: { readonly remaining: number; readonly total: number }): string {
  return event.remaining === 0 ? '' : ` [${event.remaining}/${event.total} deployment(s) still pending]`
}

function devLine(event: Event, style: Style): string | undefined {
  if (event.type === 'listingFiles') {
    return [style.bold('Listing files to watch...'), ...event.images.map((image) => ` - ${image}`)].join('\n')
  }
  if (event.type === 'watching') return style.dim('Press Ctrl+C to exit\nWatching for changes...')
  if (event.type === 'following') return style.dim('Press Ctrl+C to exit')
  if (event.type === 'filesChanged') return `Changed: ${listPaths(event.paths)}`
  if (event.type === 'cleaningUp') return style.bold('Cleaning up...')
  if (event.type === 'info') return event.text
  if (event.type === 'log') return logLine(event, style)
  return undefined
}

function logLine(event: Extract<Event, { type: 'log' }>, style: Style): string {
  const label = event.label ?? event.container
  return label === '' ? event.text : `${style.cyan(`[${label}]`)} ${event.text}`
}

function listPaths(paths: readonly string[]): string {
  return paths.length > 5 ? `${paths.slice(0, 5).join(', ')}, …` : paths.join(', ')
}

function detailLine(event: Event, style: Style): string | undefined {
  const label = style.dim('INFO')
  if (event.type === 'detail') return `${label} ${event.text}`
  if (event.type === 'placed') return `${label} ${event.resource}: ${event.reason}`
  if (event.type === 'platformsResolved') return `${label} platforms of ${event.image}: ${describeChoice(event)}`
  return undefined
}

function describeChoice({ from, platforms, reason }: Extract<Event, { type: 'platformsResolved' }>): string {
  const list = (texts: readonly string[], none: string): string => (texts.length === 0 ? none : texts.join(','))
  return [
    `asked for ${list(from.asked, 'none')}`,
    `cluster has ${list(from.cluster, 'unknown')}`,
    `artifact allows ${list(from.artifact, 'any')}`,
    `chosen ${platforms.join(',')} (${reason})`,
  ].join('; ')
}
