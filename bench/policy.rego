package bench

default allow := false

# Readers may get, writers may do anything: small, so that the clients' cost is what is measured.
allow if {
	input.subject.role == "reader"
	input.action.name == "GET"
}

allow if input.subject.role == "writer"
