export { createCertificate } from './certificate.ts'
export { startApiServer, type ApiServer } from './server.ts'
