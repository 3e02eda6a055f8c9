// @ts-check
// The programs that are held beside each other, and how each does a job. A job that a program cannot do is left out.
import { spawnSync } from 'node:child_process'

/**
 * @typedef {{readonly from: string, readonly tags: readonly string[], readonly to: string}} Job
 * @typedef {readonly string[]} Line
 * @typedef {{readonly name: string, readonly copy?: (job: Job) => readonly Line[], readonly stitch?: (job: Job) => readonly Line[]}} Tool
 */

/** @param {string} main @param {NodeJS.ProcessEnv} env @returns {readonly Tool[]} */
export function findTools(main, env) {
  const catamaran = [process.execPath, main]
  const skopeo = ['skopeo', '--insecure-policy', 'copy', '--all', '--src-tls-verify=false', '--dest-tls-verify=false']
  /** @type {readonly (Tool & {readonly check: Line})[]} */
  const all = [
    {
      name: 'catamaran',
      check: [...catamaran, 'version'],
      copy: ({ from, to }) => [[...catamaran, 'copy', '--no-referrers', from, to]],
      stitch: ({ tags, to }) => [[...catamaran, 'index', 'create', to, ...tags]],
    },
    {
      name: 'crane',
      check: ['crane', 'version'],
      copy: ({ from, to }) => [['crane', 'copy', '--insecure', from, to]],
      stitch: ({ tags, to }) => [
        ['crane', 'index', 'append', '--insecure', ...tags.flatMap((tag) => ['-m', tag]), '-t', to],
      ],
    },
    {
      name: 'oras',
      check: ['oras', 'version'],
      copy: ({ from, to }) => [['oras', 'cp', '--from-plain-http', '--to-plain-http', from, to]],
      stitch: ({ tags, to }) => [
        ['oras', 'manifest', 'index', 'create', '--plain-http', to, ...tags.map((tag) => tag.replace(/^.*:/, ''))],
      ],
    },
    {
      name: 'skopeo',
      check: ['skopeo', '--version'],
      copy: ({ from, to }) => [[...skopeo, `docker://${from}`, `docker://${to}`]],
    },
    {
      name: 'docker manifest',
      check: ['docker', 'manifest', '--help'],
      stitch: ({ tags, to }) => [
        ['docker', 'manifest', 'create', '--insecure', to, ...tags],
        ['docker', 'manifest', 'push', '--purge', '--insecure', to],
      ],
    },
    {
      name: 'buildx imagetools',
      check: ['docker', 'buildx', 'version'],
      copy: ({ from, to }) => [['docker', 'buildx', 'imagetools', 'create', '-t', to, from]],
      stitch: ({ tags, to }) => [['docker', 'buildx', 'imagetools', 'create', '-t', to, ...tags]],
    },
  ]
  return all.filter(
    ({ check: [program = '', ...args] }) => spawnSync(program, args, { stdio: 'ignore', env }).status === 0,
  )
}
