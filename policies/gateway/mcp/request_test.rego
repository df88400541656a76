package gateway.mcp.request_test

import data.gateway.mcp.request

user(role) := {"type": "identity", "id": "alice", "properties": {"sub": "alice", "role": role}}

asked(subject, method, type, id) := {
	"subject": subject,
	"action": {"name": method},
	"resource": {"type": type, "id": id},
	"context": {},
	"request": {"method": method, "params": {}},
}

refund(role, amount) := object.union(
	asked(user(role), "tools/call", "tool", "refund_order"),
	{"request": {"params": {"name": "refund_order", "arguments": {"id": 1001, "amount": amount}}}},
)

test_everyone_with_a_role_may_look_around if {
	every role in ["viewer", "editor"] {
		every method in ["initialize", "server/discover", "tools/list", "prompts/list", "subscriptions/listen"] {
			request == {"allow": true, "reasons": set()} with input as asked(user(role), method, "mcp_server", "gateway")
		}
	}
}

test_a_viewer_may_read if {
	every thing in [["tool", "read_order"], ["prompt", "apology"], ["resource", "orders://1001"]] {
		request.allow with input as asked(user("viewer"), "any", thing[0], thing[1])
	}
}

test_a_viewer_may_not_cancel if {
	denied := {"allow": false, "reasons": {"role viewer may not use the tool cancel_order"}}
	request == denied with input as asked(user("viewer"), "tools/call", "tool", "cancel_order")
}

test_a_viewer_may_not_read_margins if {
	denied := {"allow": false, "reasons": {"role viewer may not use the resource shop://margins"}}
	every method in ["resources/read", "resources/subscribe", "completion/complete"] {
		request == denied with input as asked(user("viewer"), method, "resource", "shop://margins")
	}
}

test_a_viewer_may_not_use_a_tool_that_nobody_has_named if {
	not request.allow with input as asked(user("viewer"), "tools/call", "tool", "new_tool")
}

test_an_editor_may_use_everything if {
	every thing in [["tool", "cancel_order"], ["tool", "new_tool"], ["resource", "shop://margins"]] {
		request.allow with input as asked(user("editor"), "any", thing[0], thing[1])
	}
}

test_a_refund_is_decided_by_its_amount if {
	request.allow with input as refund("viewer", 20)
	request.allow with input as refund("editor", 500)
	not request.allow with input as refund("editor", 500.01)
	denied := {"allow": false, "reasons": {"role viewer may refund up to 20, not 50"}}
	request == denied with input as refund("viewer", 50)
}

test_a_refund_of_no_number_is_denied if {
	every amount in ["5", null, [], true, {}] {
		not request.allow with input as refund("viewer", amount)
	}
	not request.allow with input as asked(user("viewer"), "tools/call", "tool", "refund_order")
}

test_others_are_denied if {
	denied := {"allow": false, "reasons": {"only viewers and editors may use this server"}}
	every subject in [{"type": "anonymous"}, user("guest"), {"type": "identity", "id": "a", "properties": {}}] {
		request == denied with input as asked(subject, "tools/list", "mcp_server", "gateway")
	}
}

test_an_empty_question_is_denied if {
	not request.allow with input as {}
}
