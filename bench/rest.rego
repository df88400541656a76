package bench.rest

default allow := false

# Small, so that the cost of the proxy is what is measured.
allow if input.request.method == "GET"
