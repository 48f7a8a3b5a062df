/** A server that makes tasks, in virtual time: its tasks are kept beside it, so that they outlive its sessions. */
import type { ClientOptions, Lease, TaskState, ToolTask } from '../../../src/index.js';
import {
  scriptedServer,
  type ScriptedConnection,
  type ScriptedServer,
  type Sent,
} from '../../../src/testing/scripted-server.js';
import { scriptedClient, type ScriptedClient } from '../../support/scripted-client.js';

export interface ServedTask {
  taskId: string;
  status: TaskState;
  statusMessage?: string;
  ttl: number | null;
  pollInterval?: number;
  createdAt: string;
  lastUpdatedAt: string;
}

export const textResult = (text: string): object => ({ content: [{ type: 'text', text }] });

const NOT_FOUND = -32602;

export class TaskServer {
  readonly tasks = new Map<string, ServedTask>();
  readonly results = new Map<string, object>();
  readonly server: ScriptedServer;
  /** What the next task says of how often it may be asked. */
  pollInterval: number | undefined = 1_000;

  constructor(capabilities: object = { tools: {}, tasks: everything }, tools: readonly object[] = []) {
    this.server = scriptedServer({
      capabilities: { ...capabilities },
      answers: { 'tools/list': () => ({ tools }) },
      script: (message, connection) => this.#hear(message, connection),
    });
  }

  /** The only task there is. */
  get task(): ServedTask {
    const [task] = this.tasks.values();
    if (task === undefined) throw new Error('there is no task');
    return task;
  }

  change(status: TaskState, statusMessage?: string): ServedTask {
    const { task } = this;
    task.status = status;
    if (statusMessage !== undefined) task.statusMessage = statusMessage;
    return task;
  }

  finish(result: object = textResult('done'), status: TaskState = 'completed'): ServedTask {
    this.results.set(this.task.taskId, result);
    return this.change(status);
  }

  /** Says unasked how the task stands. */
  tell(): void {
    this.server.last.push({ method: 'notifications/tasks/status', params: { ...this.task } });
  }

  #hear({ id, method, params }: Sent, connection: ScriptedConnection): boolean | undefined {
    if (id === undefined || method === undefined) return undefined;
    const task = this.tasks.get(String(params?.['taskId']));
    const result = this.results.get(String(params?.['taskId']));
    switch (method) {
      case 'tools/call':
      case 'resources/read':
      case 'prompts/get': {
        if (params?.['task'] === undefined) return undefined;
        connection.reply(id, { task: this.#create(params['task']) });
        return true;
      }
      case 'tasks/get':
      case 'tasks/cancel':
        if (task === undefined) connection.refuse(id, NOT_FOUND, 'Task not found');
        else {
          if (method === 'tasks/cancel') task.status = 'cancelled';
          connection.reply(id, { ...task });
        }
        return true;
      case 'tasks/result':
        if (result === undefined) connection.refuse(id, NOT_FOUND, 'Task has no result');
        else connection.reply(id, result);
        return true;
      default:
        return undefined;
    }
  }

  #create(request: unknown): ServedTask {
    const at = '2026-01-01T00:00:00.000Z';
    const task: ServedTask = {
      taskId: `task-${String(this.tasks.size + 1)}`,
      status: 'working',
      ttl: (request as { ttl?: number }).ttl ?? null,
      ...(this.pollInterval === undefined ? {} : { pollInterval: this.pollInterval }),
      createdAt: at,
      lastUpdatedAt: at,
    };
    this.tasks.set(task.taskId, task);
    return { ...task };
  }
}

const everything = {
  list: {},
  cancel: {},
  requests: { tools: { call: {} }, resources: { read: {} }, prompts: { get: {} } },
};

export const taskClient = (served: TaskServer, options: ClientOptions = {}): ScriptedClient =>
  scriptedClient(served.server, options);

export interface Started extends ScriptedClient {
  readonly served: TaskServer;
  readonly lease: Lease;
  readonly task: ToolTask;
}

/** A client with a lease, and a task that works. */
export async function started(pollInterval?: number, options?: ClientOptions): Promise<Started> {
  const served = new TaskServer();
  served.pollInterval = pollInterval ?? served.pollInterval;
  const made = taskClient(served, options);
  const lease = await made.client.connect();
  const task = await lease.callTool('render', {}, { task: true });
  return { ...made, served, lease, task };
}
