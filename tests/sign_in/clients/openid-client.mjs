// What openid-client does with a provider: everything that it was told of by discovery.
import * as client from 'openid-client'

const [issuer, api] = process.argv.slice(2)
const insecure = {execute: [client.allowInsecureRequests]}
const as = (name, method) => client.discovery(new URL(issuer), name, undefined, method, insecure)
const callback = 'http://localhost:3000/callback'
const posted = (url, form) => fetch(url, {method: 'POST', redirect: 'manual', body: new URLSearchParams(form)})

const app = await as('app', client.None())
const verifier = client.randomPKCECodeVerifier()
const [state, nonce] = [client.randomState(), client.randomNonce()]
const page = client.buildAuthorizationUrl(app, {
  redirect_uri: callback, scope: 'openid profile email read offline_access', state, nonce,
  code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
})
const answer = new URL((await posted(page, {user: 'ada'})).headers.get('location'))
const checks = {pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true, maxAge: 300}
const tokens = await client.authorizationCodeGrant(app, answer, checks)
const called = (token) => client.fetchProtectedResource(app, token, new URL(api), 'GET').then((it) => it.status, (it) => it.status)
const told = {
  subject: tokens.claims().sub,
  email: (await client.fetchUserInfo(app, tokens.access_token, 'ada')).email,
  called: await called(tokens.access_token),
  reused: await client.authorizationCodeGrant(app, answer, checks).catch((error) => error.error),
}
const again = await client.authorizationCodeGrant(
  app, new URL((await posted(page, {user: 'ada'})).headers.get('location')), checks)
const refreshed = await client.refreshTokenGrant(app, again.refresh_token)
told.refreshed = await called(refreshed.access_token)
told.active = (await client.tokenIntrospection(app, refreshed.access_token)).active
await client.tokenRevocation(app, refreshed.access_token)
told.revoked = await called(refreshed.access_token)

const device = await client.initiateDeviceAuthorization(app, {scope: 'read'})
const polled = client.pollDeviceAuthorizationGrant(app, device)
await posted(device.verification_uri, {user_code: device.user_code, user: 'grace'})
told.device = await called((await polled).access_token)

for (const method of [client.ClientSecretBasic('s:e c%ret'), client.ClientSecretPost('s:e c%ret')]) {
  const granted = await client.clientCredentialsGrant(await as('service:1', method), {scope: 'read'})
  told.client = [...(told.client ?? []), await called(granted.access_token)]
}
const out = client.buildEndSessionUrl(app, {post_logout_redirect_uri: callback, id_token_hint: tokens.id_token})
told.out = (await fetch(out, {redirect: 'manual'})).headers.get('location')
console.log(JSON.stringify(told))
