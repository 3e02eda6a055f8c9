export type { PlacementOptions, RenderedImage, RenderRequest } from './contract.ts'
export { renderResources } from './render.ts'
