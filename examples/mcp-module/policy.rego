package mcp

import rego.v1

default request := {"allow": false, "reasons": ["only editors may cancel an order"]}

# Methods that name no tool, such as initialize and tools/list.
request := {"allow": true} if not input.action.name == "tools/call"

request := {"allow": true} if allowed(input.resource.id)

# tools: which listed tools the client sees.
tools contains item.name if {
	some item in input.items
	allowed(item.name)
}

allowed("read_order")

allowed("cancel_order") if input.subject.properties.role == "editor"
