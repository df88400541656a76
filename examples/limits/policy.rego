package limits

import rego.v1

# limits/remove, on HTTP: each address cancels at most 5 orders in a minute.
remove := {"allow": true, "obligations": [{"type": "limit", "properties": {
	"key": sprintf("cancel %s", [input.request.ip]),
	"points": 5,
	"seconds": 60,
}}]}

# limits/mcp, in front of an MCP server: each subject calls each tool at most twice in a minute.
default mcp := {"allow": true}

mcp := {"allow": true, "obligations": [{"type": "limit", "properties": {
	"key": sprintf("%s calls %s", [input.subject.id, input.resource.id]),
	"points": 2,
	"seconds": 60,
}}]} if {
	input.action.name == "tools/call"
}
