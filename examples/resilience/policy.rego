package orders

import rego.v1

# orders/read: order 1; a decision that holds for as long as the cache likes.
default read := false

read if input.request.params.id == "1"

# orders/latest: everybody, but not for long: 1 ms.
latest := {"allow": true, "ttl": 1}

# orders/count: everybody, decided anew each time.
count := {"allow": true, "cache": false}
