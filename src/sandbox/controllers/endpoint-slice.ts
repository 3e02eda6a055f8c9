import type { Entity, Pod } from '../kinds.ts'
import { controllerReference, isControlledBy, isDeleting, isFinished, isReady, matchesLabels } from '../objects.ts'
import type { Controller, ControllerContext } from './loop.ts'
import type { Service } from '../workloads.ts'

type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number]

/** Keeps one EndpointSlice for each Service that selects pods. */
export const endpointSliceController: Controller<Service> = {
  component: 'endpoint-slice-controller',
  table: ({ services }) => services,
  surroundings: ({ pods }) => [pods],
  reconcile(service, context) {
    if (service.spec?.selector === undefined || isDeleting(service)) return undefined
    const found = context.tables.endpointSlices
      .list(service.metadata.namespace)
      .find((slice) => isControlledBy(slice, service))
    if (found === undefined) create(service, context)
    else context.tables.endpointSlices.update(found, (current) => ({ ...current, ...contentOf(service, context) }))
    return undefined
  },
}

function create(service: Service, context: ControllerContext): Entity {
  const { name, namespace } = service.metadata
  return context.tables.endpointSlices.create({
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: {
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': name,
      },
      ownerReferences: [controllerReference(service)],
    },
    addressType: 'IPv4',
    ...contentOf(service, context),
  })
}

function contentOf(service: Service, { tables }: ControllerContext): object {
  const selected = tables.pods
    .list(service.metadata.namespace)
    .filter((pod) => matchesLabels({ matchLabels: service.spec?.selector ?? {} }, pod.metadata.labels))
    .filter((pod) => pod.status?.podIP !== undefined && !isFinished(pod))
  const [first] = selected
  return {
    endpoints: selected.map(endpointOf),
    ports: (service.spec?.ports ?? []).map((port) => portOf(port, first)),
  }
}

function endpointOf(pod: Pod): object {
  const { name, namespace, uid } = pod.metadata
  const [ready, terminating] = [isReady(pod), isDeleting(pod)]
  return {
    addresses: [pod.status?.podIP],
    conditions: { ready: ready && !terminating, serving: ready, terminating },
    targetRef: { kind: 'Pod', namespace, name, uid },
    nodeName: pod.spec.nodeName,
  }
}

/** A named target port is the container port of that name. */
function portOf({ name = '', protocol = 'TCP', port, targetPort = port }: ServicePort, pod: Pod | undefined): object {
  const ports = (pod?.spec.containers ?? []).flatMap((container) => container.ports ?? [])
  const number =
    typeof targetPort === 'number' ? targetPort : ports.find((one) => one.name === targetPort)?.containerPort
  return { name, protocol, ...(number === undefined ? {} : { port: number }) }
}
