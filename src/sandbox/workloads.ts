import type { Condition, Entity, Labels, LabelSelector, PodTemplate } from './kinds.ts'

export interface ReplicaSet extends Entity {
  readonly spec: {
    readonly replicas?: number
    readonly minReadySeconds?: number
    readonly selector: LabelSelector
    readonly template: PodTemplate
  }
  readonly status?: ReplicaSetStatus
}

export interface ReplicaSetStatus {
  readonly replicas?: number
  readonly fullyLabeledReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly terminatingReplicas?: number
  readonly observedGeneration?: number
  readonly conditions?: readonly Condition[]
}

export interface Deployment extends Entity {
  readonly spec: {
    readonly replicas?: number
    readonly minReadySeconds?: number
    readonly paused?: boolean
    readonly progressDeadlineSeconds?: number
    readonly revisionHistoryLimit?: number
    readonly selector: LabelSelector
    readonly strategy?: {
      readonly type?: string
      readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string }
    }
    readonly template: PodTemplate
  }
  readonly status?: DeploymentStatus
}

export interface DeploymentStatus extends ReplicaSetStatus {
  readonly updatedReplicas?: number
  readonly unavailableReplicas?: number
}

export interface DaemonSet extends Entity {
  readonly spec: {
    readonly selector: LabelSelector
    readonly minReadySeconds?: number
    readonly template: PodTemplate
    readonly updateStrategy?: {
      readonly type?: string
      readonly rollingUpdate?: { readonly maxUnavailable?: number | string }
    }
  }
  readonly status?: Readonly<Record<string, unknown>>
}

export interface StatefulSet extends Entity {
  readonly spec: {
    readonly replicas?: number
    readonly minReadySeconds?: number
    readonly selector: LabelSelector
    readonly serviceName?: string
    readonly podManagementPolicy?: string
    readonly template: PodTemplate
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } }
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string }; readonly spec: object }[]
  }
  readonly status?: Readonly<Record<string, unknown>>
}

export interface Job extends Entity {
  readonly spec: {
    readonly parallelism?: number
    readonly completions?: number
    readonly backoffLimit?: number
    readonly activeDeadlineSeconds?: number
    readonly ttlSecondsAfterFinished?: number
    readonly suspend?: boolean
    readonly completionMode?: string
    readonly template: PodTemplate
  }
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly startTime?: string
    readonly succeeded?: number
    readonly failed?: number
    readonly [member: string]: unknown
  }
}

export interface Service extends Entity {
  readonly spec?: {
    readonly selector?: Labels
    readonly clusterIP?: string
    readonly type?: string
    readonly ports?: readonly {
      readonly name?: string
      readonly port: number
      readonly protocol?: string
      readonly targetPort?: number | string
    }[]
  }
}

export interface ConfigMap extends Entity {
  readonly data?: Labels
  readonly binaryData?: Labels
}

export interface Secret extends Entity {
  readonly data?: Labels
}

export interface CustomDefinition extends Entity {
  readonly spec: { readonly group: string; readonly names: { readonly plural: string } }
  readonly status?: { readonly conditions?: readonly object[] | null; readonly [member: string]: unknown }
}

/** A PodDisruptionBudget, as far as it is looked at. */
export interface DisruptionBudget extends Entity {
  readonly spec?: {
    readonly minAvailable?: number | string
    readonly maxUnavailable?: number | string
    readonly selector?: LabelSelector
  }
  readonly status?: {
    readonly observedGeneration?: number
    readonly disruptionsAllowed?: number
    readonly currentHealthy?: number
    readonly desiredHealthy?: number
    readonly conditions?: readonly Condition[]
  }
}
