export {
  renderProject,
  type DigestSource,
  type RenderedProject,
  type RenderProjectOptions,
} from '../render-project.ts'
