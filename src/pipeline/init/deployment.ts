import { dump } from 'js-yaml'

/** What a Deployment, and a Service for its ports, are made of. */
export interface DeploymentOptions {
  readonly name: string
  readonly image: string
  readonly ports: readonly number[]
  readonly env?: Readonly<Record<string, string>>
  readonly command?: readonly string[]
  readonly args?: readonly string[]
}

/** A manifest with a Deployment and, when there are ports, a Service before it. */
export function deploymentManifest(options: DeploymentOptions): string {
  const documents = [...(options.ports.length === 0 ? [] : [service(options)]), deployment(options)]
  return documents.map((document) => dump(document, { lineWidth: -1, noRefs: true })).join('---\n')
}

/** A name that Kubernetes accepts, made from that of an image. */
export function objectName(image: string): string {
  const name = (image.split('/').at(-1) ?? image).toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')
  return name.replace(/^-+/, '').slice(0, 63).replace(/-+$/, '') || 'app'
}

function service({ name, ports }: DeploymentOptions): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: { app: name } },
    spec: { selector: { app: name }, ports: ports.map((port) => ({ name: `port-${port}`, port, protocol: 'TCP' })) },
  }
}

function deployment({ name, image, ports, env = {}, command, args }: DeploymentOptions): object {
  const variables = Object.entries(env).map(([key, value]) => ({ name: key, value }))
  const container = {
    name,
    image,
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    ...(ports.length === 0 ? {} : { ports: ports.map((port) => ({ containerPort: port })) }),
    ...(variables.length === 0 ? {} : { env: variables }),
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { app: name } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
    },
  }
}
