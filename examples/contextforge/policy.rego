package example

import rego.v1

default allow_tool_pre_invoke := false

allow_tool_pre_invoke if contains(input.payload.args.repo_path, "IBM")

# Denies a result with an e-mail address, and a result with anything other than text.
default allow_tool_post_invoke := {"allow": false, "reason": "the result holds an e-mail address"}

allow_tool_post_invoke if {
	object.keys(input.payload) == {"name", "text"}
	every text in input.payload.text {
		not contains(text, "@")
	}
}
