import { describe, expect, it } from 'vitest';
import { redact, serverEnvironment } from '../../src/transports/environment.js';

describe.skipIf(process.platform === 'win32')('the environment of a server', () => {
  it('is what a process needs to run, and nothing else of ours', () => {
    const parent = {
      HOME: '/home/me',
      PATH: '/bin',
      SHELL: '/bin/sh',
      TERM: 'dumb',
      USER: 'me',
      LOGNAME: 'me',
      API_KEY: 'secret',
      NODE_OPTIONS: '-r x',
    };
    expect(Object.keys(serverEnvironment({}, parent)).sort()).toEqual([
      'HOME',
      'LOGNAME',
      'PATH',
      'SHELL',
      'TERM',
      'USER',
    ]);
  });

  it('leaves out a variable that a shell would run as a function', () => {
    expect(serverEnvironment({}, { TERM: '() { :;}; echo owned', USER: 'me' })).toEqual({ USER: 'me' });
  });

  it('takes what the caller gives, over what is inherited', () => {
    expect(serverEnvironment({ PATH: '/opt/bin', API_KEY: 'mine' }, { PATH: '/bin' })).toEqual({
      PATH: '/opt/bin',
      API_KEY: 'mine',
    });
  });
});

describe('redaction', () => {
  it('takes the values of secrets out of a text, and leaves the others', () => {
    const given = { GITHUB_TOKEN: 'ghp_0123456789', DATA_DIR: '/var/lib/data', SHORT_KEY: 'abc' };
    expect(redact('ghp_0123456789 abc /var/lib/data ghp_0123456789', given)).toBe(
      '[redacted] abc /var/lib/data [redacted]',
    );
  });
});
