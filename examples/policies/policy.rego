package orders

import rego.v1

# orders/active: allows everybody except barred users.
default active := false

active if input.subject.id != "mallory"

# orders/visible: decides which orders of a list the user sees, by key.
visible contains item.id if {
	some item in input.items
	item.owner == input.subject.id
}

# orders/read: allows users to read their own orders.
default read := {"allow": false, "reasons": ["not your order"]}

read := {"allow": true} if input.subject.id in owners[input.request.params.id]

# orders/admin: allows administrators.
default admin := false

admin if "admin" in input.subject.roles

owners := {"1": {"ann"}, "2": {"bob"}}
