# Decides what the subject sees of a result. The gateway evaluates it after tools/call, prompts/get and resources/read.
package gateway.mcp.response

import data.gateway.mcp.roles

default allow := false

allow if {
	roles.role_of(input.subject)
	is_object(input.response.result)
}

# Only editors see e-mail addresses. The rule masks them in texts, structured content and messages.
body := json.patch(input.response.result, patches) if {
	roles.role_of(input.subject) != "editor"
	patches := [{"op": "replace", "path": path, "value": masked(text)} |
		walk(input.response.result, [path, text])
		is_string(text)
		masked(text) != text
	]
}

masked(text) := regex.replace(text, `[\w.+-]+@[\w.-]+\w`, "***")
