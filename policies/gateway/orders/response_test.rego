package gateway.orders.response_test

import data.gateway.orders.response

order := {"id": 1001, "customer": {"name": "Ada", "email": "ada@example.com"}}

mask(path) := {"type": "mask", "properties": {"paths": [path]}}

user(role) := {"type": "user", "id": "alice", "role": role}

answered(subject, status, body) := {
	"subject": subject,
	"request": {"method": "GET", "path": "/"},
	"response": {"status": status, "headers": {}, "body": body},
}

test_a_viewer_sees_an_order_masked if {
	masked := {"allow": true, "obligations": {mask("/customer/email")}}
	response == masked with input as answered(user("viewer"), 200, order)
}

test_a_viewer_sees_a_list_masked if {
	masked := {"allow": true, "obligations": {mask("/*/customer/email")}}
	response == masked with input as answered(user("viewer"), 200, [order])
}

test_an_editor_sees_everything if {
	every body in [order, [order]] {
		response == {"allow": true, "obligations": set()} with input as answered(user("editor"), 200, body)
	}
}

test_everyone_but_an_editor_is_masked if {
	every subject in [{"type": "anonymous"}, {"type": "anonymous", "role": "editor"}, user("guest")] {
		response.obligations == {mask("/customer/email")} with input as answered(subject, 201, order)
	}
}

test_an_error_passes_as_it_is if {
	every status in [199, 300, 404, 500] {
		response == {"allow": true, "obligations": set()} with input as answered(user("viewer"), status, order)
	}
}

test_an_answer_without_a_document_passes_as_it_is if {
	response == {"allow": true, "obligations": set()} with input as answered(user("viewer"), 204, null)
}

test_a_question_without_an_answer_is_denied if {
	not response.allow with input as {"subject": user("viewer")}
}
