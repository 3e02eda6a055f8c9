import type { Command } from '../command.ts'
import type { Flag } from '../flags/index.ts'

/** A flag of Skaffold's, and the commands that have it; `all` are those that read a project. */
interface SharedFlag extends Flag {
  readonly on: string
}

const nothing = 'Accepted for compatibility: '
const builds = 'dev build run debug deploy render apply test'
const served = `${builds} verify exec`
const apiFlags: readonly SharedFlag[] = [
  {
    on: served,
    name: 'rpc-http-port',
    type: 'int',
    max: 65_535,
    placeholder: 'port',
    description: 'Serve events, state and control as JSON over HTTP on this port of 127.0.0.1; 0 takes a free one',
  },
  {
    on: served,
    name: 'rpc-port',
    type: 'int',
    max: 65_535,
    placeholder: 'port',
    description: 'Serve events, state and control as gRPC on this port of 127.0.0.1; 0 takes a free one',
  },
  {
    on: served,
    name: 'wait-for-connection',
    type: 'bool',
    default: 'false',
    description: 'Begin when a program reads the events that are served',
  },
  {
    on: served,
    name: 'event-log-file',
    type: 'string',
    placeholder: 'file',
    description: 'Add events to this file, one line of JSON each',
  },
  {
    on: served,
    name: 'enable-rpc',
    type: 'bool',
    hidden: true,
    description: `${nothing}--rpc-port says what is served`,
  },
]
const shared: readonly SharedFlag[] = [
  {
    on: 'run dev debug',
    name: 'auto-create-config',
    type: 'bool',
    default: 'true',
    description: 'Offer to make a skaffold.yaml where there is none',
  },
  {
    on: 'run dev debug',
    name: 'auto',
    type: 'bool',
    default: 'false',
    description: 'Where there is no skaffold.yaml, make one without asking',
  },
  {
    on: 'run dev debug build deploy',
    name: 'mute-logs',
    type: 'strings',
    placeholder: 'stage,…',
    description: 'Leave out what these stages print: build, deploy, status-check, all, none',
  },
  {
    on: 'run dev debug build deploy',
    name: 'toot',
    type: 'bool',
    default: 'false',
    description: 'Ring the bell of the terminal when it is done',
  },
  {
    on: 'run dev debug build deploy',
    name: 'build-concurrency',
    type: 'int',
    default: '-1',
    placeholder: 'number',
    description: 'How many images are built at once; 0 is no limit, -1 leaves it to build.local.concurrency',
  },
  {
    on: 'apply',
    name: 'label',
    shorthand: 'l',
    type: 'strings',
    placeholder: 'key=value,…',
    description: 'Labels to add to every resource',
  },
  {
    on: 'apply',
    name: 'force',
    type: 'bool',
    default: 'false',
    description: 'Delete and recreate resources that cannot be changed, which may cause downtime',
  },
  hidden('apply', 'iterative-status-check', 'true', 'everything is applied in one step'),
  {
    on: 'delete',
    name: 'set',
    type: 'strings',
    placeholder: 'name=value,…',
    description: 'Values for manifests and charts that ask for them by name',
  },
  {
    on: 'exec verify',
    name: 'set',
    type: 'strings',
    placeholder: 'name=value,…',
    description: 'Environment variables of the containers',
  },
  {
    on: 'delete exec verify',
    name: 'set-value-file',
    type: 'string',
    placeholder: 'file',
    description: 'A file of NAME=VALUE lines, as --set takes them',
  },
  hidden('run', 'cleanup', 'true', 'what was deployed stays'),
  hidden('run dev debug', 'no-prune', 'false', 'no images are left behind on this machine'),
  hidden('run dev debug', 'no-prune-children', 'false', 'no images are left behind on this machine'),
  hidden('run dev debug build deploy delete', 'detect-minikube', 'true', 'minikube is known by its context'),
  hidden('run dev debug deploy apply', 'fast-fail-status-check', 'true', 'a failure ends the wait'),
  hidden('fix init', 'module', undefined, 'every configuration of the file is meant', 'strings'),
  hidden('fix init', 'remote-cache-dir', undefined, 'nothing is fetched', 'string'),
  hidden('fix init', 'sync-remote-cache', undefined, 'nothing is fetched', 'string'),
  hidden('fix', 'assume-yes', 'false', 'nothing is asked'),
  hidden('run dev', 'digest-source', undefined, 'what was built is deployed by its digest', 'string'),
  hidden('run dev debug deploy render', 'hydration-dir', undefined, 'nothing is written to a folder', 'string'),
  {
    on: 'dev debug',
    name: 'keep-running-on-failure',
    type: 'bool',
    default: 'false',
    description: 'Go on when the first build or deployment fails, too',
  },
  {
    on: 'dev debug',
    name: 'watch-image',
    shorthand: 'w',
    type: 'strings',
    placeholder: 'text,…',
    description: 'Watch only files of artifacts whose image name contains one of these; all are built at first',
  },
  {
    on: 'dev debug',
    name: 'trigger',
    type: 'string',
    default: 'notify',
    choices: ['notify', 'polling'],
    description: 'How changes are noticed: told by the system where it can, or by looking',
  },
  {
    on: 'dev debug',
    name: 'watch-poll-interval',
    shorthand: 'i',
    type: 'int',
    default: '1000',
    placeholder: 'ms',
    description: 'Time between two looks with --trigger=polling',
  },
  ...apiFlags,
  hidden('all', 'user', undefined, 'nothing is counted', 'string'),
]

function hidden(
  ...[on, name, byDefault, why, type = 'bool']: readonly [string, string, string | undefined, string, Flag['type']?]
): SharedFlag {
  const fallback = byDefault === undefined ? {} : { default: byDefault }
  return { on, name, type, ...fallback, hidden: true, description: nothing + why }
}

/** The command with those flags of Skaffold's that it has no own ones for. */
export function withSkaffoldFlags(command: Command): Command {
  const own = new Set(command.flags.map(({ name }) => name))
  const isProject = own.has('filename')
  const added = shared.filter(
    ({ on, name }) => !own.has(name) && (on === 'all' ? isProject : on.split(' ').includes(command.name)),
  )
  return added.length === 0 ? command : { ...command, flags: [...command.flags, ...added.map(flagOf)] }
}

function flagOf({ on: _on, ...flag }: SharedFlag): Flag {
  return flag
}
