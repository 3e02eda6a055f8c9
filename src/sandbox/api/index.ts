export { createCertificate } from './certificate.ts'
export { startApiServer } from './server.ts'
