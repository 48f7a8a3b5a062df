/**
 * Where the adapter begins. The suite starts all scenarios at once, and in one of them it measures how long we wait:
 * the others make way for that, before they load anything, or the machine would be measured.
 */
import { setPriority } from 'node:os';

const NICE = 15;

if (process.env['MCP_CONFORMANCE_SCENARIO'] !== 'sse-retry') setPriority(NICE);
await import('./client.js');
