/** A hash that others may rely on. `node:crypto` is closed elsewhere for its chance; this reads none. */
import { createHash } from 'node:crypto';

/** 64 hex digits. */
export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
