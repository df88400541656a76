package limits

import rego.v1

# limits/remove, on HTTP: each address cancels at most 5 orders in a minute.
remove := {"allow": true, "obligations": [{"type": "limit", "properties": {
	"key": sprintf("cancel %s", [input.request.ip]),
	"points": 5,
	"seconds": 60,
}}]}

# limits/mcp, in front of an MCP server: each subject calls each tool at most twice in a minute.
default mcp := {"allow": false}

mcp := {"allow": true} if input.action.name != "tools/call"

mcp := {"allow": true, "obligations": [{"type": "limit", "properties": {
	"key": json.marshal([caller, input.resource.id]),
	"points": 2,
	"seconds": 60,
}}]} if {
	input.action.name == "tools/call"
}

# An anonymous subject has no id. Without this rule the limit would be undefined for anonymous subjects.
caller := object.get(input.subject, "id", "anonymous")
