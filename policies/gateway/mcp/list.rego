# Decides which listed items the subject sees. The gateway evaluates it for each page of an allowed list.
package gateway.mcp.list

import data.gateway.mcp.roles

allow := true

items[id] := phase_of(resource) if {
	some role in [roles.role_of(input.subject)]
	some item in input.items
	some id in [item_id(item)]
	resource := {"type": type_of(input.action.name), "id": id}
	roles.may_use(role, resource)
}

item_id(item) := item.uri

item_id(item) := item.uriTemplate

item_id(item) := item.name if {
	not item.uri
	not item.uriTemplate
}

type_of("tools/list") := "tool"

type_of("prompts/list") := "prompt"

type_of("resources/list") := "resource"

type_of("resources/templates/list") := "resource"

# The request policy checks the arguments of this tool, so the list shows the tool as conditional.
phase_of(resource) := "conditional" if {
	resource == {"type": "tool", "id": "refund_order"}
} else := "allow"
