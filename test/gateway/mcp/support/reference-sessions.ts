import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { connectLegacy, connectModern } from './clients.js';
import { handlersFor } from './legacy-session.js';
import { Transcript } from './transcript.js';

const ROUNDS = ['elicitation', 'sampling', 'list_roots', 'request_state', 'multiple_inputs', 'multi_round'];
const ref = { type: 'ref/prompt', name: 'test_prompt_with_arguments' } as const;
const argument = { name: 'arg1', value: 'par' };
const URIS = ['test://static-text', 'test://static-binary', 'test://template/7/data', 'test://nothing'];
const CONTENT = ['simple_text', 'image_content', 'audio_content', 'multiple_content_types', 'error_handling'];

/** A promise, and what fulfils it. */
function signal(): { readonly reached: Promise<void>; readonly reach: () => void } {
  let reach = (): void => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  return { reached, reach: () => reach() };
}

interface AnyClient {
  listTools(): Promise<unknown>;
  listPrompts(): Promise<unknown>;
  listResources(): Promise<unknown>;
  listResourceTemplates(): Promise<unknown>;
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  getPrompt(params: { name: string; arguments: Record<string, string> }): Promise<unknown>;
  readResource(params: { uri: string }): Promise<unknown>;
  complete(params: { ref: typeof ref; argument: typeof argument }): Promise<unknown>;
}

/** What both eras have. */
async function common(client: AnyClient, note: Transcript['note']): Promise<void> {
  await note('tools', client.listTools());
  await note('prompts', client.listPrompts());
  await note('resources', client.listResources());
  await note('templates', client.listResourceTemplates());
  for (const kind of CONTENT) await note(kind, client.callTool({ name: `test_${kind}`, arguments: {} }));
  await note('prompt', client.getPrompt({ name: ref.name, arguments: { arg1: 'a', arg2: 'ü' } }));
  await note('completion', client.complete({ ref, argument }));
  for (const uri of URIS) await note(uri, client.readResource({ uri }));
  for (const kind of ROUNDS) {
    const name = `test_input_required_result_${kind}`;
    await note(name, client.callTool({ name, arguments: {} }));
  }
}

/** Runs the features of a 2025-11-25 client against the reference server: requests to the client, resumed streams, updates. */
export async function legacyReference(url: string): Promise<unknown[]> {
  const transcript = new Transcript();
  const note: Transcript['note'] = (name, result) => transcript.note(name, result);
  const updated = signal();
  const client: Client = await connectLegacy(url, undefined, handlersFor(transcript, updated.reach));
  await note('initialize', [client.getServerVersion(), client.getServerCapabilities()]);
  await note('level', client.setLoggingLevel('info'));
  await common(client, note);
  await note('logging', client.callTool({ name: 'test_tool_with_logging', arguments: {} }));
  await note('resumed', client.callTool({ name: 'test_reconnection', arguments: {} }));
  await note('subscribe', client.subscribeResource({ uri: 'test://watched-resource' }));
  await updated.reached;
  await note('unsubscribe', client.unsubscribeResource({ uri: 'test://watched-resource' }));
  await client.close();
  return transcript.entries;
}

/** Runs every feature of a 2026-07-28 client against the reference server: discovery, rounds, listen streams. */
export async function modernReference(url: string): Promise<unknown[]> {
  const transcript = new Transcript();
  const note: Transcript['note'] = (name, result) => transcript.note(name, result);
  const changed = signal();
  const client = await connectModern(url, undefined, (newClient) => {
    newClient.setRequestHandler('sampling/createMessage', async ({ params }) => {
      await note('sampling', params.messages);
      return { role: 'assistant', content: { type: 'text', text: 'sampled' }, model: 'test' };
    });
    newClient.setRequestHandler('elicitation/create', async ({ params }) => {
      await note('elicitation', params);
      return { action: 'accept', content: { name: 'Ada', ok: true, color: 'red' } };
    });
    newClient.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///tmp/work' }] }));
    newClient.setNotificationHandler('notifications/tools/list_changed', async ({ params }) => {
      await note('changed', params);
      changed.reach();
    });
  });
  await note('discover', client.discover());
  await common(client, note);
  const progress = client.callTool(
    { name: 'test_tool_with_progress', arguments: {} },
    { onprogress: (progressed) => void note('progress', progressed) },
  );
  await note('test_tool_with_progress', progress);
  const abort = new AbortController();
  const waiting = client.callTool({ name: 'test_wait', arguments: {} }, { signal: abort.signal });
  abort.abort('enough');
  await note('cancelled', waiting);
  const subscription = await client.listen({ toolsListChanged: true });
  await note('listen', subscription.honoredFilter);
  await client.callTool({ name: 'test_trigger_tool_change', arguments: {} });
  await changed.reached;
  await subscription.close();
  await client.close();
  return transcript.entries;
}
