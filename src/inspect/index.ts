export { createInspector, type Inspection, type Inspector } from './inspect.ts'
