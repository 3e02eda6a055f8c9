export { logIn, logOut, type RegistryReach } from './login.ts'
export { swrLogin } from './swr-login.ts'
