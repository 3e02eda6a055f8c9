export { renderProject, type DigestSource } from '../render-project.ts'
