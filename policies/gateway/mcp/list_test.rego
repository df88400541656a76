package gateway.mcp.list_test

import data.gateway.mcp.list

listed(role, method, items) := {
	"subject": {"type": "identity", "id": "alice", "properties": {"role": role}},
	"action": {"name": method},
	"items": items,
}

tools := [{"name": "read_order"}, {"name": "refund_order"}, {"name": "cancel_order"}]

test_a_viewer_sees_the_tools_that_a_viewer_may_use if {
	seen := {"read_order": "allow", "refund_order": "conditional"}
	list == {"allow": true, "items": seen} with input as listed("viewer", "tools/list", tools)
}

test_an_editor_sees_all_of_them if {
	seen := {"read_order": "allow", "refund_order": "conditional", "cancel_order": "allow"}
	list == {"allow": true, "items": seen} with input as listed("editor", "tools/list", tools)
}

test_resources_go_by_their_uri if {
	items := [{"name": "margins", "uri": "shop://margins"}, {"name": "Order", "uri": "orders://1"}]
	list.items == {"orders://1": "allow"} with input as listed("viewer", "resources/list", items)
	count(list.items) == 2 with input as listed("editor", "resources/list", items)
}

test_templates_go_by_theirs if {
	items := [{"name": "order", "uriTemplate": "orders://{id}"}]
	list.items == {"orders://{id}": "allow"} with input as listed("viewer", "resources/templates/list", items)
}

test_prompts_go_by_their_name if {
	list.items == {"apology": "allow"} with input as listed("viewer", "prompts/list", [{"name": "apology"}])
}

test_others_see_nothing if {
	list.items == {} with input as listed("guest", "tools/list", tools)
	list.items == {} with input as listed("viewer", "other/list", tools)
}
