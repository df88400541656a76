# Which role may use which resource of the demo's MCP server. The request policy and the list policy share these rules.
package gateway.mcp.roles

role_of(subject) := role if {
	subject.type == "identity"
	some role in ["viewer", "editor"]
	subject.properties.role == role
}

may_use("editor", _) := true

may_use("viewer", resource) if {
	not resource.type == "tool"
	not resource.id == "shop://margins"
}

may_use("viewer", resource) if {
	resource.type == "tool"
	resource.id in {"read_order", "refund_order"}
}
