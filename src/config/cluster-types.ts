import type { HostHook } from './hook-types.ts'

/** An entry of `portForward`. */
export interface PortForwardConfig {
  /** `service`, `deployment`, `pod` …, in any case. */
  readonly resourceType: string
  readonly resourceName: string
  readonly namespace?: string
  /** A number, or the name that the resource gives to a port. */
  readonly port: number | string
  /** `127.0.0.1` when absent. */
  readonly address?: string
  /** The port itself when absent. */
  readonly localPort?: number
}

/** `build.artifacts[].sync`: what is copied into running containers instead of building. */
export interface SyncConfig {
  readonly manual?: readonly SyncRuleConfig[]
  /** Patterns of files whose place in the image is found out from the build. */
  readonly infer?: readonly string[]
  readonly auto?: boolean
  readonly hooks?: { readonly before?: readonly SyncHook[]; readonly after?: readonly SyncHook[] }
}

/** Where files of a pattern go. */
export interface SyncRuleConfig {
  /** A glob below the context. */
  readonly src: string
  /** A folder of the container; relative to its working directory. */
  readonly dest: string
  /** What is taken off the front of the files' paths. */
  readonly strip?: string
}

/** A command around a synchronization, on this machine or in the containers. */
export interface SyncHook {
  readonly host?: HostHook
  readonly container?: { readonly command: readonly string[] }
}

/** Commands before and after a deployment. */
export interface DeployHooks {
  readonly before?: readonly DeployHook[]
  readonly after?: readonly DeployHook[]
}

/** A command on this machine, or in the containers of that name of the pods whose names match. */
export interface DeployHook {
  readonly host?: HostHook
  readonly container?: {
    readonly command: readonly string[]
    readonly podName?: string
    readonly containerName?: string
  }
}
