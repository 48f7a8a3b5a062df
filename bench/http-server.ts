/** The HTTP server of the bench, as a process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface HttpServer {
  readonly url: string;
  stop(): void;
}

export async function startHttpServer(): Promise<HttpServer> {
  const child = fork(fileURLToPath(new URL('./servers/echo-http.mjs', import.meta.url)), { execArgv: [] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    url: `http://127.0.0.1:${String(port)}/mcp`,
    stop: () => {
      if (child.connected) child.disconnect();
    },
  };
}
