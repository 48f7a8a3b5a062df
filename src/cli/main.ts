#!/usr/bin/env node
/** The `mcp-actor` command. */
import { program } from './program.js';

await program((text) => process.stdout.write(text)).parseAsync();
