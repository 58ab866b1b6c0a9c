// Unpacks the Chromium that @sparticuz/chromium carries to the path given as the only argument.
import { chmod, copyFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

const target = process.argv[2];
// The package unpacks to the folder for temporary files, which other users and versions share.
process.env.TMPDIR = dirname(target);
const { default: chromium } = await import("@sparticuz/chromium");
const made = await chromium.executablePath();
await copyFile(made, `${target}.part`);
await chmod(`${target}.part`, 0o755);
await rename(`${target}.part`, target);
