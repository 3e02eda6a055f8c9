import type { Builder, MovingRegistry, RegistryTrust } from '../build/index.ts'
import type { Artifact, GlobalSettings } from '../config/index.ts'
import type { BaseInspector } from '../inspect/index.ts'
import type { Context, Project } from '../pipeline/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import type { Closing } from './closing.ts'

/** What builders are made of. */
export interface BuilderParts {
  readonly project: Project
  readonly runProcess: RunProcess
  readonly closing: Closing
  readonly registry: Context['registry']
  /** Of images that are built in it. */
  readonly connect: Context['connect']
  readonly kubeContext: Context['kubeContext']
  readonly settings: GlobalSettings
  /** The sandbox's, which keeps its content and has another port each time. */
  readonly movingRegistry?: MovingRegistry
}

/** The same, and what all that build have to know. */
export interface PlacedParts extends BuilderParts {
  readonly trust: RegistryTrust
  /** Looks at base images. */
  readonly bases: () => Promise<BaseInspector>
}

/** The kind of an artifact. */
export type Kind = Artifact['builder']['kind']

/** Makes a builder of one place; undefined for kinds that are not built there. */
export type CreateBuilder = (kind: Kind) => Promise<Builder | undefined>
