package prices

read := true

view := {"allow": true, "obligations": [{"type": "remove", "properties": {"path": "/margin"}} |
	not "auditor" in input.subject.roles
]}
