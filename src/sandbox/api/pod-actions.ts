import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../store/index.ts'
import { parseDocument, readObjectBody } from './body.ts'
import { list, member, text } from './catalog.ts'
import { timestamp } from './metadata.ts'
import { findObject } from './read.ts'
import { isDryRun, type Answer, type ApiContext, type ApiRequest } from './request.ts'
import type { Route } from './route.ts'
import { conflict, invalidValue, refuseIf, StatusError } from './status.ts'

const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }

/** `POST …/pods/p/binding`: what a scheduler says. */
export function bindPod(context: ApiContext, request: ApiRequest, route: Route): Answer {
  const pod = findObject(context, route)
  const node = text(member(parseDocument(request.body), 'target')['name'])
  const { name, namespace } = pod.metadata
  const now = text(member(pod, 'spec')['nodeName'])
  if (now !== '') throw conflict(route.resource, name, `pod ${name} is already assigned to node "${now}"`)
  if (!isDryRun(request)) {
    context.store.update(route.resource, { name, ...(namespace !== undefined && { namespace }) }, (current) => ({
      ...current,
      spec: { ...member(current, 'spec'), nodeName: node },
      status: { ...member(current, 'status'), conditions: scheduled(current, timestamp(context.clock)) },
    }))
  }
  return { form: 'document', status: 201, document: success }
}

function scheduled(pod: JsonObject, lastTransitionTime: string): readonly JsonObject[] {
  const others = list(member(pod, 'status')['conditions']).filter(({ type }) => type !== 'PodScheduled')
  return [...others, { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime }]
}

/** `POST …/serviceaccounts/a/token`: a token that means nothing outside the sandbox. */
export function requestToken(context: ApiContext, request: ApiRequest, route: Route): Answer {
  const account = findObject(context, route)
  const spec = member(parseDocument(request.body), 'spec')
  const seconds = typeof spec['expirationSeconds'] === 'number' ? spec['expirationSeconds'] : 3600
  const problem = invalidValue('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes')
  refuseIf({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', seconds < 600 ? [problem] : [])
  const now = context.clock()
  const { name, namespace, uid } = account.metadata
  return {
    form: 'document',
    status: 201,
    document: {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, uid, creationTimestamp: timestamp(() => now) },
      spec: {
        audiences: ['https://kubernetes.default.svc.cluster.local'],
        ...spec,
        expirationSeconds: seconds,
        boundObjectRef: null,
      },
      status: {
        token: `sandbox-${randomUUID()}`,
        expirationTimestamp: timestamp(() => new Date(now.getTime() + seconds * 1000)),
      },
    },
  }
}

/** The review kinds: everyone who has the sandbox's token may do everything. */
export function review(context: ApiContext, request: ApiRequest, route: Route): Answer {
  const { object } = readObjectBody(request, route.resource)
  const { kind } = route.resource
  if (kind === 'SelfSubjectReview') {
    const userInfo = { username: 'sandbox-admin', groups: ['system:masters', 'system:authenticated'] }
    const metadata = { creationTimestamp: timestamp(context.clock) }
    return { form: 'document', status: 201, document: { ...object, metadata, status: { userInfo } } }
  }
  if (kind === 'TokenReview') return reviewed(object, { authenticated: false })
  if (kind === 'SelfSubjectRulesReview') {
    const everything = ['*']
    return reviewed(object, {
      resourceRules: [{ verbs: everything, apiGroups: everything, resources: everything }],
      nonResourceRules: [{ verbs: everything, nonResourceURLs: everything }],
      incomplete: false,
    })
  }
  checkReview(member(object, 'spec'))
  return reviewed(object, { allowed: true })
}

function reviewed(object: JsonObject, status: JsonObject): Answer {
  return { form: 'document', status: 201, document: { ...object, metadata: {}, status } }
}

function checkReview(spec: JsonObject): void {
  if ((spec['resourceAttributes'] === undefined) !== (spec['nonResourceAttributes'] === undefined)) return
  const text = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
  const problem = invalidValue('spec.resourceAttributes', spec['resourceAttributes'], text)
  const group = 'authorization.k8s.io'
  throw new StatusError({
    message: `.${group} "" is invalid: ${problem.field}: ${problem.message}`,
    reason: 'Invalid',
    details: { group, causes: [{ ...problem }] },
    code: 422,
  })
}
