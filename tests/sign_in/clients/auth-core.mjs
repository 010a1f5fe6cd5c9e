// Auth.js as the framework calls it: a browser of cookies, and the double for a provider.
import {Auth} from '@auth/core'

const [issuer, api] = process.argv.slice(2)
const site = 'http://localhost:3000'
const config = {
  secret: 's'.repeat(40), trustHost: true, basePath: '/auth',
  providers: [{
    id: 'double', name: 'Double', type: 'oidc', issuer, clientId: 'app', clientSecret: 'x',
    authorization: {params: {scope: 'openid profile email read'}}, checks: ['pkce', 'state', 'nonce'],
  }],
  callbacks: {
    jwt({token, account, profile}) {
      if (account) [token.access, token.roles] = [account.access_token, profile.roles]
      return token
    },
    session({session, token}) {
      return {...session, access: token.access, roles: token.roles}
    },
  },
}
const jar = new Map()
const call = async (path, init = {}) => {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const answer = await Auth(new Request(site + path, {...init, headers: {cookie, ...init.headers}}), config)
  for (const line of answer.headers.getSetCookie()) {
    const [pair] = line.split(';')
    jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
  }
  return answer
}
const form = (fields) => ({
  method: 'POST', headers: {'content-type': 'application/x-www-form-urlencoded'}, body: new URLSearchParams(fields),
})
const {csrfToken} = await (await call('/auth/csrf')).json()
const asked = await call('/auth/signin/double', form({csrfToken, callbackUrl: `${site}/home`}))
const chosen = await fetch(asked.headers.get('location'), {...form({user: 'grace'}), redirect: 'manual'})
const back = new URL(chosen.headers.get('location'))
const home = await call(back.pathname + back.search)
const session = await (await call('/auth/session')).json()
const called = await fetch(api, {headers: {authorization: `Bearer ${session.access}`}})
console.log(JSON.stringify({
  home: home.headers.get('location'), name: session.user.name, roles: session.roles, called: called.status,
}))
