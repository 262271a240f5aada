// An agent: calls a tool of an MCP server with a token from LIME Core.
//
// Usage: client.mjs URL [SECONDS]. With SECONDS it calls the tool again after that time, with a new token if the
// first has expired. Reads LIME_BASE_URL, LIME_AGENT_ID and LIME_AGENT_TOKEN from the environment.

import process from 'node:process';
import { setTimeout } from 'node:timers/promises';

/** Runs the agent with the classes of one version of the SDK. */
export async function run({ Client, ClientCredentialsProvider, StreamableHTTPClientTransport }) {
  const [url, seconds] = process.argv.slice(2);
  if (url === undefined) throw new Error('usage: client.mjs URL [SECONDS]');
  const authProvider = new ClientCredentialsProvider({
    clientId: process.env.LIME_AGENT_ID,
    clientSecret: process.env.LIME_AGENT_TOKEN,
    // Without it, the MCP server decides who is sent the agent's token.
    expectedIssuer: process.env.LIME_BASE_URL,
  });
  const client = new Client({ name: 'lime-example', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }));
  try {
    await call(client);
    if (seconds !== undefined) {
      await setTimeout(1000 * Number(seconds));
      await call(client);
    }
  } finally {
    await client.close();
  }
}

async function call(client) {
  const { content } = await client.callTool({ name: 'whoami', arguments: {} });
  console.log(`the server knows me as agent ${content[0].text}`);
}
