/** The policies of the MCP tests: most is allowed, with the exceptions that a test needs. */
export const POLICIES = {
  'request.rego': `package mcp.request
default allow := false
allow if not denied
denied if input.resource.id == "secret"
denied if input.resource.id == "pay"
denied if { input.resource.id == "mine"; not input.subject.id == "bob" }
reasons contains "secret is for nobody" if input.resource.id == "secret"
obligations contains {"type": "step-up", "properties": {"scope": "pay:write"}} if input.resource.id == "pay"`,
  'response.rego': `package mcp.response
default allow := false
allow if { not contains(json.marshal(input.response.result), "classified"); not low }
low if { input.resource.id == "leveled"; not input.subject.properties.level == 2 }
reasons contains "the result is classified" if not allow
obligations contains {"type": "mask", "properties": {"paths": ["/content/0/text"]}} if {
  contains(input.response.result.content[0].text, "password")
}
obligations contains {"type": "mask", "properties": {"paths": ["/structuredContent/card"]}} if {
  input.response.result.structuredContent.card
}
obligations contains {"type": "step-up", "properties": {"scope": "a b"}} if {
  contains(json.marshal(input.response.result), "elevated")
}
obligations contains {"type": "step-up", "properties": {"scopes": ["b", "c"]}} if {
  contains(json.marshal(input.response.result), "elevated")
}`,
  'read-only.rego': `package mcp.read_only
default allow := false
allow if not input.resource.type == "tool"
allow if object.get(input.resource, ["tool", "annotations", "readOnlyHint"], false) == true`,
  'rest.rego': `package rest.request
default allow := false
allow if startswith(input.request.path, "/public/")`,
  'tenants.rego': `package mcp.tenants
default allow := true
headers["x-tenant"] := sprintf("of-%v", [input.subject.id])`,
  'limited.rego': `package mcp.limited
allow := true
obligations contains {"type": "limit", "properties": {"key": input.subject.id, "points": 3, "seconds": 600}} if {
  input.action.name == "tools/call"
}`,
  'list.rego': `package mcp.list
show contains item.name if { some item in input.items; item.name != "secret" }`,
};

/** An entry's policies. */
export const DECIDED = { policy: 'mcp/request', response: 'mcp/response', list: 'mcp/list/show' };
