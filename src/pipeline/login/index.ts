export { logIn, logOut, type LoginRequest } from './login.ts'
export { swrLogin, type SwrKeys } from './swr-login.ts'
