/** What `--port-forward` chooses. */
export type PortForwardMode = 'user' | 'services' | 'debug' | 'pods'

/** One port of one resource, and where it is to be had on this machine. */
export interface ForwardEntry {
  /** `service`, `pod`, `deployment` … */
  readonly type: string
  readonly name: string
  readonly namespace: string
  /** A number, or a name that the resource gives. */
  readonly port: number | string
  readonly address: string
  /** What is taken if it is free. */
  readonly localPort?: number
}

/** A pod, and the number of the port in it. */
export interface PodPort {
  readonly pod: { readonly namespace: string; readonly name: string }
  readonly port: number
}
