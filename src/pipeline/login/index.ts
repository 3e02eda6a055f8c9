export { logIn, logOut } from './login.ts'
export { swrLogin } from './swr-login.ts'
