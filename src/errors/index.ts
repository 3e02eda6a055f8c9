export { errorCodes, type ErrorCode } from './codes.ts'
export { redact } from './redact.ts'
export { isToolError, ToolError, type ToolErrorDetails } from './tool-error.ts'
