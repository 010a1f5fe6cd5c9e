"""The double's own OAuth 2 and OpenID Connect provider, under `/_specdouble/auth/` and where the contract names it.

Authlib decides on grants, joserfc signs; both are imported with the first request that needs them.
"""
