export { defaultNodes, parseNodeSpecs, type NodeSpec } from './nodes/parse-node-specs.ts'
export { startSandbox, type Sandbox, type SandboxOptions } from './start-sandbox.ts'
