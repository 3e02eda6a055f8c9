export { createCertificate, type Certificate } from './certificate.ts'
export { startApiServer, type ApiServer, type ApiServerOptions } from './server.ts'
