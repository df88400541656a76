# Decides whether the subject may send the request. The gateway evaluates it before it calls the MCP server.
package gateway.mcp.request

import data.gateway.mcp.roles

default allow := false

allow if {
	roles.role_of(input.subject)
	count(reasons) == 0
}

reasons contains "only viewers and editors may use this server" if not roles.role_of(input.subject)

reasons contains sprintf("role %s may not use the %s %s", [role, input.resource.type, input.resource.id]) if {
	some role in [roles.role_of(input.subject)]
	not roles.may_use(role, input.resource)
}

# Limits the refund by role. The amount is an argument of the call, so the list policy cannot check it.
reasons contains sprintf("role %s may refund up to %v, not %v", [role, limit_of(role), amount]) if {
	some role in [roles.role_of(input.subject)]
	input.action.name == "tools/call"
	input.resource.id == "refund_order"
	amount := object.get(input.request.params, ["arguments", "amount"], "nothing")
	not is_within(amount, limit_of(role))
}

# Only numbers: in Rego's order null and booleans are less than any number.
is_within(amount, limit) if {
	is_number(amount)
	amount <= limit
}

limit_of("viewer") := 20

limit_of("editor") := 500
