package orders

import rego.v1

# orders/read: denies everybody, so that guarded handlers differ from unguarded ones.
default read := false

# orders/remove: also denies everybody.
default remove := false
