#!/usr/bin/env node
// The `dred` command of the installed package. It stands outside dist so that package managers can
// link it before the build.
import "../dist/main.js";
