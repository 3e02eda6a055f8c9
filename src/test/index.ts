export type { Tester, TesterOutside, TestRequest } from './contract.ts'
export { createCustomTester } from './custom-tester.ts'
export { createStructureTester } from './structure-tester.ts'
