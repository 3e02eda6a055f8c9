import type { Context } from '../pipeline/index.ts'
import type { Flag, ParsedFlags } from './flags/index.ts'

/** Where Cloud Run deploys to, in place of what the file says. */
export const cloudRunFlags: readonly Flag[] = [
  {
    name: 'cloud-run-project',
    type: 'string',
    placeholder: 'project',
    description: 'Google Cloud project of Cloud Run, in place of `deploy.cloudrun.projectid`',
  },
  {
    name: 'cloud-run-location',
    type: 'string',
    placeholder: 'region',
    description: 'Region of Cloud Run, in place of `deploy.cloudrun.region`',
  },
]

/** What the flags say, for commands that have them. */
export function cloudRunOf(flags: ParsedFlags): Pick<Context, 'cloudRun'> {
  const given = (name: string): string | undefined => (flags.has(name) ? flags.text(name) : undefined)
  const [project, location] = [given('cloud-run-project'), given('cloud-run-location')]
  if (project === undefined && location === undefined) return {}
  return {
    cloudRun: { ...(project === undefined ? {} : { project }), ...(location === undefined ? {} : { location }) },
  }
}
