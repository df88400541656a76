import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { connectLegacy } from './clients.js';
import { Transcript } from './transcript.js';

/**
 * Has a client of the older era answer the server's requests, and note them as it notes notifications.
 *
 * @param updated - called when a resource was
 */
export function handlersFor(
  transcript: Transcript,
  updated: () => void = () => undefined,
): (client: Client) => void {
  return (client) => {
    client.setRequestHandler(CreateMessageRequestSchema, async ({ params }) => {
      await transcript.note('sampling', params.messages);
      return { role: 'assistant', content: { type: 'text', text: 'sampled' }, model: 'test' };
    });
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      await transcript.note('elicitation', params);
      return {
        action: 'accept',
        content: { name: 'Ada', interpretation: 'general', ok: true, color: 'red' },
      };
    });
    client.setRequestHandler(ListRootsRequestSchema, () => ({
      roots: [{ uri: 'file:///tmp/work', name: 'work' }],
    }));
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      void transcript.note('log', params);
    });
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, async ({ params }) => {
      await transcript.note('updated', params);
      updated();
    });
  };
}

const TOOLS: readonly (readonly [string, Record<string, unknown>])[] = [
  ['echo', { message: 'hello' }],
  ['echo', { message: 7 }],
  ['get-sum', { a: 1, b: 2 }],
  ['get-tiny-image', {}],
  ['get-structured-content', { location: 'Chicago' }],
  ['get-annotated-message', { messageType: 'error', includeImage: true }],
  ['get-resource-links', { count: 2 }],
  ['get-resource-reference', { resourceType: 'Text', resourceId: 1 }],
  ['get-roots-list', {}],
  ['trigger-sampling-request', { prompt: 'What?', maxTokens: 10 }],
  ['trigger-elicitation-request', {}],
  ['no-such-tool', {}],
];
const URIS = [
  'demo://resource/dynamic/text/1',
  'demo://resource/static/document/features.md',
  'demo://nothing',
];
const ref = { type: 'ref/prompt', name: 'completable-prompt' } as const;

/** Runs every feature of a 2025-11-25 client against server-everything. Resolves with the transcript. */
export async function legacySession(url: string): Promise<unknown[]> {
  const transcript = new Transcript();
  const client = await connectLegacy(url, undefined, handlersFor(transcript));
  const note = (name: string, result: unknown) => transcript.note(name, result);
  await note('initialize', [
    client.getServerVersion(),
    client.getServerCapabilities(),
    client.getInstructions(),
  ]);
  await note('level', client.setLoggingLevel('error'));
  await note('ping', client.ping());
  await note('tools', client.listTools());
  await note('prompts', client.listPrompts());
  await note('resources', client.listResources());
  await note('templates', client.listResourceTemplates());
  for (const [name, args] of TOOLS) await note(name, client.callTool({ name, arguments: args }));
  await note('prompt', client.getPrompt({ name: 'args-prompt', arguments: { city: 'Rome' } }));
  await note('prompt without what it needs', client.getPrompt({ name: 'args-prompt', arguments: {} }));
  const argument = { name: 'name', value: 'A' };
  const context = { arguments: { department: 'Engineering' } };
  await note('completion', client.complete({ ref, argument, context }));
  for (const uri of URIS) await note(uri, client.readResource({ uri }));
  await note('subscribe', client.subscribeResource({ uri: 'demo://resource/dynamic/text/1' }));
  await note('unsubscribe', client.unsubscribeResource({ uri: 'demo://resource/dynamic/text/1' }));
  await progress(client, transcript);
  await cancelled(client, transcript);
  await task(client, transcript);
  await client.close();
  return transcript.entries;
}

const LONG = 'trigger-long-running-operation';

async function progress(client: Client, transcript: Transcript): Promise<void> {
  const call = client.callTool({ name: LONG, arguments: { duration: 0.2, steps: 2 } }, undefined, {
    onprogress: (made) => void transcript.note('progress', made),
  });
  await transcript.note(LONG, call);
}

async function cancelled(client: Client, transcript: Transcript): Promise<void> {
  const abort = new AbortController();
  const call = client.callTool({ name: LONG, arguments: { duration: 60, steps: 1_000 } }, undefined, {
    signal: abort.signal,
    onprogress: () => abort.abort('enough'),
  });
  await transcript.note('cancelled', call);
  await transcript.note('ping after it', client.ping());
}

async function task(client: Client, transcript: Transcript): Promise<void> {
  const params = { name: 'simulate-research-query', arguments: { topic: 'python', ambiguous: true } };
  const stream = client.experimental.tasks.callToolStream(params, undefined, { task: { ttl: 60_000 } });
  for await (const message of stream) {
    // How often a client looks at a task is a matter of time.
    if (message.type !== 'taskStatus') await transcript.note(message.type, message);
  }
  await transcript.note(
    'tasks',
    client.experimental.tasks.listTasks().then(({ tasks }) => tasks.map(({ status }) => status)),
  );
}
