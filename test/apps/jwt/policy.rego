package profiles

default read := false

read if "reader" in input.subject.roles

administer := {"allow": allow_administer, "reasons": reasons}

default allow_administer := false

allow_administer if "admin" in input.subject.roles

reasons contains "only an admin may do this" if not allow_administer
