export { readBytes, readJson, readText, type ReadOptions } from './body.ts'
export { createHttpClient } from './client.ts'
export type {
  HttpBody,
  HttpClient,
  HttpClientOptions,
  HttpRequest,
  HttpResponse,
  ProxyOptions,
  RetryOptions,
  TlsOptions,
} from './contract.ts'
export { isNoTls, isTlsRefusal } from './failure.ts'
export { isLoopbackHost, proxyFor, proxyFromEnv } from './proxy.ts'
export { connectThroughProxy } from './tunnel.ts'
export { retryAfterMs, withRetry } from './retry.ts'
