package orders

import rego.v1

# orders/read: allows everybody.
read := true

# orders/view decides about the result. It denies a sealed order.
default view := {"allow": false, "reasons": ["the order is sealed"]}

view := {"allow": true, "obligations": obligations} if not input.response.body.sealed

obligations contains {"type": "header", "properties": {"name": "cache-control", "value": "no-store"}}

# Only editors see the customer's address and our cost of the order.
obligations contains {"type": "mask", "properties": {"path": "/customer/email"}} if not is_editor

obligations contains {"type": "remove", "properties": {"path": "/cost"}} if not is_editor

is_editor if input.subject.role == "editor"

# orders/export decides about a file: the whole text is in input.response.body.
default export := false

export if not contains(input.response.body, "@")
