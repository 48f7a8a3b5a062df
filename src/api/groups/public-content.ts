/** What a server answers, with its resources called as the client in front calls them. */
import { publicUri } from './resource-uris.js';

type Body = Readonly<Record<string, unknown>>;

const isBody = (value: unknown): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whatever has a `uri`: the contents of a resource, a link to one. */
const withUri = (server: string, value: unknown): unknown =>
  isBody(value) && typeof value['uri'] === 'string' ? { ...value, uri: publicUri(server, value['uri']) } : value;

/** A block of content: a link to a resource, or a resource that is in it. */
function block(server: string, value: unknown): unknown {
  if (!isBody(value)) return value;
  if (value['type'] === 'resource_link') return withUri(server, value);
  return value['type'] === 'resource' ? { ...value, resource: withUri(server, value['resource']) } : value;
}

const message = (server: string, value: unknown): unknown =>
  isBody(value) && 'content' in value ? { ...value, content: blocks(server, value['content']) } : value;

const blocks = (server: string, value: unknown): unknown =>
  Array.isArray(value) ? value.map((one) => block(server, one)) : block(server, value);

/** The result of a tool, a prompt or a resource: what `readResource()` is to find again is named so that it can. */
export function publicContent(server: string, result: Body): Body {
  const { content, messages, contents } = result;
  return {
    ...result,
    ...(content === undefined ? {} : { content: blocks(server, content) }),
    ...(Array.isArray(messages) ? { messages: messages.map((one) => message(server, one)) } : {}),
    ...(Array.isArray(contents) ? { contents: contents.map((one) => withUri(server, one)) } : {}),
  };
}
