package orders

import rego.v1

# orders/read: allows order 1. The options decide how long the cache stores the decision.
default read := false

read if input.request.params.id == "1"

# orders/latest: allows everybody. The cache stores the decision for 1 ms.
latest := {"allow": true, "ttl": 1}

# orders/count: allows everybody. The cache does not store the decision.
count := {"allow": true, "cache": false}
