package orders

import rego.v1

# orders/request: users, whom the upstream gets to know, and everybody below /public.
default request := {"allow": false, "reasons": ["this takes a token"]}

request := {"allow": true, "headers": {"x-authz-user": input.subject.id}} if {
	input.subject.type == "user"
} else := {"allow": true} if {
	startswith(input.request.path, "/public/")
}

# orders/response: everything, but e-mail addresses to editors alone.
response := {"allow": true, "obligations": obligations}

obligations contains {"type": "mask", "properties": {"path": "/customer/email"}} if not is_editor

is_editor if input.subject.role == "editor"
