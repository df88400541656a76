package customers

import rego.v1

# customers/read: allows everybody, with an obligation to log the access.
read := {
	"allow": true,
	"obligations": [{"type": "log", "properties": {"level": "info"}}],
}

# customers/remove: requires a fresh login.
remove := {
	"allow": false,
	"obligations": [{"type": "step-up", "properties": {"max_age": 300}}],
}

# customers/view decides about the result: it masks e-mail addresses and removes customers who want no contact.
view := {
	"allow": true,
	"obligations": [
		{"type": "mask", "properties": {"path": "/*/email"}},
		{"type": "remove", "properties": {"paths": private}},
	],
}

private := [sprintf("/%d", [i]) |
	some i, customer in input.response.body
	customer.private
]
