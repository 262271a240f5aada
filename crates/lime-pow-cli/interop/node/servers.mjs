// Makes challenges with real server libraries, and redeems answers with them: one JSON object a line on
// standard input, one on standard output.

import { randomInt } from "node:crypto";
import { createInterface } from "node:readline";
import { createChallenge, verifySolution } from "altcha-lib/v1";
import Cap1 from "cap-1";
import Cap4 from "cap-4";

const hmacKey = "a key of the interop tests";
const cap1 = new Cap1({ noFSState: true });
const cap4 = new Cap4({ noFSState: true });
const difficulty = () => ({
  challengeCount: randomInt(1, 51),
  challengeSize: randomInt(1, 65),
  challengeDifficulty: randomInt(1, 4),
});

const servers = {
  altcha: {
    make: () =>
      createChallenge({
        hmacKey,
        maxNumber: randomInt(1, 100_000),
        saltLength: randomInt(10, 40),
        ...(randomInt(2) && { expires: new Date(Date.now() + 600_000) }),
        ...(randomInt(2) && { params: { key: "a b&c" } }),
      }),
    redeem: (answer) => verifySolution(answer, hmacKey),
  },
  "cap-1": {
    make: () => cap1.createChallenge(difficulty()),
    redeem: async (answer) => (await cap1.redeemChallenge(JSON.parse(answer))).success,
  },
  "cap-4": {
    make: () => cap4.createChallenge(difficulty()),
    redeem: async (answer) => (await cap4.redeemChallenge(JSON.parse(answer))).success,
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { server, answer } = JSON.parse(line);
  const { make, redeem } = servers[server];
  const said = answer === undefined ? { challenge: await make() } : { redeemed: await redeem(answer) };
  process.stdout.write(JSON.stringify(said) + "\n");
}
process.exit(0);
