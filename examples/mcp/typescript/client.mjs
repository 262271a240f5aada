// The agent of agent.mjs with version 2 of the SDK.

import { Client, ClientCredentialsProvider, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

import { run } from './agent.mjs';

await run({ Client, ClientCredentialsProvider, StreamableHTTPClientTransport });
