package chat

import rego.v1

# chat/say: a WebSocket message; its text is in input.request.data.
default say := {"allow": false, "reasons": ["too long"]}

say := {"allow": true} if count(input.request.data.text) < 20

# chat/watch: an event stream, opened by an HTTP request.
default watch := false

watch if input.request.query.room == "public"

# chat/event: each event of the stream; its data is input.response.body.
event := {"allow": true, "obligations": [{"type": "remove", "properties": {"path": "/address"}}]}
