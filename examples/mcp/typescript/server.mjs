// An MCP server: takes the tokens that LIME Core has issued for its own URL, and no others.
//
// Usage: server.mjs URL, such as http://mcp.lime.test:9000/mcp. Reads LIME_BASE_URL, the issuer, from the environment.

import process from 'node:process';

import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { getOAuthProtectedResourceMetadataUrl } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const [resource] = process.argv.slice(2);
if (resource === undefined) throw new Error('usage: server.mjs URL');
const url = new URL(resource);
const issuer = process.env.LIME_BASE_URL;
const keys = createRemoteJWKSet(new URL('/api/v1/core/.well-known/jwks.json', issuer));

const verifier = {
  async verifyAccessToken(token) {
    try {
      // Where `aud` is a list, one of it has to be this server's URL.
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ['RS256'],
        typ: 'at+jwt',
        issuer,
        audience: resource,
        requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
      });
      return {
        token,
        clientId: payload.client_id,
        scopes: (payload.scope ?? '').split(' ').filter(Boolean),
        expiresAt: payload.exp,
        resource: url,
        extra: { agent: payload.sub },
      };
    } catch {
      throw new InvalidTokenError('the token is not valid here');
    }
  },
};

function makeServer() {
  const server = new McpServer({ name: 'LIME example', version: '1.0.0' });
  server.registerTool('whoami', { description: 'Tells the agent who it is.' }, ({ authInfo }) => ({
    content: [{ type: 'text', text: authInfo.extra.agent }],
  }));
  return server;
}

const app = createMcpExpressApp({ host: '127.0.0.1', allowedHosts: [url.hostname] });
const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(url);
// The metadata of RFC 9728, by which clients find the issuer.
app.get(new URL(resourceMetadataUrl).pathname, (_, response) => {
  response.json({ resource, authorization_servers: [issuer] });
});
const authenticated = requireBearerAuth({ verifier, resourceMetadataUrl, expectedResource: url });
app.all(url.pathname, authenticated, async (request, response) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  response.on('close', () => transport.close());
  await makeServer().connect(transport);
  await transport.handleRequest(request, response, request.body);
});
app.listen(Number(url.port || 9000), '127.0.0.1', () => console.log(`listens for ${resource}`));
