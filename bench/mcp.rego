package bench.mcp

# By the token's role and the tool's name: small, so that the gateway's cost is what is measured.
request := {"allow": may_use(input)}

default may_use(_) := false

may_use(question) if {
	question.subject.properties.role == "reader"
	not startswith(question.resource.id, "admin")
}

response := {"allow": true} if not contains(input.response.result.content[0].text, "secret")

list contains item.name if {
	some item in input.items
	not startswith(item.name, "admin")
}
