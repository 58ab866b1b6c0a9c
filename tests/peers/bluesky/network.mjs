// A Bluesky network on this machine: the directory of identities and one server, on loopback only.
// Usage: node network.mjs FOLDER PLC_PORT PDS_PORT. Prints "ready" when both answer; ends with its parent.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { Secp256k1Keypair } from "@atproto/crypto";
import { PDS, envToCfg, envToSecrets } from "@atproto/pds";
import { Database, PlcServer } from "@did-plc/server";

const [folder, plcPort, pdsPort] = process.argv.slice(2);
const blobs = join(folder, "blobs");
mkdirSync(blobs, { recursive: true });

const plc = PlcServer.create({ db: Database.mock(), port: Number(plcPort) });
await plc.start();

const key = await Secp256k1Keypair.create({ exportable: true });
const env = {
  devMode: true,
  port: Number(pdsPort),
  hostname: "localhost",
  dataDirectory: folder,
  blobstoreDiskLocation: blobs,
  didPlcUrl: `http://localhost:${plcPort}`,
  serviceHandleDomains: [".test"],
  inviteRequired: false,
  disableSsrfProtection: true,
  adminPassword: randomBytes(16).toString("hex"),
  jwtSecret: randomBytes(16).toString("hex"),
  plcRotationKeyK256PrivateKeyHex: Buffer.from(await key.export()).toString("hex"),
};
const pds = await PDS.create(envToCfg(env), envToSecrets(env));
await pds.start();
console.log("ready");

// The test holds our input open; when it goes, however it goes, so do we.
process.stdin.resume();
process.stdin.on("end", async () => {
  await pds.destroy();
  await plc.destroy();
  process.exit(0);
});
