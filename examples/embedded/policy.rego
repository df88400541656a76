package orders

import rego.v1

# orders/read: allows clients of version 2 and newer.
default read := {"allow": false, "reasons": ["this client is too old"]}

read := {"allow": true} if {
	["shop", version] = split(input.request.headers["user-agent"], "/")
	semver.compare(version, "2.0.0") >= 0
}

# orders/view decides about the result: it masks the e-mail address.
view := {"allow": true, "obligations": [{"type": "mask", "properties": {"path": "/email"}}]}
