import { z } from 'zod';
import { isPolicyPath } from 'nestjs-opa';
import { POLICY_PATH_RULE } from 'nestjs-opa/internal';
import { strayEndpoints } from './policy-endpoints.js';
import { HOOKS } from './hooks.js';
import { MODALITIES } from './modalities.js';
import { isAmbiguous, parseResourceUri } from './resource-uri.js';

/** A text that is not empty. */
export const text = z.string({ error: 'a text' }).min(1, { error: 'a text that is not empty' });
/** A list of texts that are not empty. */
export const texts = z.array(text, { error: 'a list of texts' });

const rule = text.refine((name) => isPolicyPath(name), { error: `the name of a rule: ${POLICY_PATH_RULE}` });

const extensionsSchema = z.strictObject(
  {
    policy: z.custom<string>(isPolicyPath, { error: `the policy's package: ${POLICY_PATH_RULE}` }),
    policy_endpoints: z
      .array(rule, { error: 'a list of rule names' })
      .refine((listed) => strayEndpoints(listed).length === 0, {
        error: `names that each contain a hook's name (${HOOKS.join(', ')}); for any other name "allow" must be listed too`,
      })
      .nullish(),
    policy_endpoint: rule.nullish(),
    policy_input_data_map: z.record(text, text, { error: 'an object: path in the input → key' }).nullish(),
    policy_modality: z
      .array(z.enum(MODALITIES, { error: `one of ${MODALITIES.join(', ')}` }), {
        error: `a list of ${MODALITIES.join(', ')}`,
      })
      .nullish(),
  },
  { error: 'an object with a "policy"' },
);

const common = {
  extensions: extensionsSchema,
  context: texts.nullish(),
  fields: texts.nullish(),
  result: z.boolean({ error: 'true or false' }).nullish(),
};

const URI_RULE =
  'a URI with a scheme (http and https with a host), of printable ASCII without backslashes and broken escapes';
const uri = text.refine((value) => parseResourceUri(value) !== undefined && !isAmbiguous(value), {
  error: URI_RULE,
});

const toolSchema = z.strictObject({ tool_name: text, ...common });
const promptSchema = z.strictObject({ prompt_name: text, ...common });
const resourceSchema = z.strictObject({ resource_uri: uri, ...common });

/** A plugin's `applied_to`: the tools, prompts and resources that the policies decide. */
export const appliedToSchema = z.strictObject({
  tools: z.array(toolSchema, { error: 'a list of tools' }).nullish(),
  prompts: z.array(promptSchema, { error: 'a list of prompts' }).nullish(),
  resources: z.array(resourceSchema, { error: 'a list of resources' }).nullish(),
});

/** The members of an entry beside its name. */
export type EntrySettings = Omit<z.infer<typeof toolSchema>, 'tool_name'>;
/** A plugin's checked `applied_to`. */
export type AppliedTo = z.infer<typeof appliedToSchema>;
