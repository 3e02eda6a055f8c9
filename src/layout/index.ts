export type { Layout, StoredManifest } from './layout.ts'
export { openLayout } from './open-layout.ts'
