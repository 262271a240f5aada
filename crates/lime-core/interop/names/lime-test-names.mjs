// For Node with this file as `--import`: all names under lime.test lead to this machine.

import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const lookUp = dns.lookup;
dns.lookup = (name, ...rest) => lookUp(name.endsWith('.lime.test') ? '127.0.0.1' : name, ...rest);
syncBuiltinESMExports();
