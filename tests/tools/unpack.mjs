// Unpacks the Chromium that @sparticuz/chromium carries to the path given as the only argument.
import { chmod, copyFile, readdir, rename, symlink, rm } from "node:fs/promises";
import { dirname, join, basename } from "node:path";
import chromium from "@sparticuz/chromium";

const target = process.argv[2];
const made = await chromium.executablePath();
await copyFile(made, `${target}.part`);
await chmod(`${target}.part`, 0o755);
await rename(`${target}.part`, target);
