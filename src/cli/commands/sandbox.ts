import { resolve } from 'node:path'
import type { Command } from '../command.ts'
import { openSandbox } from '../open-sandbox.ts'
import { untilAborted } from '../until-aborted.ts'
import { answerJson } from './answer.ts'
import { globalFlags, registryFlags } from './shared-flags.ts'

export const sandboxCommand: Command = {
  name: 'sandbox',
  summary: 'Keep a sandbox registry and cluster up',
  description:
    'Starts an embedded registry and a small in-process Kubernetes cluster with nodes of the given platforms, and keeps them up\nuntil Ctrl+C. kubectl, docker, crane and skopeo can talk to them.',
  usage: '[NODES]',
  examples: [
    { text: 'two amd64 nodes and one arm64', command: 'catamaran sandbox' },
    { text: 'other nodes', command: 'catamaran sandbox 1xlinux/amd64,1xlinux/s390x' },
    { text: 'look at it', command: 'KUBECONFIG=sandbox.yaml kubectl get nodes,pods -o wide' },
  ],
  flags: [
    {
      name: 'kubeconfig-output',
      type: 'string',
      default: 'sandbox.yaml',
      placeholder: 'file',
      description: 'Where to write the kubeconfig; it is removed at the end',
    },
    {
      name: 'registry-port',
      type: 'int',
      default: '0',
      max: 65_535,
      description: 'Port of the registry; 0 takes a free one',
    },
    ...registryFlags,
    ...globalFlags,
  ],
  maxArguments: 1,
  answersOnStdout: false,
  runsUntilStopped: true,
  async run(invocation) {
    const { args, flags, cwd, terminal, signal } = invocation
    const sandbox = await openSandbox(invocation, {
      nodes: args[0] ?? '2xlinux/amd64,1xlinux/arm64',
      kubeconfigPath: resolve(cwd, flags.text('kubeconfig-output') ?? 'sandbox.yaml'),
      registryPort: flags.int('registry-port') ?? 0,
    })
    try {
      answerJson(invocation, { kubeconfig: sandbox.kubeconfigPath, server: sandbox.server, registry: sandbox.registry })
      if (flags.text('format') !== 'json') {
        terminal.stdout.write(
          [
            `cluster   ${sandbox.server}`,
            `registry  ${sandbox.registry}`,
            '',
            `  export KUBECONFIG=${sandbox.kubeconfigPath}`,
            `  catamaran run --default-repo=${sandbox.registry}`,
            '  kubectl get nodes,pods -o wide',
            '',
            'Press Ctrl+C to stop',
            '',
          ].join('\n'),
        )
      }
      await untilAborted(signal)
    } finally {
      await sandbox.close()
    }
  },
}
