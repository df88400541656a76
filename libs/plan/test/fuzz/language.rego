package fuzz

import rego.v1

items := [x | some x in input.a]

any_items := {x | x := input.x[_]}

pairs := [[k, v] | some k, v in input.o]

deep := {[i, j]: v | v := input.x[i][j]}

objects := {v: k | some k, v in input.o}

lists contains [x, y] if {
	some x in input.a
	some y in input.a
	x < y
}

map[k] := v if some v, k in input.x

names[input.k].known := true

names[x].listed := i if some i, x in input.a

nested.deep[x] := y if {
	some x in input.a
	y := input.o[x]
}

every_small if {
	every x in input.a {
		x <= input.x
	}
}

no_equal if {
	not input.x == input.y
	not some_equal
}

some_equal if {
	some x in input.a
	x == input.y
}

class := "null" if {
	input.x == null
} else := "number" if {
	is_number(input.x)
} else := input.y if {
	is_string(input.x)
} else := false

default level(_) := "none"

level(x) := "low" if x < 3

level(x) := "high" if x > 7

levels := [level(x) | some x in input.a]

same(x, x) := "same"

same(x, y) := "other" if x != y

compared := same(input.x, input.y)

matched := [x, y, rest] if {
	[x, y] = input.a
	{"a": rest} = input.o
}

base := data.base[input.k]

base_deep := {[k, v] | v := data.base[k][input.k]}

base_first := data.list[input.k]

rule := data.fuzz.parts[input.r][input.k]

parts.given := input.o

parts.listed := input.a

parts.made := {"80": 1, 80: 2, "0": 3, 0: 4, null: 5}

rules := {r: v | v := data.fuzz.parts[r][input.k]}

with_input := [x, input.x] if x := class with input.x as input.y

with_part := x if x := items with input.a as [input.k, input.y]

with_nested := x if x := pairs with input.o.b.c as input.x

with_data := x if x := data.base[input.k] with data.base as input.o

with_data_part := x if x := data.base.q[input.k] with data.base.q as input.x

with_data_rest := x if x := data.base[input.k] with data.base.q as input.x

with_made := x if x := data.base.q[input.k] with data.base.q as {"80": 1, 80: 2, "0": [input.x]}

with_rule := x if x := with_data with data.list as input.a

with_function := x if x := levels with level as "mocked"

with_builtin := x if x := [count(input.a), count(input.o)] with count as input.y

text := $"x is {input.x}, of {input.a[0]}: {input.o.b.c}"

sums := input.x + input.y

quotients := [q | some x in input.a; some y in input.a; q := x / y]

rests := {r | some x in input.a; some y in input.a; r := x % y}

sets := {x | some x in input.a} & {y | some y in input.x}

rest_of_set := {x | some x in input.a} - {y | some y in input.x}

sorted := sort([input.x, input.y, input.k, {input.x, input.y}, input.a, input.o, {input.k: input.x}])

paths := [[p, v] | walk(input.x, [p, v])]

lookup := {input.x: input.y, input.y: input.k}[input.k]

member if input.k in input.x

member_with_key if input.k, input.y in input.o

ordered := [input.x < input.y, input.x <= input.y, input.x == input.y, input.x != input.y]

package_of := data.fuzz.parts

single contains input.x

single contains input.y

complete := input.x if input.k

complete := input.y if input.a
