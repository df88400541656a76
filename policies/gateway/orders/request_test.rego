package gateway.orders.request_test

import data.gateway.orders.request

user(role) := {"type": "user", "id": "alice", "role": role}

asked(subject, method) := {"subject": subject, "request": {"method": method, "path": "/1001"}}

test_a_viewer_may_read if {
	request.allow with input as asked(user("viewer"), "GET")
}

test_an_editor_may_read_and_write if {
	every method in ["GET", "POST", "PUT", "DELETE"] {
		request.allow with input as asked(user("editor"), method)
	}
}

test_an_allowed_request_has_no_reasons if {
	request == {"allow": true, "reasons": set()} with input as asked(user("viewer"), "GET")
}

test_a_viewer_may_not_write if {
	every method in ["POST", "PUT", "DELETE"] {
		not request.allow with input as asked(user("viewer"), method)
	}
}

test_a_denial_says_why if {
	denied := {"allow": false, "reasons": {"role viewer may not DELETE orders"}}
	request == denied with input as asked(user("viewer"), "DELETE")
}

test_other_methods_are_denied_to_everyone if {
	every method in ["PATCH", "OPTIONS", "HEAD", "get"] {
		not request.allow with input as asked(user("editor"), method)
	}
}

test_an_unknown_role_is_denied if {
	denied := {"allow": false, "reasons": {"role guest may not GET orders"}}
	request == denied with input as asked(user("guest"), "GET")
}

test_a_user_without_a_role_is_denied if {
	denied := {"allow": false, "reasons": {"a user without a role may not GET orders"}}
	request == denied with input as asked({"type": "user", "id": "alice"}, "GET")
}

test_anonymous_is_denied if {
	denied := {"allow": false, "reasons": {"anonymous may not GET orders"}}
	request == denied with input as asked({"type": "anonymous"}, "GET")
}

test_a_role_counts_only_for_a_user if {
	not request.allow with input as asked({"type": "anonymous", "role": "editor"}, "GET")
}

test_an_empty_question_is_denied if {
	request == {"allow": false, "reasons": set()} with input as {}
}
