// The agent of agent.mjs with version 1 of the SDK.

import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { run } from './agent.mjs';

await run({ Client, ClientCredentialsProvider, StreamableHTTPClientTransport });
