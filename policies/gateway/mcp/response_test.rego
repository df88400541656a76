package gateway.mcp.response_test

import data.gateway.mcp.response

answered(role, result) := {
	"subject": {"type": "identity", "id": "alice", "properties": {"role": role}},
	"action": {"name": "tools/call"},
	"response": {"result": result},
}

order := {
	"content": [{"type": "text", "text": "2 × tea for Ada (ada@example.com), cc bob.b@x.example."}],
	"structuredContent": {"id": 1, "customer": {"name": "Ada", "email": "ada@example.com"}},
}

test_a_viewer_sees_no_address if {
	masked := {
		"content": [{"type": "text", "text": "2 × tea for Ada (***), cc ***."}],
		"structuredContent": {"id": 1, "customer": {"name": "Ada", "email": "***"}},
	}
	response == {"allow": true, "body": masked} with input as answered("viewer", order)
}

test_a_viewer_sees_no_address_in_prompts_and_resources if {
	prompt := {"messages": [{"role": "user", "content": {"type": "text", "text": "to a@b.example"}}]}
	response.body.messages[0].content.text == "to ***" with input as answered("viewer", prompt)
	resource := {"contents": [{"uri": "orders://1", "text": "{\"email\":\"a@b.example\"}"}]}
	response.body.contents[0].text == "{\"email\":\"***\"}" with input as answered("viewer", resource)
}

test_what_holds_no_address_stays_as_it_is if {
	result := {"content": [{"type": "text", "text": "tea"}, {"type": "image", "data": "AAAA"}], "isError": true}
	response.body == result with input as answered("viewer", result)
}

test_an_editor_sees_everything if {
	response == {"allow": true} with input as answered("editor", order)
}

test_others_see_nothing if {
	response == {"allow": false} with input as answered("guest", order)
	not response.allow with input as {}
}
