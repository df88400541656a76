# Decides whether the subject may send the request. The gateway evaluates it before it calls the upstream.
package gateway.orders.request

default allow := false

allow if {
	input.subject.type == "user"
	input.request.method in methods_of(input.subject.role)
}

reasons contains sprintf("%s may not %s orders", [name_of(input.subject), input.request.method]) if not allow

methods_of("viewer") := {"GET"}

methods_of("editor") := {"GET", "POST", "PUT", "DELETE"}

default name_of(_) := "a user without a role"

name_of(subject) := "anonymous" if subject.type == "anonymous"

name_of(subject) := sprintf("role %v", [subject.role]) if subject.type == "user"
