// `npm start`: installs and builds what is missing, then is `bin/dred dev`, in this same process,
// so that arguments, signals and the exit code need no passing on.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { prepare } from "./prepare.mjs";

const dred = fileURLToPath(new URL("../bin/dred", import.meta.url));
const options = process.argv.slice(2).filter((argument) => argument !== "--");

prepare();
process.argv = [process.execPath, dred, "dev", ...options];
createRequire(import.meta.url)(dred);
